import type { Kysely } from 'kysely'
import { execute } from '../lanes.ts'
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
  await execute(trx, alone, auditValues(entry))
}

/**
 * SQL that records an entry as part of a statement that is made anyway.
 * @param first the number of the first of its parameters, which are `auditValues`
 */
export function auditSql(first: number): string {
  const [actor, action, target, outcome, detail, ip, trace] = [0, 1, 2, 3, 4, 5, 6].map(n => `$${first + n}`)
  return `insert into audit_entry (actor, action, target, outcome, detail, ip, trace_id)
    values (${actor}::jsonb, ${action}, ${target}::jsonb, ${outcome}, ${detail}::jsonb, ${ip}, ${trace})`
}

/** The seven parameters of `auditSql`. */
export function auditValues(entry: AuditEntry): unknown[] {
  return [
    JSON.stringify(entry.actor),
    entry.action,
    JSON.stringify(entry.target),
    entry.outcome,
    JSON.stringify(entry.detail ?? {}),
    entry.ip ?? null,
    currentTrace()?.traceId ?? null,
  ]
}

const alone = auditSql(1)
