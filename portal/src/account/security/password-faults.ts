import type { IdpProblem } from '../../app/idp-api.ts'

/** What is wrong with a new password, in idp's words, which are in the reader's language; empty when it was refused for something else. */
export function faultsOf({ code, extra }: IdpProblem): string[] {
  if (code !== 'password_refused' || !Array.isArray(extra.faults)) return []
  return extra.faults.flatMap((fault: { detail?: unknown }) => (typeof fault.detail === 'string' ? [fault.detail] : []))
}
