import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Opens the ERP's store, makes its tables and fills them at the first start. Both happen in one transaction, so a
 * process killed in the middle leaves a file that the next start begins anew.
 * @param fill called once, inside that transaction
 */
export function openStore(dataDir: string, fill: (db: DatabaseSync) => void): DatabaseSync {
  mkdirSync(dataDir, { recursive: true })
  const db = new DatabaseSync(join(dataDir, 'erp.sqlite'))
  // FULL: an order that was answered with 201 is on the disk, whatever happens to the machine.
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000')
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version === 0)
    inTransaction(db, () => {
      db.exec(readFileSync(new URL('./schema.sql', import.meta.url), 'utf8'))
      fill(db)
      db.exec('PRAGMA user_version = 1')
    })
  return db
}

/** Runs `work` in one write transaction; joins the one that is open, if any. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  if (db.isTransaction) return work()
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}
