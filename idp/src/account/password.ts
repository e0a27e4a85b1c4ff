import { audit } from '@atrium/platform/audit'
import { Problem } from '@atrium/platform/problem'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { verifyPassword } from '../sign-in/password.ts'
import { changePassword, describeFault, type PasswordFault } from '../sign-in/password-policy/password-policy.ts'
import { readSignInPolicy } from '../sign-in/policy.ts'
import { type Admission, admitAttempt, takeBack } from '../sign-in/throttle.ts'
import type { PersonCaller } from './caller.ts'

type Db = Kysely<Schema>

/**
 * Changes the caller's own password; their other sessions end. A wrong present password counts like one at the sign-in page: a stolen
 * token gives no more guesses than the page does.
 * @throws Problem 401 `wrong_password`, 422 `password_refused`, 429 `too_many_attempts` with Retry-After, 503 `busy`
 */
export async function changeOwnPassword(
  db: Db,
  caller: PersonCaller,
  { current, password }: { current: string; password: string },
): Promise<void> {
  const attempt = { username: caller.person.username, ip: caller.ip }
  const { admission, account } = await admitAttempt(db, attempt)
  if (!admission.admitted) throw tooMany(admission)
  const replaces = account?.passwordHash ?? ''
  const right = await orTakeBack(db, attempt, () => verifyPassword(replaces, current))
  if (!right) throw await wrongPassword(db, caller)
  await takeBack(db, attempt)
  const outcome = await changePassword(db, {
    personId: caller.person.id,
    plain: password,
    actor: caller.actor,
    ip: caller.ip,
    reason: 'changed',
    keepSessionUid: caller.session.uid,
    replaces,
  })
  if (outcome.kind === 'refused') throw await refused(db, outcome.faults)
  // Somebody else has just set another one: the present one is no longer what was typed.
  if (outcome.kind === 'stale') throw await wrongPassword(db, caller)
}

/** Too many who hash at once are no wrong guess. */
async function orTakeBack<T>(db: Db, attempt: { username: string; ip: string }, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    await takeBack(db, attempt)
    throw error
  }
}

async function wrongPassword(db: Db, { person, actor, ip }: PersonCaller): Promise<Problem> {
  await audit(db, {
    actor,
    action: 'password.change_refused',
    target: { type: 'person', id: person.id, name: person.name.zh },
    outcome: 'refused',
    detail: { reason: 'wrong_password' },
    ip,
  })
  return new Problem(401, 'wrong_password', { zh: '当前密码不对', en: 'The present password is not right' })
}

async function refused(db: Db, faults: PasswordFault[]): Promise<Problem> {
  const { policy } = await readSignInPolicy(db)
  const described = faults.map(code => ({ code, detail: describeFault(code, policy) }))
  const all = (language: 'zh' | 'en', between: string) => described.map(one => one.detail[language]).join(between)
  return new Problem(422, 'password_refused', { zh: all('zh', ''), en: all('en', ' ') }, { faults: described })
}

function tooMany({ locked, seconds }: Extract<Admission, { admitted: false }>): Problem {
  const detail = locked
    ? {
        zh: `连续输错太多次，请 ${Math.ceil(seconds / 60)} 分钟后再试`,
        en: `Too many wrong attempts: try again in ${Math.ceil(seconds / 60)} minutes`,
      }
    : { zh: `请 ${seconds} 秒后再试`, en: `Try again in ${seconds} seconds` }
  return new Problem(429, 'too_many_attempts', detail, { headers: { 'Retry-After': String(seconds) } })
}
