import { audit } from '@atrium/platform/audit'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import type { Actor } from '../../directory/tables.ts'
import { queueMail } from '../../mail/mail.ts'
import { endSessions } from '../../oidc/sessions.ts'
import { hashPassword } from '../password.ts'
import { readSignInPolicy } from '../policy.ts'
import { checkPassword } from './check.ts'
import type { PasswordFault } from './faults.ts'
import { rememberPassword } from './history.ts'
import { readPasswordOwner } from './owner.ts'

/** Why a password is set: `required` at a sign-in because it is old or an administrator wants it, `first` where there was none. */
export type PasswordReason = 'changed' | 'required' | 'reset' | 'first'

/** Whose password, what it is to be, who sets it and why. */
export type PasswordChange = {
  personId: string
  plain: string
  actor: Actor
  ip?: string
  reason: PasswordReason
  /** The session that goes on; every other one ends. */
  keepSessionUid?: string
  /** The sign-in (`sign_in_progress.interaction_hash`) that goes on with the new password; every other one begins anew. */
  keepProgress?: string
  /** The hash that the present password was compared with: if it is another one by now, nothing is changed. */
  replaces?: string
}

/** What came of it. `stale`: the password was changed by somebody else meanwhile. */
export type PasswordOutcome =
  | { kind: 'changed'; sessionsEnded: number }
  | { kind: 'refused'; faults: PasswordFault[] }
  | { kind: 'stale' }

/** A password that was checked and hashed, and the hash it was checked against. */
export type PreparedPassword = { hash: string; replaces: string | null }

/**
 * Gives a person a new password under the policy of this moment: the old one goes into the history, links and unfinished sign-ins
 * are void, the other sessions end everywhere, it is recorded, and the person gets a mail.
 * @param db a connection, or the transaction this belongs to
 * @throws Problem 503 `busy` when too many passwords are being hashed
 */
export async function changePassword(db: Kysely<Schema>, change: PasswordChange): Promise<PasswordOutcome> {
  const prepared = await preparePassword(db, change)
  if ('faults' in prepared) return { kind: 'refused', faults: prepared.faults }
  if (change.replaces !== undefined && prepared.replaces !== change.replaces) return { kind: 'stale' }
  if (db.isTransaction) return await writePassword(db, change, prepared)
  return await db.transaction().execute(trx => writePassword(trx, change, prepared))
}

/** The slow half of a change, which holds no lock: checks and hashes. */
export async function preparePassword(
  db: Kysely<Schema>,
  { personId, plain }: Pick<PasswordChange, 'personId' | 'plain'>,
): Promise<PreparedPassword | { faults: PasswordFault[] }> {
  const [{ policy }, person] = await Promise.all([readSignInPolicy(db), readPasswordOwner(db, personId)])
  if (!person) throw new Error('a password for nobody')
  const faults = await checkPassword(db, policy, person, plain)
  return faults.length > 0 ? { faults } : { hash: await hashPassword(plain), replaces: person.passwordHash }
}

/** The other half: everything that follows from a new password, in the caller's transaction. */
export async function writePassword(
  trx: Kysely<Schema>,
  change: PasswordChange,
  prepared: PreparedPassword,
): Promise<Exclude<PasswordOutcome, { kind: 'refused' }>> {
  const { personId, actor, reason } = change
  const written = await trx
    .updateTable('person')
    .set({
      password_hash: prepared.hash,
      password_changed_at: sql`clock_timestamp()`,
      password_must_change: false,
    })
    .where('id', '=', personId)
    .where(sql<boolean>`password_hash is not distinct from ${prepared.replaces}`)
    .returning('id')
    .executeTakeFirst()
  if (!written) return { kind: 'stale' }
  if (prepared.replaces !== null) await rememberPassword(trx, personId, prepared.replaces)
  // Made for, or begun with, the password that is gone.
  await trx.deleteFrom('one_time_link').where('person_id', '=', personId).execute()
  await trx
    .deleteFrom('sign_in_progress')
    .where('person_id', '=', personId)
    .where('interaction_hash', '<>', change.keepProgress ?? '')
    .execute()
  const sessionsEnded = await endSessions(trx, {
    personId,
    reason: 'password_changed',
    actor,
    except: change.keepSessionUid,
    ip: change.ip,
  })
  await audit(trx, {
    actor,
    action: reason === 'first' ? 'password.first_set' : 'password.changed',
    target: { type: 'person', id: personId },
    outcome: 'success',
    detail: { reason, sessionsEnded },
    ...(change.ip ? { ip: change.ip } : {}),
  })
  if (reason !== 'first')
    await queueMail(trx, { personId, kind: 'password_changed', values: change.ip ? { ip: change.ip } : {} })
  return { kind: 'changed', sessionsEnded }
}
