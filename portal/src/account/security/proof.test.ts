import { describe, expect, it } from 'vitest'
import { IdpProblem } from '../../app/idp-api.ts'
import type { Account } from '../answers.ts'
import { proofAsked, proofNeeded } from './proof.ts'

const signedInAt = Date.parse('2026-11-23T09:00:00Z')
const minute = 60_000

function account(acr: string, factors: Partial<Account['factors']> = {}): Account {
  return {
    factors: { totp: 0, passkeys: 0, recoveryCodesLeft: 0, ...factors },
    session: { acr, authTime: '2026-11-23T09:00:00Z' },
  } as Account
}

describe('the proof before a change of how one signs in', () => {
  it('is none shortly after the sign-in', () => {
    expect(proofNeeded(account('1'), signedInAt + 11 * minute)).toBeUndefined()
    expect(proofNeeded(account('2', { totp: 1 }), signedInAt + 11 * minute)).toBeUndefined()
  })

  it('is the password again when the sign-in is too long ago', () => {
    expect(proofNeeded(account('1'), signedInAt + 13 * minute)).toEqual({ acr: '1', maxAgeSeconds: 720 })
  })

  it('is the second factor for whoever has one and signed in without', () => {
    expect(proofNeeded(account('1', { passkeys: 1 }), signedInAt)).toEqual({ acr: '2', maxAgeSeconds: 720 })
  })

  it('is what idp names when it refuses', () => {
    const refusal = new IdpProblem(403, 'reauthentication_required', '', { acr: '2', maxAge: 900 })
    expect(proofAsked(refusal)).toEqual({ acr: '2', maxAgeSeconds: 900 })
    expect(proofAsked(new IdpProblem(403, 'person_only', ''))).toBeUndefined()
    expect(proofAsked(new IdpProblem(409, 'factor_required', ''))).toBeUndefined()
  })
})
