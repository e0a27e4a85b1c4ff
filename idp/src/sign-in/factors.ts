import { randomUUID } from 'node:crypto'
import { audit } from '@atrium/platform/audit'
import { now } from '@atrium/platform/clock'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Actor } from '../directory/tables.ts'
import { queueMail } from '../mail/mail.ts'
import { type FactorKind, readSignInPolicy } from './policy.ts'
import { firstRecoveryCodes } from './recovery.ts'

/** A factor to add: a TOTP device with its sealed secret and the step that its first code took, or a passkey with its public key. */
export type NewFactor =
  | { kind: 'totp'; name: string; secretSealed: string; counter: number }
  | { kind: 'passkey'; name: string; credentialId: string; credential: Record<string, unknown>; counter: number }

/** A factor as its person sees it. */
export type Factor = { id: string; kind: FactorKind; name: string; createdAt: Date; lastUsedAt: Date | null }

/** Whose factor it is, and who adds or removes it. */
export type FactorOwner = { personId: string; actor: Actor; ip?: string }

/**
 * Gives a person a factor, in the caller's transaction: with the first one come recovery codes; it is recorded and told by mail.
 * @param key seals secrets at rest
 */
export async function addFactor(
  trx: Kysely<Schema>,
  owner: FactorOwner,
  factor: NewFactor,
  key: Buffer,
): Promise<{ factor: Factor; recoveryCodes: string[] | null }> {
  const { personId, actor, ip } = owner
  const { kind, name } = factor
  const id = randomUUID()
  const at = now()
  await trx
    .insertInto('factor')
    .values({
      id,
      person_id: personId,
      kind,
      name,
      counter: factor.counter,
      created_at: at,
      last_used_at: at,
      ...(factor.kind === 'totp'
        ? { secret_sealed: factor.secretSealed }
        : { credential_id: factor.credentialId, credential: JSON.stringify(factor.credential) }),
    })
    .execute()
  const recoveryCodes = await firstRecoveryCodes(trx, personId, key)
  await audit(trx, {
    actor,
    action: 'factor.added',
    target: { type: 'person', id: personId },
    outcome: 'success',
    detail: { factor: id, kind, name, recoveryCodes: recoveryCodes !== null },
    ...(ip ? { ip } : {}),
  })
  await queueMail(trx, { personId, kind: 'factor_added', values: { factor: kind, name, ...(ip ? { ip } : {}) } })
  return { factor: { id, kind, name, createdAt: at, lastUsedAt: at }, recoveryCodes }
}

/** What came of the wish to remove a factor. `required`: a role of the person asks for it, and it is the last that satisfies. */
export type Removal = 'removed' | 'unknown' | 'required'

/** Removes a person's own factor; with the last one go the recovery codes, which stand in for it. It is recorded and told by mail. */
export async function removeFactor(db: Kysely<Schema>, owner: FactorOwner, factorId: string): Promise<Removal> {
  const { personId, actor, ip } = owner
  return await db.transaction().execute(async trx => {
    // Two removals at once must not each rely on the factor that the other one removes.
    await sql`select 1 from person where id = ${personId} for update`.execute(trx)
    const held = await trx
      .selectFrom('factor')
      .select(['id', 'kind', 'name'])
      .where('person_id', '=', personId)
      .execute()
    const factor = held.find(one => one.id === factorId)
    if (!factor) return 'unknown'
    const left = held.filter(one => one.id !== factorId).map(one => one.kind)
    if (await isRequired(trx, personId, factor.kind, left)) return 'required'
    await trx.deleteFrom('factor').where('id', '=', factorId).execute()
    if (left.length === 0) await trx.deleteFrom('recovery_code').where('person_id', '=', personId).execute()
    // No browser is trusted on the strength of a factor that may be in other hands.
    await trx.updateTable('known_device').set({ factor_at: null }).where('person_id', '=', personId).execute()
    await audit<Schema>(trx, {
      actor,
      action: 'factor.removed',
      target: { type: 'person', id: personId },
      outcome: 'success',
      detail: { factor: factorId, kind: factor.kind, name: factor.name },
      ...(ip ? { ip } : {}),
    })
    await queueMail(trx, {
      personId,
      kind: 'factor_removed',
      values: { factor: factor.kind, name: factor.name, by: 'self', ...(ip ? { ip } : {}) },
    })
    return 'removed'
  })
}

async function isRequired(
  trx: Kysely<Schema>,
  personId: string,
  kind: FactorKind,
  left: FactorKind[],
): Promise<boolean> {
  const { policy } = await readSignInPolicy(trx)
  const { rows } = await sql<{ roles: string[] | null }>`
    select shown->'urn:atrium:scim:native'->'businessRoles' as roles from person_projection where person_id = ${personId}`.execute(
    trx,
  )
  const roles = rows[0]?.roles ?? []
  return policy.secondFactor.roles.some(
    one => roles.includes(one.role) && one.kinds.includes(kind) && !one.kinds.some(other => left.includes(other)),
  )
}
