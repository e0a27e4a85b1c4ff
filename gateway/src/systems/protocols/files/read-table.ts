import type { FileSettings, TableSettings } from './configuration.ts'
import { type Cells, FileFault } from './fault.ts'
import { FileTable } from './table.ts'

type Settings = Omit<FileSettings, 'tables'>

/** The table that a file holds, by the end of its name. @throws FileFault when it cannot be used */
export async function readTable(
  bytes: Buffer,
  path: string,
  table: TableSettings,
  settings: Settings,
): Promise<FileTable> {
  if (bytes.length === 0) throw new FileFault('the file is empty')
  return new FileTable(await cellsOf(bytes, path, table, settings), table, settings)
}

// Either reader takes as long to load as a small file to read.
async function cellsOf(bytes: Buffer, path: string, table: TableSettings, settings: Settings): Promise<Cells> {
  if (/\.xlsx$/i.test(path)) {
    const { readXlsx } = await import('./xlsx.ts')
    return await readXlsx(bytes, table, settings.maxBytes)
  }
  const [{ readCsv }, { decodeText }] = await Promise.all([import('./csv.ts'), import('./encoding.ts')])
  return readCsv(decodeText(bytes, table.encoding), table, settings.maxRows)
}
