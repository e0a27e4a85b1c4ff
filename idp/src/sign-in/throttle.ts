/**
 * Guessing passwords becomes slow, then impossible for a while, per account and per address.
 *
 *   free ──`free` failures──► slow: each further attempt waits 1, 2, 4 … 60 s ──`lockAfter` failures──► locked
 *    ▲                                                                                                    │
 *    └────────────── a success, an unlock, `windowSeconds` without failure, or the end of the lock ────────┘
 *
 * An attempt is counted as a failure before the password is looked at, by one conditional upsert, and taken back when it
 * was right. So a hundred guesses sent at the same moment get no more tries than a hundred sent one after the other. Unknown
 * names are counted like known ones: the answer never tells which exist. An attempt during a wait is not looked at and not
 * counted, else a double click would lock its own account.
 */
import { now } from '@atrium/platform/clock'
import { execute, type Kysely } from '@atrium/platform/database'
import { sha256 } from '@atrium/platform/secrets'
import type { Schema } from '../database/schema.ts'
import type { RowKey, StoredRow } from '../oidc/request-work.ts'
import { type StandingRow, standingSql } from './steps/standing.ts'

type Rule = { free: number; lockAfter: number; windowSeconds: number; lockSeconds: number }
type Kind = 'account' | 'address'

/** An address may be a whole office behind one router, so it gets far more attempts than an account. */
export const throttleRules: Record<Kind, Rule> = {
  account: { free: 3, lockAfter: 8, windowSeconds: 86_400, lockSeconds: 900 },
  address: { free: 30, lockAfter: 100, windowSeconds: 900, lockSeconds: 900 },
}

/** Whether an attempt may be looked at. `lockedBy` says that this very attempt, should it fail, locks the account. */
export type Admission =
  | { admitted: true; lockedBy?: { seconds: number } }
  | { admitted: false; locked: boolean; seconds: number }

/** Who wants to sign in, and from where; `deviceHash` names the browser. */
type Attempt = { username: string; ip: string; deviceHash?: string }

/** What came of counting an attempt, and everything that decides which steps the account's sign-in has. */
export type Admitted = { admission: Admission; account: StandingRow | undefined }

type Counted = { address: number; counted: number; locked: boolean; account: StandingRow | null }

/**
 * Counts an attempt in advance, for the address and then for the account, and says whether it may be made. The account itself
 * comes with the same statement.
 */
export async function admitAttempt(db: Kysely<Schema>, attempt: Attempt): Promise<Admitted> {
  const at = now()
  const { rows } = await execute<Counted>(db, admitSql, valuesOf(attempt, at))
  return await admittedBy(db, attempt, at, rows[0])
}

/**
 * The same for an attempt in a sign-in that is read with the same statement. When there is no such sign-in, nothing is counted.
 * @returns undefined then
 */
export async function admitWithin(
  db: Kysely<Schema>,
  attempt: Attempt,
  interaction: RowKey,
): Promise<(Admitted & { row: StoredRow }) | undefined> {
  const at = now()
  const values = [...valuesOf(attempt, at), interaction.model, interaction.id_hash, new Date()]
  const { rows } = await execute<Counted & { payload: StoredRow['payload'] | null }>(db, admitWithinSql, values)
  const payload = rows[0]?.payload
  if (!payload) return undefined
  return { ...(await admittedBy(db, attempt, at, rows[0])), row: { payload, consumed_at: null } }
}

function valuesOf(attempt: Attempt, at: Date): unknown[] {
  return [attempt.ip, accountKey(attempt.username), at, plain(attempt.username), attempt.deviceHash ?? '']
}

async function admittedBy(db: Kysely<Schema>, attempt: Attempt, at: Date, row: Counted | undefined): Promise<Admitted> {
  const subject = accountKey(attempt.username)
  const account = row?.account ?? undefined
  if (!row?.address) return { admission: await refusal(db, 'address', attempt.ip, at), account }
  if (!row.counted) return { admission: await refusal(db, 'account', subject, at), account }
  const lockedBy = row.locked ? { lockedBy: { seconds: throttleRules.account.lockSeconds } } : {}
  return { admission: { admitted: true, ...lockedBy }, account }
}

/** Takes the count back after an attempt that was not a wrong guess. */
export async function takeBack(db: Kysely<Schema>, attempt: Attempt): Promise<void> {
  await execute(db, `with ${takeBackSql(1)} select 1 from account`, takeBackValues(attempt))
}

/** SQL that does so as part of a larger statement: two members of a `with`. @param first the number of its first parameter */
export function takeBackSql(first: number): string {
  return `address as (
      update sign_in_throttle set failures = greatest(failures - 1, 0), not_before = null, locked_until = null
      where kind = 'address' and subject = $${first} returning 1),
    account as (
      delete from sign_in_throttle
      where kind = 'account' and subject = $${first + 1} and (select count(*) from address) >= 0 returning 1)`
}

/** The same for an attempt that was right but is not the last of its sign-in: the account keeps its earlier failures. */
export function takeBackOneSql(first: number): string {
  const one = 'set failures = greatest(failures - 1, 0), not_before = null, locked_until = null'
  return `address as (
      update sign_in_throttle ${one} where kind = 'address' and subject = $${first} returning 1),
    account as (
      update sign_in_throttle ${one}
      where kind = 'account' and subject = $${first + 1} and (select count(*) from address) >= 0 returning 1)`
}

/** The two parameters of `takeBackSql` and `takeBackOneSql`. */
export function takeBackValues(attempt: Attempt): string[] {
  return [attempt.ip, accountKey(attempt.username)]
}

// Nobody waits for the disk: before any answer leaves, the record of the attempt is committed, and what was committed before it is
// on the disk then too.
const counted = `set_config('synchronous_commit', 'off', true) as relaxed, (select count(*) from address)::int as address, (select count(*) from account)::int as counted,
    exists (select 1 from account where locked_until is not null) as locked, ${standingSql('lower(p.username) = $4', '$5')} as account`

// Counting and taking back lock the address before the account, else two attempts could wait for one another.
const accountSql = `account as (${reserveSql('account', "select 'account', $2, 1, $3::timestamptz from address")})`
const admitSql = `
  with address as (${reserveSql('address', "values ('address', $1, 1, $3::timestamptz)")}), ${accountSql} select ${counted}`
const admitWithinSql = `
  with found as (select payload from oidc_model where model = $6 and id_hash = $7 and expires_at > $8),
    address as (${reserveSql('address', "select 'address', $1, 1, $3::timestamptz from found")}), ${accountSql}
  select (select payload from found) as payload, ${counted}`

/** SQL that counts one attempt, unless its account or address is waiting or locked: then it gives no row. $3 is now. */
function reserveSql(kind: Kind, first: string): string {
  const { free, lockAfter, windowSeconds, lockSeconds } = throttleRules[kind]
  return `
    insert into sign_in_throttle as t (kind, subject, failures, last_at) ${first}
    on conflict (kind, subject) do update set (failures, not_before, locked_until, last_at) = (
      select n,
        case when n >= ${free} then $3::timestamptz + make_interval(secs => least(60, power(2, n - ${free}))) end,
        case when n >= ${lockAfter} then $3::timestamptz + interval '${lockSeconds} seconds' end,
        $3::timestamptz
      from (select case when t.locked_until is not null or t.last_at < $3::timestamptz - interval '${windowSeconds} seconds'
        then 1 else t.failures + 1 end as n) as next)
    where (t.locked_until is null or t.locked_until <= $3) and (t.not_before is null or t.not_before <= $3)
    returning locked_until`
}

/** Whether wrong passwords have locked this account at this moment. */
export async function isAccountLocked(db: Kysely<Schema>, username: string): Promise<boolean> {
  const row = await db
    .selectFrom('sign_in_throttle')
    .select('locked_until')
    .where('kind', '=', 'account')
    .where('subject', '=', accountKey(username))
    .executeTakeFirst()
  return row?.locked_until != null && row.locked_until > now()
}

/** Lets an account try again at once. For administrators. @returns whether it was slowed or locked */
export async function unlockAccount(db: Kysely<Schema>, username: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('sign_in_throttle')
    .where('kind', '=', 'account')
    .where('subject', '=', accountKey(username))
    .executeTakeFirst()
  return numDeletedRows > 0n
}

async function refusal(db: Kysely<Schema>, kind: Kind, subject: string, at: Date): Promise<Admission> {
  const row = await db
    .selectFrom('sign_in_throttle')
    .select(['not_before', 'locked_until'])
    .where('kind', '=', kind)
    .where('subject', '=', subject)
    .executeTakeFirst()
  const locked = Boolean(row?.locked_until && row.locked_until > at)
  const until = (locked ? row?.locked_until : row?.not_before) ?? at
  return { admitted: false, locked, seconds: Math.max(1, Math.ceil((until.getTime() - at.getTime()) / 1000)) }
}

/** Hashed, because people sometimes type their password into this field. */
function accountKey(username: string): string {
  return sha256(plain(username))
}

function plain(username: string): string {
  return username.trim().toLowerCase()
}
