import { type AuditEntry, audit, auditSql, auditValues } from '@atrium/platform/audit'
import type { Kysely } from '@atrium/platform/database'
import { Problem } from '@atrium/platform/problem'
import type { Schema } from '../database/schema.ts'
import { type Account, setPasswordHash } from '../directory/accounts.ts'
import { AuthorizationWork, asAuthorizationWork } from '../oidc/request-work.ts'
import { flush, flushSql } from '../oidc/rows.ts'
import { hashPassword, needsRehash, verifyNothing, verifyPassword } from './password.ts'
import { type Admission, admitAttempt, takeBack, takeBackSql, takeBackValues } from './throttle.ts'

/** What came of an attempt to sign in. `wrong` never says what was wrong. */
export type SignInOutcome =
  | { kind: 'signed_in'; accountId: string }
  | { kind: 'wrong' }
  | { kind: 'wait'; seconds: number }
  | { kind: 'locked'; seconds: number }
  | { kind: 'busy' }

/** One attempt to sign in. */
export type Attempt = { username: string; password: string; ip: string; clientId: string }

type Found = Account | undefined

/**
 * Checks a username and a password, under the limits for guessing, and records what happened.
 * @param accept writes down that this person is signed in; it is stored together with the record of it, or not at all
 */
export async function authenticate(
  db: Kysely<Schema>,
  attempt: Attempt,
  accept: (accountId: string) => Promise<void> = async () => {},
): Promise<SignInOutcome> {
  const { admission, account } = await admitAttempt(db, attempt)
  if (!admission.admitted) return await refused(db, attempt, admission, account)
  try {
    if (account?.passwordHash) {
      const right = await verifyPassword(account.passwordHash, attempt.password)
      if (right && account.active) return await signedIn(db, attempt, account, accept)
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

async function signedIn(
  db: Kysely<Schema>,
  attempt: Attempt,
  account: Account,
  accept: (accountId: string) => Promise<void>,
): Promise<SignInOutcome> {
  const renewed = needsRehash(account.passwordHash ?? '') ? await hashPassword(attempt.password) : undefined
  if (renewed) await setPasswordHash(db, account.id, renewed)
  const work = new AuthorizationWork()
  await asAuthorizationWork(work, () => accept(account.id))
  const succeeded = { ...entry(attempt, account), action: 'sign_in.succeeded', outcome: 'success' as const }
  await flush(db, work, { sql: succeededSql, values: [...takeBackValues(attempt), ...auditValues(succeeded)] })
  return { kind: 'signed_in', accountId: account.id }
}

const succeededSql = flushSql(first => `${takeBackSql(first)}, noted as (${auditSql(first + 2)})`)

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
  account: Found,
): Promise<SignInOutcome> {
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
