import { readFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { eventSchema } from '../../web/events.ts'
import { sessionSchema } from '../../web/sessions.ts'
import { openStore } from '../../web/store.ts'

/** The ERP's store with the tables of sessions and events; `fillOnce` makes and fills its own. */
export const openErpStore = (dataDir: string): DatabaseSync =>
  openStore(dataDir, 'erp.sqlite', sessionSchema, eventSchema)

/**
 * Makes the ERP's tables and fills them at the first start, in one transaction: a process killed in the middle leaves
 * a file that the next start begins anew.
 */
export function fillOnce(db: DatabaseSync, fill: () => void): void {
  if (db.prepare('PRAGMA user_version').get()?.user_version !== 0) return
  inTransaction(db, () => {
    db.exec(readFileSync(new URL('./schema.sql', import.meta.url), 'utf8'))
    fill()
    db.exec('PRAGMA user_version = 1')
  })
}

/** Runs `work` in one write transaction; joins the one that is open, so that a batch can hold several writes. */
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
