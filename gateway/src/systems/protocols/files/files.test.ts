import { mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import iconv from 'iconv-lite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import writeExcelFile from 'write-excel-file/node'
import { type Carrier, createCarrier } from '../../carrier.ts'
import { type EntityDefinition, parseSystems, type SystemDefinition } from '../../configuration.ts'
import { describe as describeSystem } from '../../description.ts'
import type { UpstreamError } from '../../types.ts'
import { InputFault, MappingFault, type Question, type Row } from '../protocol.ts'
import { type FileAnswer, shapesAddress } from './carrier.ts'

let folder: string
let carriers: Carrier[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atrium-files-'))
  carriers = []
})
afterEach(async () => {
  await Promise.all(carriers.map(carrier => carrier.close()))
  await rm(folder, { recursive: true, force: true })
})

const put = async (name: string, content: string | Buffer, ageS = 60): Promise<void> => {
  const path = join(folder, name)
  await writeFile(path, content)
  const at = new Date(Date.now() - ageS * 1000)
  await utimes(path, at, at)
}

function definitionOf(table: Record<string, unknown>, more: Record<string, unknown> = {}): SystemDefinition {
  const { systems } = parseSystems({
    company: { zone: 'UTC', currency: 'CNY' },
    systems: {
      drop: {
        name: { zh: '文件', en: 'Files' },
        url: 'http://files',
        protocol: 'files',
        authentication: { kind: 'none' },
        files: {
          directory: folder,
          settleMs: 0,
          pollMs: 30,
          timeZone: 'Asia/Shanghai',
          tables: { stock: { files: 'stock*.csv', ...table } },
          ...more,
        },
      },
    },
  })
  return systems.drop as SystemDefinition
}

interface Shelf {
  carrier: Carrier
  rows(question?: Partial<Question>, entity?: object): Promise<Row[]>
  told(question?: Partial<Question>): Promise<FileAnswer>
  description: ReturnType<typeof describeSystem>['description']
}

async function open(table: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Promise<Shelf> {
  const definition = definitionOf(table, more)
  const carrier = createCarrier('drop', definition)
  carriers.push(carrier)
  const { body } = await carrier.send({ method: 'GET', url: shapesAddress, headers: {} }, Date.now() + 5000)
  const { description } = describeSystem('drop', definition, body)
  const told = async (question: Partial<Question> = {}, entity: object = {}): Promise<FileAnswer> => {
    const full = { where: [], offset: 0, limit: 1000, count: true, select: [], sort: undefined, ...question }
    const call = await description.ask(
      { operation: 'stock', input: {}, filter: {}, ...entity } as unknown as EntityDefinition,
      full,
    )
    const answer = await carrier.send(description.encode(call.operation, call.input), Date.now() + 5000)
    return answer.value as FileAnswer
  }
  return {
    carrier,
    description,
    told,
    rows: async (question, entity) => ((await told(question, entity)).answer as { rows: Row[] }).rows,
  }
}

const refusal = async (work: Promise<unknown>): Promise<UpstreamError> =>
  (await work.then(
    () => undefined,
    (error: unknown) => error,
  )) as UpstreamError

const text = '编号,名称,数量\r\n0012,螺母 "M8",1.50\r\n123456789012345678,"a,b\nc",-2\r\n'
const rows = [
  { 编号: '0012', 名称: '螺母 "M8"', 数量: '1.50' },
  { 编号: '123456789012345678', 名称: 'a,b\nc', 数量: '-2' },
]

test.each<[string, Buffer]>([
  ['UTF-8', Buffer.from(text)],
  ['UTF-8 with its mark', Buffer.from(`\ufeff${text}`)],
  ['UTF-16 with its mark', iconv.encode(text, 'utf-16le', { addBOM: true })],
  ['UTF-16, the other way round', iconv.encode(text, 'utf-16be', { addBOM: true })],
  ['GB18030, as Chinese Excel writes', iconv.encode(text, 'gb18030')],
])('reads %s; ids keep their noughts and all their digits', async (_name, bytes) => {
  await put('stock.csv', bytes)
  expect(await (await open()).rows()).toEqual(rows)
})

test('what is told of an encoding holds, and wrong bytes are refused rather than replaced', async () => {
  await put('stock.csv', iconv.encode('名稱,數量\n螺帽,1\n', 'big5'))
  expect(await (await open({ encoding: 'big5' })).rows()).toEqual([{ 名稱: '螺帽', 數量: '1' }])
  expect((await refusal(open({ encoding: 'utf-8' }))).message).toMatch(/is not in utf-8/)
  await put('stock.csv', Buffer.from(text).subarray(0, 12))
  expect((await refusal(open())).message).toMatch(/middle of a character/)
})

test.each([
  [';', 'a;b\n"1;5";2,5\n'],
  ['tab', 'a\tb\n1;5\t2,5\n'],
  ['|', '\n\na|b\n1;5|2,5\n\n'],
  [',', 'a,b\n1;5,"2,5"\n'],
])('finds the delimiter %s by itself', async (_name, content) => {
  await put('stock.csv', content)
  expect(await (await open()).rows()).toEqual([{ a: '1;5', b: '2,5' }])
})

test('columns hold what they are told to: decimals, days and times as people write them', async () => {
  await put(
    'stock.csv',
    '报表：库存\nNo.;Menge;Preis;Datum;Zeit;aktiv;n\n0,1;1.234,50;12-;5.1.2026;2026/1/5 8:30;是;7\nx;1.2.3;-0,5;31.2.2026;5.1.2026 08:30:15;0;9007199254740993\ny;;;;;;\n',
  )
  const shelf = await open({
    header: 2,
    decimal: ',',
    days: 'dmy',
    columns: { Menge: 'decimal', Preis: 'decimal', Datum: 'date', Zeit: 'time', aktiv: 'boolean', n: 'integer' },
  })
  expect(await shelf.rows()).toEqual([
    {
      No_: '0,1',
      Menge: '1234.50',
      Preis: '-12',
      Datum: '2026-01-05',
      Zeit: '2026-01-05T00:30:00Z',
      aktiv: true,
      n: 7,
    },
    // What does not fit stays as it was written, for the dictionary to report.
    {
      No_: 'x',
      Menge: '1.2.3',
      Preis: '-0.5',
      Datum: '31.2.2026',
      Zeit: '2026-01-05T00:30:15Z',
      aktiv: false,
      n: '9007199254740993',
    },
    { No_: 'y', Menge: null, Preis: null, Datum: null, Zeit: null, aktiv: null, n: null },
  ])
})

test('a sheet of Excel: text stays text, dates are days, lost digits are no value', async () => {
  const cell = (value: unknown, more: object = {}): object => ({ value, ...more })
  const data = [
    ['编号', '名称', '数量', '日期', '时间', '启用'].map(name => cell(name)),
    [
      cell('0012'),
      cell('螺母'),
      cell(0.1 + 0.2),
      cell(new Date('2026-01-05T00:00:00Z'), { format: 'yyyy-mm-dd' }),
      cell(new Date('2026-01-05T08:30:15Z'), { format: 'yyyy-mm-dd hh:mm:ss' }),
      cell(true),
    ],
    [cell('123456789012345678'), cell('#N/A'), cell(1e-7), cell(46027, {}), cell('2026-01-05 08:30'), cell('否')],
    [cell(123456789012345680), cell('lost'), cell(1), null, null, null],
  ]
  const { toBuffer } = writeExcelFile(data as never, { sheet: '库存' } as never) as unknown as {
    toBuffer(): Promise<Buffer>
  }
  await put('stock.xlsx', await toBuffer())
  const shelf = await open({
    files: '*.xlsx',
    columns: { 数量: 'decimal', 日期: 'date', 时间: 'time', 启用: 'boolean' },
  })
  const told = await shelf.told()
  expect((told.answer as { rows: Row[] }).rows).toEqual([
    { 编号: '0012', 名称: '螺母', 数量: '0.3', 日期: '2026-01-05', 时间: '2026-01-05T00:30:15Z', 启用: true },
    {
      编号: '123456789012345678',
      名称: null,
      数量: '0.0000001',
      日期: '2026-01-05',
      时间: '2026-01-05T00:30:00Z',
      启用: false,
    },
  ])
  expect(told.faults).toEqual([{ row: 4, reason: expect.stringMatching(/^编号: .*15 digits/) }])
  expect(await (await open({ files: '*.xlsx', sheet: '库存' })).rows({ select: ['编号'] })).toHaveLength(2)
  expect(await refusal(open({ files: '*.xlsx', sheet: '别的' }))).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
})

test('a row of another width is left out and told, once', async () => {
  await put('stock.csv', 'a,b\n1,2\n3\n4,5,6\n7,8\n')
  const shelf = await open()
  const first = await shelf.told()
  expect((first.answer as { rows: Row[] }).rows).toEqual([
    { a: '1', b: '2' },
    { a: '7', b: '8' },
  ])
  expect(first.faults).toEqual([
    { row: 3, reason: 'has 1 values, not 2' },
    { row: 4, reason: 'has 3 values, not 2' },
  ])
  expect((await shelf.told()).faults).toEqual([])
  // The dictionary's page is told in the same words.
  const again = await open()
  const { carrier, description } = again
  const answer = await carrier.send(description.encode('stock', {}), Date.now() + 5000)
  expect(
    description.rows({ operation: 'stock' } as unknown as EntityDefinition, description.decode('stock', answer)).faults,
  ).toEqual([
    { key: null, field: '*', reason: 'row 3 of stock.csv has 1 values, not 2' },
    { key: null, field: '*', reason: 'row 4 of stock.csv has 3 values, not 2' },
  ])
  expect(description.contract?.('stock')?.answers.get('b')).toEqual({ kind: 'text', list: false, required: false })
})

test.each<[string, string | Buffer]>([
  ['nothing', ''],
  ['a quote that does not end', 'a,b\n1,"2\n3,4\n'],
  ['two columns of one name', 'a,b,a\n1,2,3\n'],
  ['more rows than are taken', `a\n${'1\n'.repeat(51)}`],
  ['more bytes than are taken', `a\n${'x'.repeat(5001)}\n`],
])('%s is refused', async (_name, content) => {
  await put('stock.csv', content)
  expect(await refusal(open({}, { maxRows: 50, maxBytes: 5000 }))).toMatchObject({
    code: 'UPSTREAM_UNAVAILABLE',
    retryable: true,
  })
})

test('half an archive, one that is none, and one that grows are refused', async () => {
  const { toBuffer } = writeExcelFile([[{ value: 'a' }], [{ value: 'x'.repeat(3000) }]] as never) as unknown as {
    toBuffer(): Promise<Buffer>
  }
  const whole = await toBuffer()
  for (const bytes of [whole.subarray(0, whole.length * 0.6), gzipSync('x'), Buffer.from('PK\u0003\u0004')]) {
    await put('stock.xlsx', bytes)
    expect((await refusal(open({ files: '*.xlsx' }))).message).toMatch(/archive/)
  }
  await put('stock.xlsx', whole)
  expect(
    (await refusal(open({ files: '*.xlsx' }, { maxBytes: whole.length, maxRows: 5 })).then(error => error?.message)) ??
      'read',
  ).toBe('read')
  const bomb = Buffer.from(whole)
  bomb.writeUInt32LE(0x7fffffff, bomb.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 24)
  await put('stock.xlsx', bomb)
  expect((await refusal(open({ files: '*.xlsx' }))).message).toMatch(/more than is read/)
})

test('the newest complete file is served; half of one does not take its place', async () => {
  await put('stock-1.csv', 'id\nold\n', 300)
  await put('stock-2.csv', 'id\nnew\n', 200)
  const shelf = await open({}, { settleMs: 3600_000, pollMs: 20 }).catch(() => undefined)
  expect(shelf).toBeUndefined()
  await new Promise(resolve => setTimeout(resolve, 300))
  const still = await open({}, { settleMs: 250, pollMs: 20 })
  expect(await still.rows()).toEqual([{ id: 'new' }])

  // It is being written: each look finds it longer.
  const writing = join(folder, 'stock-3.csv')
  let content = 'id\n'
  for (let line = 0; line < 8; line += 1) {
    content += `${line}\n`
    await writeFile(writing, content)
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(await still.rows()).toEqual([{ id: 'new' }])
  }
  await expect.poll(async () => (await still.rows()).length, { timeout: 5000 }).toBe(8)

  // What cannot be read does not take the place of what could.
  await writeFile(join(folder, 'stock-4.csv'), 'id,"x\n')
  await new Promise(resolve => setTimeout(resolve, 500))
  expect(await still.rows()).toHaveLength(8)
  await writeFile(join(folder, 'stock-5.csv'), 'id\nlast\n')
  await expect.poll(async () => await still.rows(), { timeout: 5000 }).toEqual([{ id: 'last' }])
  // What was read goes on being served when its file is taken away, and files older than it do not come back.
  await rm(join(folder, 'stock-5.csv'))
  await new Promise(resolve => setTimeout(resolve, 200))
  expect(await still.rows()).toEqual([{ id: 'last' }])
})

test('with marks, a file counts when its mark is there', async () => {
  await put('stock-1.csv', 'id\nold\n', 300)
  await put('stock-1.csv.done', '', 300)
  await put('stock-2.csv', 'id\nnew\n', 200)
  const shelf = await open({ ready: 'done' })
  expect(await shelf.rows()).toEqual([{ id: 'old' }])
  await put('stock-2.done', '', 100)
  await expect.poll(async () => await shelf.rows()).toEqual([{ id: 'new' }])
})

test('a file replaced by another of its name is read anew; answers never mix the two', async () => {
  const content = (version: string): string =>
    `id,v\n${Array.from({ length: 2000 }, (_, index) => `${index},${version}`).join('\n')}\n`
  await put('stock.csv', content('a'), 100)
  const shelf = await open()
  await writeFile(join(folder, 'next'), content('b'))
  await rename(join(folder, 'next'), join(folder, 'stock.csv'))
  const seen = new Set<string>()
  await expect
    .poll(async () => {
      const versions = new Set((await shelf.rows({ limit: 5000 })).map(row => String(row.v)))
      expect(versions.size).toBe(1)
      for (const version of versions) seen.add(version)
      return [...versions][0]
    })
    .toBe('b')
  expect([...seen]).toEqual(expect.arrayContaining(['b']))
})

test('links and other folders are not read', async () => {
  await put('secret.txt', 'id\nsecret\n')
  await symlink(join(folder, 'secret.txt'), join(folder, 'stock.csv'))
  await mkdir(join(folder, 'stock-dir.csv'))
  expect(await refusal(open())).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
  for (const files of ['../*.csv', '*', 'passwd', '*.yaml', 'a/b.csv']) expect(() => definitionOf({ files })).toThrow()
})

test('no file yet: the mapping is checked when one comes', async () => {
  await put('other.csv', 'id,name\n1,x\n')
  const table = { files: 'stock*.csv' }
  const shelf = await open(table, { tables: { stock: table, other: { files: 'other.csv' } } })
  const check = (operation: string, paths: string[]) => () =>
    shelf.description.check({ operation, input: {}, filter: {} } as unknown as EntityDefinition, paths)
  expect(check('stock', ['anything'])).not.toThrow()
  expect(check('other', ['id', 'name'])).not.toThrow()
  expect(check('other', ['nome'])).toThrow(/no column nome; its columns are id, name/)
  expect(check('third', [])).toThrow(MappingFault)
  expect(await refusal(shelf.rows())).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
  await put('stock.csv', 'id\n1\n')
  await expect.poll(async () => await shelf.rows().catch(() => undefined)).toEqual([{ id: '1' }])
})

const lines = `id,parent,name,amount,due,currency\n${Array.from({ length: 30 }, (_, n) => `${n},p${n % 3},"Name ${n}%",${n}.10,2026-01-${String(n + 1).padStart(2, '0')},${n % 2 ? 'CNY' : 'USD'}`).join('\n')}\nx,p9,,,,\n`

test.each<[string, Question['where'], string | undefined, string[]]>([
  ['keys', [{ field: 'id', op: 'in', values: ['3', '1', '3', 'no', '01'] }], undefined, ['3', '1']],
  ['a part of text', [{ any: ['name', 'id'], contains: 'NAME 2%' }], undefined, ['2']],
  ['a decimal, as a number', [{ field: 'amount', op: 'eq', values: ['9.1'] }], undefined, ['9']],
  ['more than a decimal', [{ field: 'amount', op: 'ge', values: ['28.1'] }], 'amount desc', ['29', '28']],
  [
    'a range of days',
    [
      { field: 'due', op: 'gt', values: ['2026-01-02'] },
      { field: 'due', op: 'le', values: ['2026-01-04'] },
    ],
    undefined,
    ['2', '3'],
  ],
  ['inputs', [{ inputs: { parent: 'p9' } }], undefined, ['x']],
  [
    'a condition',
    [{ raw: "parent in ('p1', 'p9') and (amount > 25 or amount is null) and not id = '28'" }],
    'id desc',
    ['x', '25'],
  ],
  [
    'what is unequal, among what has a value',
    [{ raw: "due <> 2026-01-01 and parent <> 'p1' and parent <> 'p2'" }, { field: 'amount', op: 'lt', values: [7] }],
    undefined,
    ['3', '6'],
  ],
])('finds by %s', async (_what, where, sort, ids) => {
  await put('stock.csv', lines)
  const shelf = await open({ columns: { amount: 'decimal', due: 'date' } })
  expect((await shelf.rows({ where, sort, select: ['id'] })).map(row => row.id)).toEqual(ids)
})

test('pages, children and sums', async () => {
  await put('stock.csv', lines)
  const { told, description, carrier } = await open({ columns: { amount: 'decimal' } })
  expect((await told({ offset: 20, limit: 2, sort: 'currency, amount desc', select: ['id'] })).answer).toEqual({
    rows: [{ id: '18' }, { id: '16' }],
    total: 31,
  })
  const entity = { operation: 'stock', input: { where: "currency = 'CNY'" }, filter: {} } as unknown as EntityDefinition
  const send = async (call: { operation: string; input: Record<string, unknown> } | undefined): Promise<unknown> => {
    const answer = await carrier.send(description.encode('stock', call?.input ?? {}), Date.now() + 5000)
    return description.decode('stock', answer)
  }
  const one = (parent: string) => ({
    where: [{ field: 'parent', op: 'in' as const, values: [parent] }],
    offset: 0,
    limit: 2,
    count: false,
    select: ['id'],
    sort: 'amount desc',
  })
  expect(await send(description.askTogether?.(entity, ['p1', 'none', 'p0'].map(one)))).toEqual([
    { rows: [{ id: '25' }, { id: '19' }], total: 5 },
    { rows: [], total: 0 },
    { rows: [{ id: '27' }, { id: '21' }], total: 5 },
  ])
  const sums = {
    where: [{ field: 'amount' as const, op: 'lt' as const, values: ['6'] }],
    by: ['currency'],
    sum: { Sum_a: 'amount' },
    count: 'n',
  }
  expect(await send(description.askSums?.(entity, sums))).toEqual({ value: [{ currency: 'CNY', Sum_a: '9.30', n: 3 }] })
  await expect(told({ where: [{ field: 'nome', op: 'in', values: ['x'] }] })).rejects.toMatchObject({
    code: 'UPSTREAM_REFUSED',
  })
  expect(() => description.encode('stock', { limit: -1 })).toThrow(InputFault)
  expect(() => description.encode('stock', { path: '/etc/passwd' })).toThrow(InputFault)
})

test('a large file holds up nobody while it is read and asked', async () => {
  await put('stock.csv', 'id\nsmall\n', 100)
  const shelf = await open({}, { pollMs: 10 })
  expect(await shelf.rows()).toHaveLength(1)
  const line = (n: number): string => `${n},"name, ${n}",${n}.50,${'x'.repeat(80)}`
  await writeFile(
    join(folder, 'stock-big.csv'),
    `id,name,amount,text\n${Array.from({ length: 120_000 }, (_, n) => line(n)).join('\n')}\n`,
  )
  let longest = 0
  let last = performance.now()
  const beat = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 5)
  await expect.poll(async () => (await shelf.rows({ limit: 10 })).length, { timeout: 20_000, interval: 20 }).toBe(10)
  expect(await shelf.rows({ where: [{ field: 'id', op: 'in', values: ['119999'] }] })).toMatchObject([
    { name: 'name, 119999' },
  ])
  clearInterval(beat)
  expect(longest).toBeLessThan(300)
}, 30_000)
