/** The account API's answers, as far as these pages show them; its OpenAPI document says all of them. */
export type Text = { zh: string; en: string }
export type Named = { id: string; name: Text }
export type FactorKind = 'totp' | 'passkey'
export type DeviceName = { name: Text; kind: 'desktop' | 'phone' | 'other' }

export type Account = {
  id: string
  username: string
  name: Text
  email: string
  phone: string | null
  locale: string | null
  department: Named
  position: Text
  lastSignIn: string | null
  password: { changedAt: string | null; expiresAt: string | null; minLength: number; history: number }
  factors: { totp: number; passkeys: number; recoveryCodesLeft: number }
  offered: FactorKind[]
  /** one of these the person must have; empty = none */
  required: FactorKind[]
  passkeyAlone: boolean
  session: { acr: string; authTime: string }
}

export type Factor = { id: string; kind: FactorKind; name: string; createdAt: string; lastUsedAt: string | null }
export type Factors = { items: Factor[]; recoveryCodes: { left: number; madeAt: string | null } }
/** What adding a factor answers; the recovery codes come with the first one. */
export type Added = { factor: Factor; recoveryCodes: string[] | null }

export type OwnSession = {
  id: string
  current: boolean
  device: DeviceName
  ip: string | null
  startedAt: string
  lastSeenAt: string
  expiresAt: string
  methods: string[]
  systems: Named[]
}

export type KnownDevice = {
  id: string
  current: boolean
  device: DeviceName
  firstSeenAt: string
  lastSeenAt: string
  ip: string
  trustedUntil: string | null
}

export type SignIn = {
  id: number
  at: string
  outcome: 'success' | 'refused'
  reason: string | null
  methods: string[]
  ip: string | null
  device: DeviceName | null
  application: Named
}
