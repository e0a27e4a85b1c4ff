import { type AuditEntry, audit } from '@atrium/platform/audit'
import type { Kysely } from '@atrium/platform/database'
import { Problem } from '@atrium/platform/problem'
import type { Schema } from '../database/schema.ts'
import { renewPasswordHash } from '../directory/accounts.ts'
import { hashPassword, needsRehash, verifyNothing, verifyPassword } from './password.ts'
import { type Standing, type StandingRow, standingOf } from './steps/standing.ts'
import { type Admission, type Admitted, admitAttempt, takeBack } from './throttle.ts'

/**
 * What came of an attempt to sign in. `wrong` never says what was wrong. Who is `recognised` was counted in advance still: what
 * follows takes that back.
 */
export type SignInOutcome =
  | { kind: 'recognised'; standing: Standing }
  | { kind: 'wrong' }
  | { kind: 'wait'; seconds: number }
  | { kind: 'locked'; seconds: number }
  | { kind: 'busy' }

/** One attempt to sign in; `deviceHash` names the browser, `userAgent` describes it. */
export type Attempt = {
  username: string
  password: string
  ip: string
  clientId: string
  deviceHash?: string
  userAgent?: string
}

type Found = StandingRow | undefined

/**
 * Checks a username and a password, under the limits for guessing, and records what was refused.
 * @param admitted what came of counting the attempt, if it was counted
 */
export async function authenticate(db: Kysely<Schema>, attempt: Attempt, admitted?: Admitted): Promise<SignInOutcome> {
  const { admission, account } = admitted ?? (await admitAttempt(db, attempt))
  if (!admission.admitted) return await refused(db, attempt, admission, account)
  try {
    if (account?.passwordHash) {
      const right = await verifyPassword(account.passwordHash, attempt.password)
      if (right && account.active) return await recognised(db, attempt, account)
    } else {
      await verifyNothing(attempt.password)
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    await takeBack(db, attempt)
    return { kind: 'busy' }
  }
  return await failed(db, attempt, account, admission)
}

async function recognised(db: Kysely<Schema>, attempt: Attempt, account: StandingRow): Promise<SignInOutcome> {
  const from = account.passwordHash ?? ''
  if (needsRehash(from)) await renewPasswordHash(db, account.id, { from, to: await hashPassword(attempt.password) })
  return { kind: 'recognised', standing: standingOf(account) }
}

async function failed(
  db: Kysely<Schema>,
  attempt: Attempt,
  account: Found,
  admission: Extract<Admission, { admitted: true }>,
): Promise<SignInOutcome> {
  const reason = account ? (account.active ? 'wrong_password' : 'inactive') : 'unknown_user'
  await audit(db, { ...refusal(attempt, account, reason), action: 'sign_in.failed' })
  if (!admission.lockedBy) return { kind: 'wrong' }
  await audit(db, { ...refusal(attempt, account), action: 'sign_in.locked' })
  return { kind: 'locked', seconds: admission.lockedBy.seconds }
}

async function refused(
  db: Kysely<Schema>,
  attempt: Attempt,
  admission: Extract<Admission, { admitted: false }>,
  account: Found,
): Promise<SignInOutcome> {
  const reason = admission.locked ? 'locked' : 'too_soon'
  await audit(db, { ...refusal(attempt, account, reason), action: 'sign_in.failed' })
  return { kind: admission.locked ? 'locked' : 'wait', seconds: admission.seconds }
}

/** The record of an attempt that was refused, whatever it was made with. */
export function refusal(
  attempt: Pick<Attempt, 'clientId' | 'ip' | 'userAgent'>,
  account: Pick<StandingRow, 'id' | 'name'> | undefined,
  reason?: string,
): Omit<AuditEntry, 'action'> {
  // An unknown name is not recorded: it is often a password in the wrong field.
  const actor = account ? { id: account.id, name: account.name.zh } : { id: 'anonymous' }
  return {
    actor: { ...actor, kind: 'person' },
    target: { type: 'client', id: attempt.clientId },
    outcome: 'refused',
    detail: { ...(reason ? { reason } : {}), ...(attempt.userAgent ? { userAgent: attempt.userAgent } : {}) },
    ip: attempt.ip,
  }
}
