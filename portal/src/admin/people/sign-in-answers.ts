import type { Named, Text } from '../answers.ts'

type Device = { name: Text; kind: 'desktop' | 'phone' | 'other' }

export type Factor = {
  id: string
  kind: 'totp' | 'passkey'
  name: string
  createdAt: string
  lastUsedAt: string | null
}

export type SessionSeen = {
  id: string
  device: Device
  ip: string | null
  startedAt: string
  lastSeenAt: string
  systems: Named[]
}

/** How a person signs in; never a secret. */
export type PersonSignIn = {
  locked: boolean
  password: { set: boolean; changedAt: string | null; mustChange: boolean; expiresAt: string | null }
  factors: Factor[]
  recoveryCodesLeft: number
  /** one of these the person must have; empty = none */
  required: Factor['kind'][]
  sessions: SessionSeen[]
  devices: { id: string; device: Device; lastSeenAt: string; ip: string; trustedUntil: string | null }[]
}

export type ResetLink = { link: string; expiresAt: string; mailed: boolean }
