import { type Kysely, sql } from 'kysely'
import { everyUnderLease } from '../lease.ts'
import { log } from '../log.ts'
import { chainHash, contentExpression, genesis, type SealedContent } from './chain.ts'

const batch = 500

/** Seals new entries within about a second, in one process of those that share the database. */
export function startSealing<T>(db: Kysely<T>, options: { name: string; everyMs?: number }): { stop(): Promise<void> } {
  const logger = log(options.name)
  return everyUnderLease(
    db,
    {
      name: 'audit-seal',
      everyMs: options.everyMs ?? 700,
      onError: error => logger.error({ err: error }, 'sealing the audit log failed; it will be tried again'),
    },
    async () => {
      while ((await sealBatch(db)) === batch);
    },
  )
}

/**
 * Seals the next entries.
 * @returns how many
 */
export async function sealBatch<T>(db: Kysely<T>): Promise<number> {
  return await db.transaction().execute(async trx => {
    // The lease may have run out in a long pause: the unique position makes a second sealer fail instead of forking the chain.
    const last = await sql<{
      position: number
      hash: string
    }>`select position, hash from audit_seal order by position desc limit 1`.execute(trx)
    // An entry is taken only when no transaction older than it still runs; one that commits late is sealed later, never skipped.
    const fresh = await sql<SealedContent>`
      select e.id::text as id, ${sql.raw(contentExpression)} as content from audit_entry e
      where e.xid < pg_snapshot_xmin(pg_current_snapshot())
        and not exists (select 1 from audit_seal s where s.entry_id = e.id)
      order by e.id limit ${batch}`.execute(trx)
    if (fresh.rows.length === 0) return 0
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
    return seals.length
  })
}
