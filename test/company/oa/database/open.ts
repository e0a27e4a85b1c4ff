import { readFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { sessionSchema } from '../../web/sessions.ts'
import { openStore, transaction } from '../../web/store.ts'

/** The OA's store with the tables of sessions; `fillOnce` makes and fills its own. */
export const openOaStore = (dataDir: string): DatabaseSync => openStore(dataDir, 'oa.sqlite', sessionSchema)

/**
 * Makes the OA's tables and fills them at the first start, in one transaction: a process killed in the middle leaves
 * a file that the next start begins anew.
 */
export function fillOnce(db: DatabaseSync, fill: () => void): void {
  if (db.prepare('PRAGMA user_version').get()?.user_version !== 0) return
  transaction(db, () => {
    db.exec(readFileSync(new URL('./schema.sql', import.meta.url), 'utf8'))
    fill()
    db.exec('PRAGMA user_version = 1')
  })
}
