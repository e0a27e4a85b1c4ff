import { type Kysely, sql } from 'kysely'
import { currentTrace } from '../log.ts'

/** Who did what to what, with what outcome. `detail` holds no secret. */
export type AuditEntry = {
  actor: { id: string; name?: string; kind: 'person' | 'client' | 'system' }
  action: string
  target: { type: string; id: string; name?: string }
  outcome: 'success' | 'refused' | 'failed'
  detail?: Record<string, unknown>
  ip?: string
}

/** Records an entry in the caller's transaction: it is there exactly when what it tells of is. */
export async function audit<T>(trx: Kysely<T>, entry: AuditEntry): Promise<void> {
  await sql`
    insert into audit_entry (actor, action, target, outcome, detail, ip, trace_id)
    values (${JSON.stringify(entry.actor)}::jsonb, ${entry.action}, ${JSON.stringify(entry.target)}::jsonb, ${entry.outcome},
      ${JSON.stringify(entry.detail ?? {})}::jsonb, ${entry.ip ?? null}, ${currentTrace()?.traceId ?? null})`.execute(
    trx,
  )
}
