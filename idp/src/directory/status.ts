import { audit } from '@atrium/platform/audit'
import { Problem } from '@atrium/platform/problem'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Deps } from '../deps.ts'
import { requirePerson } from './people.ts'
import type { Actor } from './tables.ts'
import { changeDirectory, settle } from './transaction.ts'

/**
 * Deactivates a person: sessions end everywhere, every account is switched off in its system, no right remains. The
 * person's data and grants stay, so that an explanation of the past and a return are possible.
 * @throws Problem 404 for an unknown person, 409 `already_inactive`, `last_administrator`
 */
export async function deactivate(
  deps: Deps,
  o: { personId: string; actor: Actor; ip?: string },
): Promise<{ sessionsEnded: number }> {
  return await setActive(deps, { ...o, active: false })
}

/** Brings a person back, with the rights that follow from assignments and rules of today. @throws Problem 404, 409 `already_active` */
export async function activate(
  deps: Deps,
  o: { personId: string; actor: Actor; ip?: string },
): Promise<{ sessionsEnded: number }> {
  return await setActive(deps, { ...o, active: true })
}

async function setActive(
  { db, sessions }: Deps,
  o: { personId: string; active: boolean; actor: Actor; ip?: string },
): Promise<{ sessionsEnded: number }> {
  return await changeDirectory(db, async trx => {
    const person = await requirePerson(trx, o.personId)
    if (person.active === o.active)
      throw o.active
        ? new Problem(409, 'already_active', {
            zh: `${person.name.zh}已经是在职状态`,
            en: `${person.name.en} is active already`,
          })
        : new Problem(409, 'already_inactive', {
            zh: `${person.name.zh}已经停用`,
            en: `${person.name.en} is deactivated already`,
          })
    await trx
      .updateTable('person')
      .set({ active: o.active, updated_at: sql`clock_timestamp()` })
      .where('id', '=', o.personId)
      .execute()
    await settle(trx, [o.personId])
    const ended = o.active
      ? 0
      : await sessions.endSessions(trx, { personId: o.personId, reason: 'deactivated', actor: o.actor })
    await audit(trx, {
      actor: o.actor,
      action: o.active ? 'person.activated' : 'person.deactivated',
      target: { type: 'person', id: person.id, name: person.name.zh },
      outcome: 'success',
      detail: { sessionsEnded: ended },
      ...(o.ip ? { ip: o.ip } : {}),
    })
    return { sessionsEnded: ended }
  })
}

/**
 * Sets or takes away who a person is in a system. An identity that is taken away is switched off in its system.
 * @param o `nativeId` null takes it away
 * @throws Problem 404 for an unknown person or system, 409 `native_id_taken`
 */
export async function setIdentity(
  db: Kysely<Schema>,
  o: { personId: string; system: string; nativeId: string | null; actor: Actor },
): Promise<void> {
  await changeDirectory(db, async trx => {
    const person = await requirePerson(trx, o.personId)
    const application = await trx.selectFrom('application').select('id').where('id', '=', o.system).executeTakeFirst()
    if (!application)
      throw new Problem(404, 'unknown_system', { zh: `没有系统“${o.system}”`, en: `There is no system "${o.system}"` })
    if (o.nativeId === null) {
      await trx
        .deleteFrom('native_identity')
        .where('person_id', '=', o.personId)
        .where('system', '=', o.system)
        .execute()
    } else {
      await refuseTaken(trx, { ...o, nativeId: o.nativeId })
      await trx
        .insertInto('native_identity')
        .values({ person_id: o.personId, system: o.system, native_id: o.nativeId })
        .onConflict(conflict => conflict.columns(['person_id', 'system']).doUpdateSet({ native_id: o.nativeId! }))
        .execute()
    }
    // Whoever reports to this person carries the manager's native id.
    await settle(trx, null)
    await audit(trx, {
      actor: o.actor,
      action: o.nativeId === null ? 'identity.removed' : 'identity.set',
      target: { type: 'person', id: person.id, name: person.name.zh },
      outcome: 'success',
      detail: { system: o.system, nativeId: o.nativeId },
    })
  })
}

async function refuseTaken(
  trx: Kysely<Schema>,
  o: { personId: string; system: string; nativeId: string },
): Promise<void> {
  const owner = await trx
    .selectFrom('native_identity')
    .innerJoin('person', 'person.id', 'native_identity.person_id')
    .select(['person.id', 'person.name'])
    .where('system', '=', o.system)
    .where('native_id', '=', o.nativeId)
    .where('person_id', '<>', o.personId)
    .executeTakeFirst()
  if (owner)
    throw new Problem(409, 'native_id_taken', {
      zh: `${o.system} 的账号 ${o.nativeId} 已属于 ${owner.name.zh}（${owner.id}）`,
      en: `The account ${o.nativeId} in ${o.system} belongs to ${owner.name.en} (${owner.id})`,
    })
}
