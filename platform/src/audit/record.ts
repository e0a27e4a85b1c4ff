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
  /** the trace it belongs to; that of the work in progress unless told */
  traceId?: string
}

const columns = 'actor, action, target, outcome, detail, ip, trace_id'

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
  return `insert into audit_entry (${columns})
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
    traceOf(entry),
  ]
}

/** Records many entries in one statement: all of them, or none when the database does not take it. */
export async function auditAll<T>(trx: Kysely<T>, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return
  const rows = entries.map(({ detail = {}, ...entry }) => ({ ...entry, detail, trace_id: traceOf(entry) }))
  await execute(trx, together, [JSON.stringify(rows)])
}

function traceOf({ traceId }: Pick<AuditEntry, 'traceId'>): string | null {
  return traceId ?? currentTrace()?.traceId ?? null
}

const alone = auditSql(1)
const together = `insert into audit_entry (${columns})
  select ${columns} from jsonb_to_recordset($1::jsonb)
    as one (actor jsonb, action text, target jsonb, outcome text, detail jsonb, ip text, trace_id text)`
