/**
 * The life of a figure's row:
 *
 *   due (due_at <= now) ──claim──► claimed (claim, locked_until; due_at = infinity) ──save or fail──► waiting (due_at = later)
 *        ▲                              │ the gateway died: locked_until passes                          │
 *        └──────────────────────────────┴──────────── touch: due_at = min(due_at, soon) ─────────────────┘
 *
 * A touch during a claim leaves a finite due_at, so the figure is read once more afterwards: the reading under way may
 * have begun before the change.
 */
import { createHash, randomUUID } from 'node:crypto'
import { type Kysely, type Selectable, sql } from 'kysely'
import type { KpiDefinition } from './definition.ts'
import type { KpiReading, TrendPoint } from './reading.ts'
import type { BoardTables, KpiValueTable } from './tables.ts'

/** Channel on which replicas are told that a figure has a new value or state. */
export const kpiChannel = 'atrium_kpi'

// Little more than a reading may take: a gateway that died leaves its figures unread no longer than this.
const claimSeconds = 18

export type KpiRow = Selectable<KpiValueTable>
export type Claim = { kpi: string; subject: string; owners: string[] | null; claim: string }

/** Which row holds a figure for these people; `''` for the whole company. */
export function subjectOf(owners: readonly string[] | null): string {
  return owners === null
    ? ''
    : createHash('sha256')
        .update([...owners].sort().join('\n'))
        .digest('base64url')
}

/** Makes sure each figure has a row; one whose definition changed loses its value and is due at once. */
export async function ensureRows(
  db: Kysely<BoardTables>,
  kpis: readonly KpiDefinition[],
  owners: readonly string[] | null,
): Promise<void> {
  const subject = subjectOf(owners)
  for (const kpi of kpis) {
    await sql`
      insert into kpi_value (kpi, subject, definition, owners) values (${kpi.id}, ${subject}, ${kpi.digest}, ${owners === null ? null : [...owners]})
      on conflict (kpi, subject) do update set definition = excluded.definition, reading = null, at = null, read_at = null, error_code = null,
        error_since = null, failures = 0, due_at = clock_timestamp()
      where kpi_value.definition <> excluded.definition`.execute(db)
  }
}

/** The rows of these figures, and that somebody looked at them; what is older than `freshSeconds` becomes due. */
export async function lookAt(
  db: Kysely<BoardTables>,
  kpis: readonly string[],
  subject: string,
  freshSeconds: number,
): Promise<KpiRow[]> {
  await sql`
    update kpi_value set looked_at = clock_timestamp(),
      due_at = case when coalesce(read_at, '-infinity') < clock_timestamp() - make_interval(secs => ${freshSeconds}) and failures = 0
        then least(due_at, clock_timestamp()) else due_at end
    where subject = ${subject} and kpi = any(${[...kpis]})
      and (looked_at < clock_timestamp() - interval '5 s'
        or coalesce(read_at, '-infinity') < clock_timestamp() - make_interval(secs => ${freshSeconds}))`.execute(db)
  return await readRows(db, kpis, subject)
}

/** The rows of these figures. */
export async function readRows(db: Kysely<BoardTables>, kpis: readonly string[], subject: string): Promise<KpiRow[]> {
  return await db
    .selectFrom('kpi_value')
    .selectAll()
    .where('subject', '=', subject)
    .where('kpi', 'in', [...kpis, ''])
    .execute()
}

/** Something happened to these figures: they are read again `ms` from now, together with whatever else happens until then. */
export async function touch(db: Kysely<BoardTables>, kpis: readonly string[], ms: number): Promise<void> {
  if (kpis.length === 0) return
  await sql`
    update kpi_value set due_at = clock_timestamp() + make_interval(secs => ${ms / 1000})
    where kpi = any(${[...kpis]}) and due_at > clock_timestamp() + make_interval(secs => ${ms / 1000})
      and (subject = '' or looked_at > clock_timestamp() - interval '15 min')`.execute(db)
}

/** One figure of a system could not be read: those that still pass for live are read at once, to say so too or to stay. */
export async function doubt(db: Kysely<BoardTables>, kpis: readonly string[]): Promise<void> {
  await sql`
    update kpi_value set due_at = clock_timestamp()
    where kpi = any(${[...kpis]}) and error_code is null and locked_until is null and due_at > clock_timestamp()
      and (subject = '' or looked_at > clock_timestamp() - interval '15 min')`.execute(db)
}

/** Takes figures that are due, or whose reader died, so that nobody else reads them meanwhile. */
export async function claimDue(db: Kysely<BoardTables>, known: readonly string[], limit: number): Promise<Claim[]> {
  const claim = randomUUID()
  const { rows } = await sql<Claim>`
    update kpi_value set claim = ${claim}, locked_until = clock_timestamp() + make_interval(secs => ${claimSeconds}), due_at = 'infinity'
    where (kpi, subject) in (
      select kpi, subject from kpi_value
      where kpi = any(${[...known]}) and (locked_until < clock_timestamp() or (locked_until is null and due_at <= clock_timestamp()))
      order by due_at limit ${limit} for update skip locked)
    returning kpi, subject, owners, claim`.execute(db)
  return rows
}

/** Writes what was read and tells all replicas. Does nothing when the claim was lost. */
export async function saveReading(
  db: Kysely<BoardTables>,
  claim: Claim,
  kpi: KpiDefinition,
  reading: KpiReading,
  at: Date,
  day: string,
): Promise<void> {
  await db.transaction().execute(async trx => {
    const { rows } = await sql`
      update kpi_value set reading = ${JSON.stringify(reading)}::jsonb, at = ${at}, read_at = clock_timestamp(), definition = ${kpi.digest}, error_code = null,
        error_since = null, failures = 0, claim = null, locked_until = null, due_at = ${next(kpi.everySeconds, claim)}
      where kpi = ${claim.kpi} and subject = ${claim.subject} and claim = ${claim.claim} returning kpi`.execute(trx)
    if (rows.length === 0) return
    if (reading.value !== null && kpi.trend && 'recorded' in kpi.trend) {
      await sql`
        insert into kpi_history (kpi, subject, day, value) values (${claim.kpi}, ${claim.subject}, ${day}, ${reading.value})
        on conflict (kpi, subject, day) do update set value = excluded.value`.execute(trx)
    }
    await sql`select pg_notify(${kpiChannel}, ${`${claim.kpi} ${claim.subject}`})`.execute(trx)
  })
}

/** Keeps the last value and says why there is no newer one; true when that is news. The next try comes sooner than the usual interval. */
export async function saveFailure(
  db: Kysely<BoardTables>,
  claim: Claim,
  kpi: KpiDefinition,
  code: string,
): Promise<boolean> {
  return await db.transaction().execute(async trx => {
    const { rows } = await sql<{ fresh: boolean }>`
      update kpi_value v set error_code = ${code}, error_since = coalesce(v.error_since, clock_timestamp()), failures = v.failures + 1,
        claim = null, locked_until = null,
        due_at = least(v.due_at, clock_timestamp() + make_interval(secs => least(${kpi.everySeconds}, 2 * (2 ^ least(v.failures, 2))::integer)))
      from (select kpi, subject, error_code from kpi_value where kpi = ${claim.kpi} and subject = ${claim.subject} and claim = ${claim.claim} for update) old
      where v.kpi = old.kpi and v.subject = old.subject
      returning old.error_code is distinct from ${code} as fresh`.execute(trx)
    // A failure that goes on is no news.
    const fresh = rows[0]?.fresh === true
    if (fresh) await sql`select pg_notify(${kpiChannel}, ${`${claim.kpi} ${claim.subject}`})`.execute(trx)
    return fresh
  })
}

/** The recorded values of a figure, oldest first. */
export async function readHistory(
  db: Kysely<BoardTables>,
  kpi: string,
  subject: string,
  days: number,
): Promise<TrendPoint[]> {
  const { rows } = await sql<{ key: string; value: string }>`
    select to_char(day, 'YYYY-MM-DD') as key, trim_scale(value)::text as value from (
      select day, value from kpi_history where kpi = ${kpi} and subject = ${subject} order by day desc limit ${days}) latest
    order by day`.execute(db)
  return rows.map(row => ({ ...row, previous: null, target: null }))
}

function next(everySeconds: number, claim: Claim) {
  const later = sql<Date>`clock_timestamp() + make_interval(secs => ${everySeconds})`
  return claim.subject === ''
    ? sql<Date>`least(due_at, ${later})`
    : sql<Date>`least(due_at, case when looked_at > clock_timestamp() - interval '15 min' then ${later} else 'infinity' end)`
}
