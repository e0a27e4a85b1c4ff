import { audit } from '@atrium/platform/audit'
import { Problem } from '@atrium/platform/problem'
import { type Kysely, sql } from 'kysely'
import { readDevices } from '../account/devices.ts'
import { kindsRequired, passwordExpiry } from '../account/profile.ts'
import { readSessions } from '../account/sessions.ts'
import type { Schema } from '../database/schema.ts'
import type { Deps } from '../deps.ts'
import { requirePerson } from '../directory/people.ts'
import type { Actor } from '../directory/tables.ts'
import { queueMail } from '../mail/mail.ts'
import { type FactorKind, readSignInPolicy } from '../sign-in/policy.ts'
import { isLocked } from './lockout.ts'

type Factor = { id: string; kind: FactorKind; name: string; createdAt: string; lastUsedAt: string | null }

type Row = {
  set: boolean
  changedAt: Date | null
  mustChange: boolean
  roles: string[]
  factors: Factor[]
  recoveryCodesLeft: number
}

/** How a person signs in, as administrators see it: never a secret. @throws Problem 404 when nobody has this id */
export async function readPersonSignIn({ db, config }: Deps, personId: string) {
  await requirePerson(db, personId)
  const { policy } = await readSignInPolicy(db)
  const { rows } = await sql<Row>`
    select p.password_hash is not null as set, p.password_must_change as "mustChange",
      case when p.password_hash is not null then coalesce(p.password_changed_at, p.created_at) end as "changedAt",
      coalesce(x.shown->'urn:atrium:scim:native'->'businessRoles', '[]') as roles,
      (select coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'kind', f.kind, 'name', f.name, 'createdAt', f.created_at,
          'lastUsedAt', f.last_used_at) order by f.created_at, f.id), '[]') from factor f where f.person_id = p.id) as factors,
      (select count(*) from recovery_code c where c.person_id = p.id and c.used_at is null) as "recoveryCodesLeft"
    from person p left join person_projection x on x.person_id = p.id where p.id = ${personId}`.execute(db)
  const { set, changedAt, mustChange, roles, factors, recoveryCodesLeft } = rows[0]!
  return {
    locked: await isLocked(db, personId),
    password: { set, changedAt, mustChange, expiresAt: passwordExpiry(policy, changedAt) },
    factors,
    recoveryCodesLeft,
    required: kindsRequired(policy, roles),
    sessions: await readSessions(db, config, personId),
    devices: await readDevices(db, personId),
  }
}

type Removal = { personId: string; actor: Actor; ip: string }

/**
 * Takes a factor from a person who lost it; they hear of it by mail. With the last one the recovery codes go. No browser is trusted
 * on the strength of a factor that may be in other hands.
 * @throws Problem 404 for an unknown person or factor
 */
export async function removeFactor(db: Kysely<Schema>, o: Removal & { factorId: string }): Promise<void> {
  await db.transaction().execute(async (trx: Kysely<Schema>) => {
    const { name: person } = await requirePerson(trx, o.personId)
    const removed = await trx
      .deleteFrom('factor')
      .where('person_id', '=', o.personId)
      .where('id', '=', o.factorId)
      .returning(['kind', 'name'])
      .executeTakeFirst()
    if (!removed)
      throw new Problem(404, 'unknown_factor', {
        zh: `${person.zh}没有这个验证方式`,
        en: `${person.en} has no such factor`,
      })
    await sql`delete from recovery_code where person_id = ${o.personId}
      and not exists (select from factor where person_id = ${o.personId})`.execute(trx)
    await distrustDevices(trx, o.personId)
    const { kind, name } = removed
    await recordRemoval(trx, o, person.zh, { factor: o.factorId, kind, name })
    await queueMail(trx, {
      personId: o.personId,
      kind: 'factor_removed',
      values: { factor: kind, name, by: 'administrator' },
    })
  })
}

/**
 * Takes every factor and recovery code from a person, who sets them up anew at the next sign-in if a role asks for one.
 * @throws Problem 404 when nobody has this id
 */
export async function removeAllFactors(db: Kysely<Schema>, o: Removal): Promise<void> {
  await db.transaction().execute(async (trx: Kysely<Schema>) => {
    const { name } = await requirePerson(trx, o.personId)
    const factors = await trx.deleteFrom('factor').where('person_id', '=', o.personId).returning('id').execute()
    const codes = await trx
      .deleteFrom('recovery_code')
      .where('person_id', '=', o.personId)
      .returning('made_at')
      .execute()
    // Nothing was there: a repeat changes nothing, and nobody is told of a change that was none.
    if (factors.length === 0 && codes.length === 0) return
    await distrustDevices(trx, o.personId)
    await recordRemoval(trx, o, name.zh, { factors: factors.length, recoveryCodes: codes.length })
    await queueMail(trx, {
      personId: o.personId,
      kind: 'factor_removed',
      values: { factor: 'all', by: 'administrator' },
    })
  })
}

async function distrustDevices(trx: Kysely<Schema>, personId: string): Promise<void> {
  await trx.updateTable('known_device').set({ factor_at: null }).where('person_id', '=', personId).execute()
}

async function recordRemoval(
  trx: Kysely<Schema>,
  o: Removal,
  name: string,
  detail: Record<string, unknown>,
): Promise<void> {
  await audit(trx, {
    actor: o.actor,
    action: 'factor.removed',
    target: { type: 'person', id: o.personId, name },
    outcome: 'success',
    detail,
    ip: o.ip,
  })
}
