import { randomUUID } from 'node:crypto'
import { audit } from '@atrium/platform/audit'
import { now } from '@atrium/platform/clock'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Actor } from '../directory/tables.ts'
import { queueMail } from '../mail/mail.ts'
import type { FactorKind } from './policy.ts'
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
