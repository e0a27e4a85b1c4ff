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
import { type Kysely, sql } from '@atrium/platform/database'
import { sha256 } from '@atrium/platform/secrets'
import type { Schema } from '../database/schema.ts'

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

/** Counts an attempt in advance and says whether it may be made. */
export async function admitAttempt(db: Kysely<Schema>, attempt: { username: string; ip: string }): Promise<Admission> {
  const address = await reserve(db, 'address', attempt.ip)
  if (!address.admitted) return address
  return await reserve(db, 'account', accountKey(attempt.username))
}

/** Takes the count back after a success. */
export async function attemptSucceeded(db: Kysely<Schema>, attempt: { username: string; ip: string }): Promise<void> {
  await sql`
    with account as (delete from sign_in_throttle where kind = 'account' and subject = ${accountKey(attempt.username)})
    update sign_in_throttle set failures = greatest(failures - 1, 0), not_before = null, locked_until = null
    where kind = 'address' and subject = ${attempt.ip}`.execute(db)
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

async function reserve(db: Kysely<Schema>, kind: Kind, subject: string): Promise<Admission> {
  const { free, lockAfter, windowSeconds, lockSeconds } = throttleRules[kind]
  const at = now()
  const { rows } = await sql<{ locked_until: Date | null }>`
    insert into sign_in_throttle as t (kind, subject, failures, last_at) values (${kind}, ${subject}, 1, ${at})
    on conflict (kind, subject) do update set (failures, not_before, locked_until, last_at) = (
      select n,
        case when n >= ${free} then ${at}::timestamptz + make_interval(secs => least(60, power(2, n - ${free}))) end,
        case when n >= ${lockAfter} then ${at}::timestamptz + make_interval(secs => ${lockSeconds}) end,
        ${at}::timestamptz
      from (select case when t.locked_until is not null or t.last_at < ${at}::timestamptz - make_interval(secs => ${windowSeconds})
        then 1 else t.failures + 1 end as n) as next)
    where (t.locked_until is null or t.locked_until <= ${at}) and (t.not_before is null or t.not_before <= ${at})
    returning locked_until`.execute(db)
  const row = rows[0]
  if (row) return { admitted: true, ...(row.locked_until ? { lockedBy: { seconds: lockSeconds } } : {}) }
  return await refusal(db, kind, subject, at)
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
  return sha256(username.trim().toLowerCase())
}
