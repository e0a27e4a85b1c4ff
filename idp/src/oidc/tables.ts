import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { Actor } from '../directory/tables.ts'

/** A text in both languages. */
export type Text = { zh: string; en: string }

/** A right of a system's own, with the data scope it usually carries. */
export type NativeRole = { id: string; name: Text; scope: string }

/** Where accounts and roles are pushed: a SCIM 2.0 service and the audience of the token it wants. */
export type ProvisioningTarget = { scimUrl: string; audience: string }

type Time = ColumnType<Date, Date | string, Date | string>
type OptionalTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>

/** A registered business application, which is also an OpenID Connect client and a resource. */
export type ApplicationTable = {
  id: string
  name: JSONColumnType<Text>
  url: string
  protocol: string
  /** Absent where the application proves itself by a key, or not at all. */
  secret_sealed: string | null
  redirect_uris: string[]
  post_logout_redirect_uris: string[]
  backchannel_logout_uri: string | null
  native_roles: JSONColumnType<NativeRole[]>
  provisioning: JSONColumnType<ProvisioningTarget> | null
  /** Client metadata (RFC 7591) that differs from the usual: keys, DPoP, PAR, device flow. */
  client_metadata: ColumnType<Record<string, unknown>, string | undefined, string>
  /** Counts the changes of what administrators see of it. */
  revision: Generated<number>
  created_at: ColumnType<Date, Date | string | undefined, never>
  updated_at: ColumnType<Date, Date | string | undefined, Date | string>
  /** Absent where no administrator has changed it since it was imported. */
  updated_by: JSONColumnType<Actor> | null
}

/** What oidc-provider stores, found by the SHA-256 of its id. */
export type OidcModelTable = {
  model: string
  id_hash: string
  payload: JSONColumnType<Record<string, unknown>>
  grant_id: string | null
  uid: string | null
  account_id: string | null
  consumed_at: OptionalTime
  expires_at: Time
  /** From where and with what a session began. */
  device: ColumnType<SessionDevice | null, string | null | undefined, string | null>
}

/** Where a session began: address, the browser's own description, the hash of its device cookie (`known_device.device_hash`). */
export type SessionDevice = { ip: string; userAgent: string; deviceHash?: string; startedAt: string }

/** The answer to a refresh, for those who asked with the same token a moment later. */
export type RefreshReplayTable = { key_hash: string; sealed: string; expires_at: Time }

/** A key that signs or once signed tokens. */
export type SigningKeyTable = {
  kid: string
  alg: string
  private_sealed: string
  public_jwk: JSONColumnType<Record<string, unknown>>
  created_at: ColumnType<Date, Date | string | undefined, Date | string>
  /** When every replica was seen to publish it, when it began and ceased to sign, until when it verifies (`keys.ts`). */
  published_at: OptionalTime
  active_from: OptionalTime
  retired_at: OptionalTime
  verifies_until: OptionalTime
}

/** A signing key that was taken back (`key-revocation.ts`). */
export type RevokedKeyTable = {
  kid: string
  alg: string
  created_at: Time
  active_from: OptionalTime
  revoked_at: ColumnType<Date, Date | string | undefined, Date | string>
}

/** Which keys a running replica publishes. */
export type KeyReplicaTable = { id: string; kids: string[]; seen_at: Time }

/** Failed sign-ins of one account or one address. */
export type SignInThrottleTable = {
  kind: 'account' | 'address'
  subject: string
  failures: Generated<number>
  not_before: OptionalTime
  locked_until: OptionalTime
  last_at: Time
}

/** A client that registered itself; its secret lies apart, sealed. */
export type RegisteredClientTable = {
  id: string
  metadata: JSONColumnType<Record<string, unknown>>
  secret_sealed: string | null
  created_at: ColumnType<Date, Date | string | undefined, Date | string>
  updated_at: ColumnType<Date, Date | string | undefined, Date | string>
}

/** The code a person types for a device, hashed, and the device's own, sealed. */
export type DeviceUserCodeTable = { code_hash: string; device_code_sealed: string; expires_at: Time }

/** When a device last asked for its tokens, and how long it has to wait between two questions. */
export type DevicePollTable = {
  code_hash: string
  polled_at: OptionalTime
  interval_seconds: Generated<number>
  expires_at: Time
}

/** Wrong device codes typed from one address. */
export type UserCodeGuessTable = { address: string; failures: number; since: Time }

/** An access token that its client gave back. */
export type RevokedAccessTokenTable = { jti_hash: string; expires_at: Time }

/** The tables of sign-in and OpenID Connect. */
export type OidcTables = {
  application: ApplicationTable
  oidc_model: OidcModelTable
  refresh_replay: RefreshReplayTable
  registered_client: RegisteredClientTable
  device_user_code: DeviceUserCodeTable
  device_poll: DevicePollTable
  user_code_guess: UserCodeGuessTable
  revoked_access_token: RevokedAccessTokenTable
  signing_key: SigningKeyTable
  revoked_key: RevokedKeyTable
  key_replica: KeyReplicaTable
  sign_in_throttle: SignInThrottleTable
}
