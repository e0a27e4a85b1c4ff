import { type AuditRow, readAudit } from '@atrium/platform/audit'
import type { Kysely } from 'kysely'
import { badInput } from '../schema/errors.ts'

export interface AuditArguments {
  first?: number | null
  before?: string | null
  actor?: string | null
  action?: string | null
  target?: string | null
  reads?: boolean | null
}

const readActions = ['data.read.personal', 'data.read.secret']

/** A page of the gateway's audit log, the newest first. @throws GraphQLError BAD_INPUT */
export async function auditPage<T>(db: Kysely<T>, args: AuditArguments): Promise<object[]> {
  const limit = args.first ?? 50
  if (limit < 1 || limit > 200) throw badInput('"first" must be from 1 to 200')
  const before = args.before === undefined || args.before === null ? undefined : Number(args.before)
  if (before !== undefined && !Number.isSafeInteger(before)) throw badInput('"before" is the id of an entry')
  const { actor, action, target } = args
  for (const text of [actor, action, target])
    if (text && text.length > 200) throw badInput('what is looked for has at most 200 characters')
  const rows = await readAudit(db, {
    limit,
    ...(before !== undefined && { before }),
    ...(actor && { actor }),
    ...(action && { action }),
    ...(target && { target }),
    ...(args.reads === false && { except: readActions }),
  })
  return rows.map(row => ({
    ...row,
    id: String(row.id),
    actor: row.actor.name ?? row.actor.id,
    target: `${row.target.type} ${row.target.name ?? row.target.id}`,
    read: readActions.includes(row.action) ? readOf(row.detail) : null,
  }))
}

function readOf(detail: AuditRow['detail']): object {
  const { client, operation, fields, records, keys } = detail as Record<string, unknown>
  return { client, operation, fields, records, keys }
}
