import { type Kysely, sql } from 'kysely'
import type { AuditEntry } from './record.ts'

/** A recorded entry; `sealed` once the hash chain covers it. */
export type AuditRow = Required<Omit<AuditEntry, 'ip'>> & {
  id: number
  at: Date
  ip: string | null
  traceId: string | null
  sealed: boolean
}

/** All given conditions must hold; `except` leaves actions out; `before` is the id of the last row of the page before. */
export type AuditSearch = {
  actor?: string
  action?: string
  except?: string[]
  target?: string
  before?: number
  limit: number
}

/** The newest entries first. `actor` and `target` match an id or a name, `target` also one of the keys in the detail, `action` a prefix. */
export async function readAudit<T>(db: Kysely<T>, search: AuditSearch): Promise<AuditRow[]> {
  const { rows } = await sql<AuditRow>`
    select e.id, e.at, e.actor, e.action, e.target, e.outcome, e.detail, e.ip, e.trace_id as "traceId", s.entry_id is not null as sealed
    from audit_entry e left join audit_seal s on s.entry_id = e.id
    where (${search.before ?? null}::bigint is null or e.id < ${search.before ?? null}::bigint)
      and (${search.actor ?? null}::text is null or e.actor->>'id' = ${search.actor ?? null} or e.actor->>'name' = ${search.actor ?? null})
      and (${search.target ?? null}::text is null or e.target->>'id' = ${search.target ?? null} or e.target->>'name' = ${search.target ?? null}
        or e.detail->'keys' ? ${search.target ?? null}::text)
      and (${search.action ?? null}::text is null or starts_with(e.action, ${search.action ?? null}))
      and (${search.except ?? null}::text[] is null or e.action <> all(${search.except ?? null}::text[]))
    order by e.id desc limit ${search.limit}`.execute(db)
  return rows
}
