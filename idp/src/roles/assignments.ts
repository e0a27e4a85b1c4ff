import { audit } from '@atrium/platform/audit'
import { now } from '@atrium/platform/clock'
import { Problem } from '@atrium/platform/problem'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { requirePerson } from '../directory/people.ts'
import type { Actor } from '../directory/tables.ts'
import { changeDirectory, settle } from '../directory/transaction.ts'
import { inForce } from './membership.ts'

/** A business role given to one person. `state` says whether it counts at this moment. */
export type Assignment = {
  id: number
  role: string
  from: Date | null
  until: Date | null
  reason: string
  grantedBy: Actor
  grantedAt: Date
  endedAt: Date | null
  state: 'active' | 'future' | 'ended'
}

/** A person's assignments, those in force first; ended ones too, because they explain the past. */
export async function readAssignments(db: Kysely<Schema>, personId: string): Promise<Assignment[]> {
  const { rows } = await sql<Assignment>`
    select a.id, a.role_id as role, a.valid_from as "from", a.valid_until as until, a.reason, a.granted_by as "grantedBy",
      a.granted_at as "grantedAt", coalesce(a.ended_at, case when a.valid_until <= ${now()} then a.valid_until end) as "endedAt",
      case when ${inForce(now())} then 'active' when a.ended_at is null and a.valid_from > ${now()} then 'future' else 'ended' end as state
    from role_assignment a where a.person_id = ${personId}
    order by ended_at is not null, a.id desc limit 200`.execute(db)
  return rows
}

/**
 * Gives a business role to a person, for good or for a time.
 * @throws Problem 404 for an unknown person or role, 409 `already_assigned`, 422 `bad_period`
 */
export async function grantRole(
  db: Kysely<Schema>,
  grant: {
    personId: string
    roleId: string
    from?: Date | undefined
    until?: Date | undefined
    reason: string
    actor: Actor
    ip?: string
  },
): Promise<Assignment> {
  const at = now()
  if (grant.until && grant.until <= (grant.from && grant.from > at ? grant.from : at))
    throw new Problem(422, 'bad_period', {
      zh: '结束时间必须晚于开始时间，并且在将来',
      en: 'The end must lie after the beginning, and in the future',
    })
  return await changeDirectory(db, async trx => {
    const person = await requirePerson(trx, grant.personId)
    const role = await trx
      .selectFrom('business_role')
      .select(['id', 'name'])
      .where('id', '=', grant.roleId)
      .executeTakeFirst()
    if (!role)
      throw new Problem(404, 'unknown_role', {
        zh: `没有业务角色“${grant.roleId}”`,
        en: `There is no business role "${grant.roleId}"`,
      })
    await refuseOverlap(trx, grant, person.name)
    const { rows } = await sql<{ id: number }>`
      insert into role_assignment (person_id, role_id, valid_from, valid_until, reason, granted_by, started_at)
      values (${grant.personId}, ${grant.roleId}, ${grant.from ?? null}, ${grant.until ?? null}, ${grant.reason}, ${JSON.stringify(grant.actor)}::jsonb,
        ${grant.from && grant.from > at ? null : at}) returning id`.execute(trx)
    await settle(trx, [grant.personId])
    await audit(trx, {
      actor: grant.actor,
      action: 'role.granted',
      target: { type: 'person', id: person.id, name: person.name.zh },
      outcome: 'success',
      detail: {
        role: grant.roleId,
        from: grant.from ?? null,
        until: grant.until ?? null,
        reason: grant.reason,
        assignment: rows[0]!.id,
      },
      ...(grant.ip ? { ip: grant.ip } : {}),
    })
    return (await readAssignments(trx, grant.personId)).find(one => one.id === rows[0]!.id)!
  })
}

/**
 * Ends an assignment now.
 * @throws Problem 404 when this person has no such assignment that still counts
 */
export async function endAssignment(
  db: Kysely<Schema>,
  end: { personId: string; assignmentId: number; actor: Actor; ip?: string },
): Promise<void> {
  await changeDirectory(db, async trx => {
    const person = await requirePerson(trx, end.personId)
    const { rows } = await sql<{ role: string }>`
      update role_assignment set ended_at = ${now()}, ended_by = ${JSON.stringify(end.actor)}::jsonb
      where id = ${end.assignmentId} and person_id = ${end.personId} and ended_at is null returning role_id as role`.execute(
      trx,
    )
    if (!rows[0])
      throw new Problem(404, 'unknown_assignment', {
        zh: '此人没有这条授权，或它已经结束',
        en: 'This person has no such assignment, or it has already ended',
      })
    await settle(trx, [end.personId])
    await audit(trx, {
      actor: end.actor,
      action: 'role.withdrawn',
      target: { type: 'person', id: person.id, name: person.name.zh },
      outcome: 'success',
      detail: { role: rows[0].role, assignment: end.assignmentId },
      ...(end.ip ? { ip: end.ip } : {}),
    })
  })
}

async function refuseOverlap(
  trx: Kysely<Schema>,
  grant: { personId: string; roleId: string; from?: Date | undefined; until?: Date | undefined },
  name: { zh: string; en: string },
): Promise<void> {
  const { rows } = await sql<{ id: number }>`
    select id from role_assignment a
    where a.person_id = ${grant.personId} and a.role_id = ${grant.roleId} and a.ended_at is null
      and tstzrange(a.valid_from, a.valid_until) && tstzrange(${grant.from ?? now()}, ${grant.until ?? null})
      and (a.valid_until is null or ${grant.until ?? null}::timestamptz is not null and a.valid_until >= ${grant.until ?? null}::timestamptz)
      and (a.valid_from is null or a.valid_from <= ${grant.from ?? now()})`.execute(trx)
  if (rows[0])
    throw new Problem(
      409,
      'already_assigned',
      {
        zh: `${name.zh}在这段时间内已有该角色，无需再授予`,
        en: `${name.en} already has this role for the whole of that time`,
      },
      { assignment: rows[0].id },
    )
}
