import { type Kysely, sql } from 'kysely'
import { chainHash, contentExpression, genesis } from './chain.ts'

/** `broken` names the first seal that does not hold; `unsealed` counts the newest entries that no seal covers yet. */
export type AuditVerdict = {
  sealed: number
  unsealed: number
  broken: null | { position: number; entryId: string; reason: string }
}

const page = 5000

/** Recomputes the whole chain from its beginning, page by page. */
export async function verifyAudit<T>(db: Kysely<T>): Promise<AuditVerdict> {
  let position = 0
  let hash = genesis
  for (;;) {
    const { rows } = await sql<{ position: number; entryId: string; hash: string; content: string | null }>`
      select s.position, s.entry_id::text as "entryId", s.hash, case when e.id is null then null else ${sql.raw(contentExpression)} end as content
      from audit_seal s left join audit_entry e on e.id = s.entry_id
      where s.position > ${position} order by s.position limit ${page}`.execute(db)
    for (const row of rows) {
      const broken = (reason: string): AuditVerdict => ({
        sealed: position,
        unsealed: 0,
        broken: { position: row.position, entryId: row.entryId, reason },
      })
      if (row.position !== position + 1) return broken(`seal ${position + 1} is missing`)
      if (row.content === null) return broken('the entry was removed')
      if (chainHash(hash, { id: row.entryId, content: row.content }) !== row.hash)
        return broken('the entry was changed')
      position = row.position
      hash = row.hash
    }
    if (rows.length < page) break
  }
  const tail = await sql<{ n: number }>`
    select count(*) as n from audit_entry e where not exists (select 1 from audit_seal s where s.entry_id = e.id)`.execute(
    db,
  )
  return { sealed: position, unsealed: tail.rows[0]?.n ?? 0, broken: null }
}
