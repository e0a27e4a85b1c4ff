import { now } from '@atrium/platform/clock'
import type { Kysely } from '@atrium/platform/database'
import { sha256 } from '@atrium/platform/secrets'
import { CompiledQuery, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import type { Method } from './methods.ts'
import { type Standing, type StandingRow, standingOf, standingSql } from './standing.ts'

/** After so many wrong codes a sign-in begins anew, with the password. */
export const mostFailures = 5

// As long as somebody may look for their telephone, or install an application on it.
const minutes = 30

/** How far one interaction has come. */
export type Progress = {
  personId: string
  methods: Method[]
  remember: boolean
  failures: number
  detail: ProgressDetail
}

/** What single steps keep until the next one; secrets are sealed. */
export type ProgressDetail = {
  /** Only a level is missing in a session that began at this moment (seconds since 1970). */
  stepUp?: { loginTs: number }
  /** The TOTP secret that is being set up. */
  totp?: string
  /** Recovery codes that wait to be read. */
  codes?: string
}

type Row = {
  person_id: string
  methods: Method[]
  remember: boolean
  failures: number
  detail: ProgressDetail
}

const readSql = `
  select g.person_id, g.methods, g.remember, g.failures, g.detail, ${standingSql('p.id = coalesce($2, g.person_id)', '$3')} as standing
  from (values (1)) as one left join sign_in_progress g on g.interaction_hash = $1 and g.expires_at > $4`

/** How far an interaction has come, and the standing of its person, or of `personId` when somebody has proved to be that one. */
export async function readProgress(
  db: Kysely<Schema>,
  of: { uid: string; deviceHash: string; personId?: string },
): Promise<{ progress: Progress | undefined; standing: Standing | undefined }> {
  const { rows } = await db.executeQuery<(Row | { [K in keyof Row]: null }) & { standing: StandingRow | null }>(
    CompiledQuery.raw(readSql, [sha256(of.uid), of.personId ?? null, of.deviceHash, now()]),
  )
  const row = rows[0]
  const progress = row && row.person_id !== null ? { ...row, personId: row.person_id } : undefined
  return { progress, standing: row?.standing ? standingOf(row.standing) : undefined }
}

/**
 * SQL that notes how far an interaction has come, whatever was noted before: one member of a `with`.
 * @param first the number of its first parameter; there are seven, `writeProgressValues`
 */
export function writeProgressSql(first: number): string {
  const [hash, person, methods, remember, detail, at, end] = [0, 1, 2, 3, 4, 5, 6].map(n => `$${first + n}`)
  return `progress as (
    insert into sign_in_progress (interaction_hash, person_id, methods, remember, detail, started_at, expires_at)
    values (${hash}, ${person}, ${methods}::text[], ${remember}::boolean, ${detail}::jsonb, ${at}::timestamptz, ${end}::timestamptz)
    on conflict (interaction_hash) do update set person_id = excluded.person_id, methods = excluded.methods,
      remember = excluded.remember, detail = excluded.detail, failures = 0, started_at = excluded.started_at,
      expires_at = excluded.expires_at
    returning 1)`
}

/** The seven parameters of `writeProgressSql`. */
export function writeProgressValues(uid: string, progress: Omit<Progress, 'failures'>): unknown[] {
  const at = now()
  const end = new Date(at.getTime() + minutes * 60_000)
  const { personId, methods, remember, detail } = progress
  return [sha256(uid), personId, methods, remember, JSON.stringify(detail), at, end]
}

/** SQL that forgets it when the sign-in is done: one member of a `with`, whose parameter is the SHA-256 of the interaction's uid. */
export function endProgressSql(n: number): string {
  return `ended as (delete from sign_in_progress where interaction_hash = $${n} returning 1)`
}

/** Counts a wrong code. @returns how many there have been */
export async function countFailure(db: Kysely<Schema>, uid: string): Promise<number> {
  const { rows } = await sql<{ failures: number }>`
    update sign_in_progress set failures = failures + 1 where interaction_hash = ${sha256(uid)} returning failures`.execute(
    db,
  )
  return rows[0]?.failures ?? mostFailures
}

/** Keeps what a step needs until its answer; what is kept already stays. @returns what is kept */
export async function keepDetail(
  db: Kysely<Schema>,
  uid: string,
  detail: ProgressDetail,
): Promise<ProgressDetail | undefined> {
  const { rows } = await sql<{ detail: ProgressDetail }>`
    update sign_in_progress set detail = ${JSON.stringify(detail)}::jsonb || detail
    where interaction_hash = ${sha256(uid)} returning detail`.execute(db)
  return rows[0]?.detail
}

/** Forgets the recovery codes that the person has read. */
export async function forgetCodes(db: Kysely<Schema>, uid: string): Promise<void> {
  await sql`update sign_in_progress set detail = detail - 'codes' where interaction_hash = ${sha256(uid)}`.execute(db)
}
