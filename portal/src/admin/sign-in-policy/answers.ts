import type { Actor, Text } from '../answers.ts'

export const kinds = ['totp', 'passkey'] as const
export type Kind = (typeof kinds)[number]

/** What the company asks of a sign-in; idp's OpenAPI document says the limits. */
export type SignInPolicy = {
  password: {
    minLength: number
    maxAgeDays: number
    history: number
    refuseCommon: boolean
    refusePersonalData: boolean
    selfServiceReset: boolean
  }
  secondFactor: { offered: Kind[]; roles: { role: string; kinds: Kind[] }[]; askAgainDays: number }
  passkeyAlone: boolean
  oneSession: boolean
  newDeviceNotice: boolean
  branding: { name: Text | null; logo: string | null; colour: string | null }
}

/** Active people whom the next sign-in asks for something they do not have. */
export type Affected = { withoutFactor: number; passwordTooOld: number }

/** Why a policy could not be put in force. */
export type PolicyFault = { path: string; code: string; detail: Text }

export type PolicyPreview = { affected: Affected; faults: PolicyFault[] }

export type PolicyAnswer = {
  revision: number
  policy: SignInPolicy
  updatedAt: string
  updatedBy: Actor | null
  affected: Affected
}
