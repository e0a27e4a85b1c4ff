/**
 * A grant with a moment at which something happens:
 *
 *   granted ──valid_from──► started ──before the end──► warned ──valid_until──► ended
 *
 * `effectiveRights` looks at the times themselves, so a right begins and ends exactly; this job carries the moment to
 * the resources, the systems, the audit log and the people.
 */
import { audit } from '@atrium/platform/audit'
import { now } from '@atrium/platform/clock'
import { everyUnderLease } from '@atrium/platform/lease'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Deps } from '../deps.ts'
import type { Actor } from '../directory/tables.ts'
import { lockDirectory, settle } from '../directory/transaction.ts'
import type { Text } from '../oidc/tables.ts'
import { enqueueHint } from '../provisioning/hints.ts'

const clock: Actor = { id: 'idp', kind: 'system', name: 'Atrium' }

/** A warning comes three days before the end, or half-way through a grant that is shorter than six days. */
const warning = sql`least(interval '3 days', (a.valid_until - coalesce(a.valid_from, a.granted_at)) / 2)`

type Turned = {
  id: number
  personId: string
  person: Text
  role: string
  roleName: Text
  until: Date | null
  grantedBy: Actor
  accounts: Record<string, string>
}

/** Starts, announces and ends temporary grants, in one process at a time. */
export function startTemporaryGrants({ db, log }: Deps, everyMs = 2000): { stop(): Promise<void>; nudge(): void } {
  return everyUnderLease(
    db,
    {
      name: 'temporary-grants',
      everyMs,
      onError: error => log.error({ err: error }, 'temporary grants were not looked at; it will be tried again'),
    },
    async () => {
      await turnGrants(db)
    },
  )
}

/** One look at the clock. @returns how many grants started, were announced and ended */
export async function turnGrants(db: Kysely<Schema>): Promise<{ started: number; warned: number; ended: number }> {
  return await db.transaction().execute(async trx => {
    const at = now()
    const ends = sql<boolean>`a.valid_until <= ${at}`
    const starts = sql<boolean>`a.started_at is null and a.valid_from <= ${at}`
    const endsSoon = sql<boolean>`a.warned_at is null and a.valid_until - ${warning} <= ${at} and (a.valid_from is null or a.valid_from <= ${at})`
    // Most looks find nothing: they must not make administrators wait.
    const due = await sql`
      select 1 from role_assignment a where a.ended_at is null and (a.valid_until is not null or a.valid_from is not null)
        and ((${ends}) or (${starts}) or (${endsSoon})) limit 1`.execute(trx)
    if (due.rows.length === 0) return { started: 0, warned: 0, ended: 0 }
    await lockDirectory(trx)
    const ended = await turn(trx, sql`ended_at = valid_until, ended_by = ${JSON.stringify(clock)}::jsonb`, ends)
    const started = await turn(trx, sql`started_at = ${at}`, starts)
    const warned = await turn(trx, sql`warned_at = ${at}`, endsSoon)
    const people = [...new Set([...ended, ...started].map(row => row.personId))]
    if (people.length > 0) await settle(trx, people)
    for (const row of ended) await record(trx, 'role.grant.ended', row)
    for (const row of started) await record(trx, 'role.grant.started', row)
    for (const row of warned) {
      await record(trx, 'role.grant.ending', row)
      await enqueueHint(trx, { type: 'atrium.grant.ending', people: [row.personId], data: announcement(row) })
    }
    return { started: started.length, warned: warned.length, ended: ended.length }
  })
}

async function turn(trx: Kysely<Schema>, set: ReturnType<typeof sql>, when: ReturnType<typeof sql>): Promise<Turned[]> {
  const { rows } = await sql<Turned>`
    update role_assignment a set ${set} from person p, business_role b
    where a.ended_at is null and ${when} and p.id = a.person_id and b.id = a.role_id
    returning a.id, p.id as "personId", p.name as person, b.id as role, b.name as "roleName", a.valid_until as until, a.granted_by as "grantedBy",
      (select coalesce(jsonb_object_agg(n.system, n.native_id), '{}') from native_identity n where n.person_id = p.id) as accounts`.execute(
    trx,
  )
  return rows
}

async function record(trx: Kysely<Schema>, action: string, row: Turned): Promise<void> {
  await audit(trx, {
    actor: clock,
    action,
    target: { type: 'person', id: row.personId, name: row.person.zh },
    outcome: 'success',
    detail: { role: row.role, assignment: row.id, until: row.until },
  })
}

/** Who receives it knows people by their accounts, so these come along. */
function announcement(row: Turned): Record<string, unknown> {
  return {
    assignmentId: String(row.id),
    person: row.person,
    accounts: row.accounts,
    roleId: row.role,
    role: row.roleName,
    until: row.until,
    grantedBy: row.grantedBy.id,
  }
}
