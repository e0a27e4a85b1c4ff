import type { Actor, System, Text } from '../answers.ts'

export const kinds = ['web', 'browser', 'machine', 'device', 'legacy_implicit'] as const
/** What the other side is. */
export type Kind = (typeof kinds)[number]

export type Authentication = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'none'
export type IdTokenAlg = 'ES256' | 'RS256'

/** A line of the list. */
export type ApplicationRow = System & {
  url: string
  provisioned: boolean
  kind: Kind
  signIns30d: number
  liveSessions: number
}

/** What an administrator says of an application. */
export type ApplicationInput = {
  name: Text
  url: string
  kind: Kind
  authentication: Authentication
  redirectUris: string[]
  postLogoutRedirectUris: string[]
  backchannelLogoutUri: string | null
  jwksUri: string | null
  jwks: Record<string, unknown> | null
  dpop: boolean
  par: boolean
  idTokenAlg: IdTokenAlg
}

export type Application = ApplicationInput & {
  id: string
  signIns30d: number
  liveSessions: number
  revision: number
  createdAt: string
  updatedAt: string
  /** null: no administrator changed it since it was imported */
  updatedBy: Actor | null
  /** what may be, yet should not stay */
  warnings: Text[]
}

/** `secret` is shown this once. */
export type Created = { application: Application; secret: string | null }

/** Finished settings for one kind of software on the other side; the secret is a placeholder. */
export type Settings = { target: string; title: Text; language: string; text: string }

type Claims = Record<string, unknown>

/** How a sign-in by the test button went. */
export type TestResult = {
  state: 'waiting' | 'done' | 'failed'
  error: Text | null
  person: { id: string; name: Text } | null
  idTokenClaims: Claims | null
  accessTokenClaims: Claims | null
  userinfo: Claims | null
  finishedAt: string | null
}
