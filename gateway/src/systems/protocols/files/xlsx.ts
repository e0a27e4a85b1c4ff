import { readSheet } from 'read-excel-file/node'
import type { TableSettings } from './configuration.ts'
import { type Cell, type Cells, FileFault, type NumberCell } from './fault.ts'

const mostUnpacked = 20

/**
 * Rows of a sheet. Numbers stay the text the sheet keeps; what a formula failed at is no value.
 * @throws FileFault when it cannot be read, e.g. because only half of it was copied
 */
export async function readXlsx(bytes: Buffer, settings: TableSettings, maxBytes: number): Promise<Cells> {
  checkArchive(bytes, maxBytes * mostUnpacked)
  let data: unknown[][]
  try {
    const options = { parseNumber: (text: string): NumberCell => ({ number: text }) }
    data = (await readSheet(bytes, settings.sheet, options)) as unknown[][]
  } catch (error) {
    throw new FileFault(`the sheet cannot be read: ${(error as Error).name}`)
  }
  const rows = data.flatMap((cells, index) =>
    cells.every(cell => cell === null || cell === '') ? [] : [{ row: index + 1, cells: cells.map(toCell) }],
  )
  return { rows, faults: [] }
}

function toCell(value: unknown): Cell {
  if (typeof value === 'string')
    return /^#(N\/A|REF!|VALUE!|DIV\/0!|NAME\?|NUM!|NULL!|SPILL!)$/.test(value) ? null : value
  if (typeof value === 'boolean' || value instanceof Date) return value
  if (value !== null && typeof value === 'object' && 'number' in value) return value as NumberCell
  return null
}

/**
 * An archive whose directory stands at its end is whole; the directory also tells how much it holds.
 * @throws FileFault
 */
function checkArchive(bytes: Buffer, mostBytes: number): void {
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]))
  if (end < 0 || end + 22 > bytes.length)
    throw new FileFault('the archive has no end: half of it was copied, or it is none')
  const entries = bytes.readUInt16LE(end + 10)
  let at = bytes.readUInt32LE(end + 16)
  let size = 0
  for (let index = 0; index < entries; index += 1) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== 0x02014b50)
      throw new FileFault('the directory of the archive is broken')
    size += bytes.readUInt32LE(at + 24)
    at += 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
  }
  if (size > mostBytes) throw new FileFault(`the archive holds ${size} bytes, more than is read`)
}
