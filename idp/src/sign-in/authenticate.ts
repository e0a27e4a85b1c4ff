import { type AuditEntry, audit } from '@atrium/platform/audit'
import type { Kysely } from '@atrium/platform/database'
import { Problem } from '@atrium/platform/problem'
import type { Schema } from '../database/schema.ts'
import { findAccountByUsername, setPasswordHash } from '../directory/accounts.ts'
import { hashPassword, needsRehash, verifyNothing, verifyPassword } from './password.ts'
import { type Admission, admitAttempt, attemptSucceeded } from './throttle.ts'

/** What came of an attempt to sign in. `wrong` never says what was wrong. */
export type SignInOutcome =
  | { kind: 'signed_in'; accountId: string }
  | { kind: 'wrong' }
  | { kind: 'wait'; seconds: number }
  | { kind: 'locked'; seconds: number }
  | { kind: 'busy' }

/** One attempt to sign in. */
export type Attempt = { username: string; password: string; ip: string; clientId: string }

type Found = Awaited<ReturnType<typeof findAccountByUsername>>

/** Checks a username and a password, under the limits for guessing, and records what happened. */
export async function authenticate(db: Kysely<Schema>, attempt: Attempt): Promise<SignInOutcome> {
  const admission = await admitAttempt(db, attempt)
  if (!admission.admitted) return await refused(db, attempt, admission)
  const account = await findAccountByUsername(db, attempt.username.trim())
  try {
    if (account?.passwordHash) {
      const right = await verifyPassword(account.passwordHash, attempt.password)
      if (right && account.active) return await signedIn(db, attempt, account)
    } else {
      await verifyNothing(attempt.password)
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    await attemptSucceeded(db, attempt)
    return { kind: 'busy' }
  }
  return await failed(db, attempt, account, admission)
}

async function signedIn(db: Kysely<Schema>, attempt: Attempt, account: NonNullable<Found>): Promise<SignInOutcome> {
  const renewed = needsRehash(account.passwordHash ?? '') ? await hashPassword(attempt.password) : undefined
  await attemptSucceeded(db, attempt)
  if (renewed) await setPasswordHash(db, account.id, renewed)
  await audit(db, { ...entry(attempt, account), action: 'sign_in.succeeded', outcome: 'success' })
  return { kind: 'signed_in', accountId: account.id }
}

async function failed(
  db: Kysely<Schema>,
  attempt: Attempt,
  account: Found,
  admission: Extract<Admission, { admitted: true }>,
): Promise<SignInOutcome> {
  const reason = account ? (account.active ? 'wrong_password' : 'inactive') : 'unknown_user'
  await audit(db, { ...entry(attempt, account, { reason }), action: 'sign_in.failed', outcome: 'refused' })
  if (!admission.lockedBy) return { kind: 'wrong' }
  await audit(db, { ...entry(attempt, account), action: 'sign_in.locked', outcome: 'refused' })
  return { kind: 'locked', seconds: admission.lockedBy.seconds }
}

async function refused(
  db: Kysely<Schema>,
  attempt: Attempt,
  admission: Extract<Admission, { admitted: false }>,
): Promise<SignInOutcome> {
  // Only the account by name: a locked attempt is recorded, but costs no hash.
  const account = await findAccountByUsername(db, attempt.username.trim())
  const reason = admission.locked ? 'locked' : 'too_soon'
  await audit(db, { ...entry(attempt, account, { reason }), action: 'sign_in.failed', outcome: 'refused' })
  return { kind: admission.locked ? 'locked' : 'wait', seconds: admission.seconds }
}

function entry(
  attempt: Attempt,
  account: Found,
  detail: Record<string, unknown> = {},
): Omit<AuditEntry, 'action' | 'outcome'> {
  // An unknown name is not recorded: it is often a password in the wrong field.
  const actor = account ? { id: account.id, name: account.name.zh } : { id: 'anonymous' }
  return {
    actor: { ...actor, kind: 'person' },
    target: { type: 'client', id: attempt.clientId },
    detail,
    ip: attempt.ip,
  }
}
