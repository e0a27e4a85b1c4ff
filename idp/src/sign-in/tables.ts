import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { Actor } from '../directory/tables.ts'

type Time = ColumnType<Date, Date | string, Date | string>
type DefaultTime = ColumnType<Date, Date | string | undefined, Date | string>
type OptionalTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>

/** A TOTP device or a passkey of a person. */
export type FactorTable = {
  id: string
  person_id: string
  kind: 'totp' | 'passkey'
  name: string
  secret_sealed: string | null
  credential_id: string | null
  credential: JSONColumnType<Record<string, unknown>> | null
  counter: Generated<number>
  created_at: DefaultTime
  last_used_at: OptionalTime
}

/** A factor being set up, or a challenge that waits for its answer. */
export type FactorChallengeTable = {
  id_hash: string
  purpose: 'totp_enrolment' | 'passkey_enrolment' | 'passkey_sign_in'
  person_id: string | null
  secret_sealed: string
  expires_at: Time
}

/** A recovery code, hashed. */
export type RecoveryCodeTable = { person_id: string; code_hash: string; made_at: DefaultTime; used_at: OptionalTime }

/** A browser in which a person has signed in before. */
export type KnownDeviceTable = {
  person_id: string
  device_hash: string
  id: Generated<string>
  user_agent: string
  ip: string
  first_seen_at: Time
  last_seen_at: Time
  factor_at: OptionalTime
}

/** How far a sign-in of several steps has come. */
export type SignInProgressTable = {
  interaction_hash: string
  person_id: string
  methods: string[]
  remember: Generated<boolean>
  detail: ColumnType<Record<string, unknown>, string | undefined, string>
  failures: Generated<number>
  started_at: Time
  expires_at: Time
}

/** A password somebody had before. */
export type PasswordHistoryTable = { id: Generated<number>; person_id: string; hash: string; replaced_at: DefaultTime }

/** The one row of what the company asks of a sign-in. */
export type SignInPolicyTable = {
  id: Generated<number>
  revision: Generated<number>
  policy: ColumnType<Record<string, unknown>, string | undefined, string>
  updated_at: DefaultTime
  updated_by: JSONColumnType<Actor> | null
}

/** A mail to a person; `content_sealed` holds text and HTML as JSON. */
export type MailTable = {
  id: Generated<string>
  person_id: string | null
  recipient: string
  kind: string
  language: string
  subject: string
  content_sealed: string
  state: Generated<'queued' | 'sent' | 'failed' | 'kept'>
  error: string | null
  created_at: DefaultTime
  sent_at: OptionalTime
}

/** How often a link was asked for, per address and per account, until the count begins anew. */
export type ResetThrottleTable = { subject: string; requests: number; until: Time }

/** A link that works once. */
export type OneTimeLinkTable = {
  secret_hash: string
  person_id: string
  expires_at: Time
  purpose: Generated<'first_password' | 'password_reset'>
  created_at: DefaultTime
}

/** The tables of sign-in. */
export type SignInTables = {
  factor: FactorTable
  factor_challenge: FactorChallengeTable
  recovery_code: RecoveryCodeTable
  known_device: KnownDeviceTable
  sign_in_progress: SignInProgressTable
  password_history: PasswordHistoryTable
  sign_in_policy: SignInPolicyTable
  mail: MailTable
  one_time_link: OneTimeLinkTable
  reset_throttle: ResetThrottleTable
}
