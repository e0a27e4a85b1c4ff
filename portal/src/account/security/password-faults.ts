import type { IdpProblem } from '../../app/idp-api.ts'
import type { Text } from '../answers.ts'

/** What is wrong with a new password, all of it; empty when it was refused for something else. */
export function faultsOf({ code, extra }: IdpProblem): Text[] {
  if (code !== 'password_refused' || !Array.isArray(extra.faults)) return []
  return extra.faults.flatMap((fault: { detail?: Partial<Text> }) => {
    const { zh, en } = fault.detail ?? {}
    return typeof zh === 'string' && typeof en === 'string' ? [{ zh, en }] : []
  })
}
