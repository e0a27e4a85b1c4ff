import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { Actor } from '../directory/tables.ts'
import type { Text } from '../oidc/tables.ts'

type Time = ColumnType<Date, Date | string, Date | string>
type OptionalTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>

/** Sign-ins to a client on one day. */
export type ApplicationUseTable = { client_id: string; day: string; sign_ins: number }

/** Live sessions by client, as they were counted last. */
export type ApplicationSessionsTable = {
  id: Generated<number>
  counted_at: Time
  counts: ColumnType<Record<string, number>, string, string>
}

/** A sign-in that an administrator tries out. */
export type SignInTestTable = {
  id: Generated<string>
  application: string
  secret_hash: string
  browser_hash: string | null
  state: Generated<'waiting' | 'exchanging' | 'confirming' | 'done' | 'failed'>
  started_by: JSONColumnType<Actor>
  checks_sealed: string
  result_sealed: string | null
  error: ColumnType<Text | null, string | null | undefined, string | null>
  created_at: ColumnType<Date, Date | string | undefined, Date | string>
  expires_at: Time
  finished_at: OptionalTime
}

/** The tables of applications, besides their own. */
export type ApplicationTables = {
  application_use: ApplicationUseTable
  application_sessions: ApplicationSessionsTable
  sign_in_test: SignInTestTable
}
