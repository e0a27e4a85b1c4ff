import { type Kysely, sql } from 'kysely'
import { execute } from '../lanes.ts'
import { everyUnderLease } from '../lease.ts'
import { log } from '../log.ts'
import { chainHash, contentExpression, genesis, type SealedContent } from './chain.ts'

const batch = 500

/** Seals new entries within about a second, in one process of those that share the database. */
export function startSealing<T>(db: Kysely<T>, options: { name: string; everyMs?: number }): { stop(): Promise<void> } {
  const logger = log(options.name)
  // Everything written by transactions before this one is sealed: only what came since needs to be looked at.
  let done = '0'
  return everyUnderLease(
    db,
    {
      name: 'audit-seal',
      everyMs: options.everyMs ?? 700,
      onError: error => logger.error({ err: error }, 'sealing the audit log failed; it will be tried again'),
    },
    async () => {
      if (!(await anythingSince(db, done))) return
      for (;;) {
        const { sealed, below } = await sealBatch(db, done)
        if (sealed < batch) {
          done = below
          return
        }
      }
    },
  )
}

const sinceSql = 'select exists (select 1 from audit_entry where xid >= $1::xid8) as found'

async function anythingSince<T>(db: Kysely<T>, xid: string): Promise<boolean> {
  return (await execute<{ found: boolean }>(db, sinceSql, [xid])).rows[0]?.found === true
}

/**
 * Seals the next entries, at most 500.
 * @param from the transaction id before which everything is known to be sealed
 * @returns how many were sealed, and the transaction id below which, when that is less than 500, nothing is left
 */
export async function sealBatch<T>(db: Kysely<T>, from = '0'): Promise<{ sealed: number; below: string }> {
  return await db.transaction().execute(async trx => {
    // The lease may have run out in a long pause: the unique position makes a second sealer fail instead of forking the chain.
    const last = await sql<{
      position: number
      hash: string
    }>`select position, hash from audit_seal order by position desc limit 1`.execute(trx)
    const horizon = await sql<{ xmin: string }>`select pg_snapshot_xmin(pg_current_snapshot())::text as xmin`.execute(
      trx,
    )
    const below = horizon.rows[0]?.xmin ?? from
    // An entry is taken only when no transaction older than it still runs; one that commits late is sealed later, never skipped.
    const fresh = await sql<SealedContent>`
      select e.id::text as id, ${sql.raw(contentExpression)} as content from audit_entry e
      where e.xid >= ${from}::xid8 and e.xid < ${below}::xid8
        and not exists (select 1 from audit_seal s where s.entry_id = e.id)
      order by e.id limit ${batch}`.execute(trx)
    if (fresh.rows.length === 0) return { sealed: 0, below }
    let { position, hash } = last.rows[0] ?? { position: 0, hash: genesis }
    const seals = fresh.rows.map(entry => {
      position += 1
      hash = chainHash(hash, entry)
      return { position, entry: entry.id, hash }
    })
    await sql`
      insert into audit_seal (position, entry_id, hash)
      select * from unnest(${seals.map(s => s.position)}::bigint[], ${seals.map(s => s.entry)}::bigint[], ${seals.map(s => s.hash)}::text[])`.execute(
      trx,
    )
    return { sealed: seals.length, below }
  })
}
