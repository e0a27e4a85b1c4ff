import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fileSettings } from './configuration.ts'
import { LoadedFile } from './loaded.ts'

// Files as they come out of an ERP at night. What is checked is what the others notice of it: the thread that answers
// everybody works at it for a moment at most, and what does not fit into the memory of its own thread ends that thread only.
const bytes = 4_000_000
const mostHeldMs = 50

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atrium-large-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Writes lines until there are enough of them. @returns how many */
async function fill(path: string, line: (n: number) => string): Promise<number> {
  const out = createWriteStream(path)
  let written = 0
  let count = 0
  for (; written < bytes; count += 1) {
    const text = line(count)
    written += Buffer.byteLength(text)
    if (!out.write(text)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'finish')
  return count
}

const csvLine = (n: number): string =>
  n === 0 ? 'no,name,amount,customer\n' : `N${n},"华信客户第 ${n} 有限公司",${n}.50,C${n % 200}\n`
const sheetRow = (n: number): string => {
  const cells = n === 0 ? ['no', 'name', 'amount', 'customer'] : [`N${n}`, `客户 ${n}`, null, `C${n % 200}`]
  const written = cells.map((text, index) => {
    const at = `r="${'ABCD'[index]}${n + 1}"`
    return text === null ? `<c ${at}><v>${n}.5</v></c>` : `<c ${at} t="inlineStr"><is><t>${text}</t></is></c>`
  })
  return `<row r="${n + 1}">${written.join('')}</row>`
}

/** An archive whose parts are stored as they are: its size is what has to be read. */
async function writeXlsx(path: string): Promise<number> {
  const spreadsheet = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
  const rows: string[] = []
  for (let size = 0; size < bytes; size += (rows.at(-1) ?? '').length) rows.push(sheetRow(rows.length))
  const parts = {
    '[Content_Types].xml':
      '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
    'xl/workbook.xml': `<workbook xmlns="${spreadsheet}" xmlns:r="${office}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="${office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
    'xl/worksheets/sheet1.xml': `<worksheet xmlns="${spreadsheet}"><sheetData>${rows.join('')}</sheetData></worksheet>`,
  }
  const file = await open(path, 'w')
  const directory: Buffer[] = []
  let at = 0
  for (const [name, text] of Object.entries(parts)) {
    const [title, body] = [Buffer.from(name), Buffer.from(text)]
    // version 2.0, no flags, stored, no time; then checksum, both sizes, length of the name, no extra field
    const about = Buffer.alloc(26)
    about.writeUInt16LE(20, 0)
    about.writeUInt32LE(crc32(body), 10)
    about.writeUInt32LE(body.length, 14)
    about.writeUInt32LE(body.length, 18)
    about.writeUInt16LE(title.length, 22)
    const place = Buffer.alloc(14)
    place.writeUInt32LE(at, 10)
    await file.writeFile(Buffer.concat([Buffer.from('PK\x03\x04'), about, title, body]))
    directory.push(Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), about, place, title)
    at += 30 + title.length + body.length
  }
  const whole = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(4, 8)
  end.writeUInt16LE(4, 10)
  end.writeUInt32LE(whole.length, 12)
  end.writeUInt32LE(at, 16)
  await file.writeFile(Buffer.concat([whole, end]))
  await file.close()
  return rows.length
}

async function jobOf(path: string) {
  const { size, mtimeMs } = await stat(path)
  const name = path.endsWith('csv') ? '*.csv' : '*.xlsx'
  const { tables, ...settings } = fileSettings.parse({
    directory: folder,
    tables: { large: { files: name, columns: { amount: 'decimal' } } },
  })
  return { path, size, mtimeMs, table: tables.large as NonNullable<typeof tables.large>, settings }
}

/** The longest that this thread was busy in one go while something went on; what others of the machine take does not count. */
async function heldDuring<T>(work: () => Promise<T>): Promise<{ heldMs: number; result: T }> {
  let before = process.threadCpuUsage()
  let heldMs = 0
  const look = (): void => {
    const now = process.threadCpuUsage()
    heldMs = Math.max(heldMs, (now.user + now.system - before.user - before.system) / 1000)
    before = now
  }
  const timer = setInterval(look, 1)
  try {
    return { result: await work(), heldMs }
  } finally {
    clearInterval(timer)
  }
}

test.each([
  ['csv', (path: string) => fill(path, csvLine)],
  ['xlsx', writeXlsx],
])('a large %s is read and asked without holding up anybody', async (kind, write) => {
  const path = join(folder, `large.${kind}`)
  const rows = (await write(path)) - 1
  const job = await jobOf(path)
  const { result: file, heldMs } = await heldDuring(async () => {
    const loaded = await LoadedFile.read(job)
    const where = [{ field: 'customer', op: 'in', values: ['C7'] }]
    const page = { where, limit: 200, count: true } as const
    expect(await loaded.ask({ page: page as never })).toMatchObject({ total: Math.floor((rows - 7) / 200) + 1 })
    return loaded
  })
  expect(file.rows).toBe(rows)
  expect(heldMs).toBeLessThan(mostHeldMs)
  await file.end()
  // A thread that is given less than the file takes ends, and nobody else with it.
  await expect(LoadedFile.read(job, 12)).rejects.toThrow(/cannot be read|thread/)
})
