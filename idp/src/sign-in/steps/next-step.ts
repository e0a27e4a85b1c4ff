/**
 * A sign-in of several steps, each its own page below `/sign-in/:uid`:
 *
 *   password ──► factor ──► new-password ──► enrol ──► recovery-codes ──► done
 *   passkey alone ─────────────────────────────┘             (each only when it is due)
 *   session of level 1, level 2 asked ──► factor | enrol
 *
 * The factor comes before the new password: whoever has only stolen the old one must not be able to replace it.
 */
import type { Level, WantedLevel } from '../../oidc/acr.ts'
import type { Method } from './methods.ts'
import { levelOf } from './methods.ts'
import { isTrusted, missingKinds, passwordIsDue, type Standing, usableKinds } from './standing.ts'

/** A step that has a page of its own, named like its address. */
export type Step = 'factor' | 'new-password' | 'enrol' | 'recovery-codes'

/** How far a sign-in has come. */
export type Reached = {
  methods: Method[]
  /** Only a level is missing: the session itself is not in question, so nothing else is asked now. */
  stepUp: boolean
  /** New recovery codes wait to be read. */
  codesWait: boolean
}

/** The step that is due; undefined when the person is signed in. */
export function nextStep(standing: Standing, reached: Reached, wanted: WantedLevel | undefined): Step | undefined {
  const level: Level = levelOf(reached.methods)
  const missesLevel = wanted?.level === '2' && level === '1'
  if (level === '1' && usableKinds(standing).length > 0 && (missesLevel || !isTrusted(standing))) return 'factor'
  if (!reached.stepUp && reached.methods.includes('pwd') && passwordIsDue(standing)) return 'new-password'
  if (reached.codesWait) return 'recovery-codes'
  if (missesLevel && wanted.essential) return 'enrol'
  if (!reached.stepUp && missingKinds(standing).length > 0) return 'enrol'
  return undefined
}
