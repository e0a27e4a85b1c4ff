import type { IdpProblem } from '../../app/idp-api.ts'
import type { Proof } from '../../app/session.ts'
import type { Account } from '../answers.ts'

// Below the quarter of an hour that idp allows, so that a form which opens now can still be filled in.
const freshSeconds = 12 * 60

/**
 * The proof that idp will ask for before it changes how this person signs in; undefined when the last one will do. It is only
 * asked in advance to spare the person a form that would be refused: idp decides.
 */
export function proofNeeded(account: Account, now = Date.now()): Proof | undefined {
  const acr = account.factors.totp + account.factors.passkeys > 0 ? '2' : '1'
  const ageSeconds = (now - Date.parse(account.session.authTime)) / 1000
  if (account.session.acr >= acr && ageSeconds <= freshSeconds) return undefined
  return { acr, maxAgeSeconds: freshSeconds }
}

/** The proof that a refusal asks for; undefined when it is another refusal. */
export function proofAsked(problem: IdpProblem): Proof | undefined {
  if (problem.status !== 403 || problem.code !== 'reauthentication_required') return undefined
  const { acr, maxAge } = problem.extra
  return { acr: acr === '2' ? '2' : '1', maxAgeSeconds: typeof maxAge === 'number' ? maxAge : freshSeconds }
}
