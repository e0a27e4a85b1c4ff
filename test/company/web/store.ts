import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Opens a system's own SQLite file and creates what is missing.
 * Write-ahead log with full sync: what was answered survives a kill -9 and a power cut.
 * @param schema idempotent `CREATE … IF NOT EXISTS` statements
 */
export function openStore(folder: string, file: string, ...schema: string[]): DatabaseSync {
  mkdirSync(folder, { recursive: true })
  const db = new DatabaseSync(join(folder, file))
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000')
  for (const statements of schema) db.exec(statements)
  return db
}

/** Runs `work` in one transaction: all of it or nothing. Not for nesting; `work` must not await. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}
