import { readFile, stat } from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { InputFault } from '../protocol.ts'
import type { FileSettings, TableSettings } from './configuration.ts'
import { FileFault } from './fault.ts'
import { readTable } from './read-table.ts'
import type { FileQuestion, FileSums, FileTable } from './table.ts'

// Runs in a thread of its own: reads one file, then answers questions about it, so that neither holds up anybody else.

/** What the thread is started with. */
export interface Job {
  path: string
  /** what the file was like when it was chosen */
  size: number
  mtimeMs: number
  table: TableSettings
  settings: Omit<FileSettings, 'tables'>
}

export interface Asked {
  id: number
  page?: FileQuestion
  together?: FileQuestion[]
  sums?: FileSums
}

export type Told =
  | {
      loaded: {
        columns: readonly string[]
        rows: number
        faults: { row: number; reason: string }[]
        faultCount: number
      }
    }
  | { failed: string }
  | { id: number; answer: unknown }
  | { id: number; refused: string }

const mostFaults = 100

async function load({ path, size, mtimeMs, table, settings }: Job): Promise<FileTable> {
  if (size > settings.maxBytes) throw new FileFault(`the file has more than ${settings.maxBytes} bytes`)
  const bytes = await readFile(path)
  const after = await stat(path)
  if (bytes.length !== size || after.size !== size || after.mtimeMs !== mtimeMs)
    throw new FileFault('the file was written to while it was read')
  return await readTable(bytes, path, table, settings)
}

function answer(table: FileTable, { page, together, sums }: Asked): unknown {
  if (sums) return { value: table.sums(sums) }
  return together ? together.map(one => table.page(one)) : table.page(page ?? {})
}

function tell(message: Told): void {
  parentPort?.postMessage(message)
}

try {
  const table = await load(workerData as Job)
  parentPort?.on('message', (asked: Asked) => {
    try {
      tell({ id: asked.id, answer: answer(table, asked) })
    } catch (error) {
      tell({ id: asked.id, refused: error instanceof InputFault ? error.message : 'could not be answered' })
    }
  })
  const { columns, size, faults } = table
  tell({ loaded: { columns, rows: size, faults: faults.slice(0, mostFaults), faultCount: faults.length } })
} catch (error) {
  tell({
    failed:
      error instanceof FileFault
        ? error.message
        : `the file cannot be read (${(error as { code?: string }).code ?? (error as Error).name})`,
  })
}
