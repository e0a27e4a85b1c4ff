import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { QualityTables } from './tables.ts'

/** What one rule found in one field of one type in the days asked for. */
export interface Finding {
  system: string
  type: string
  field: string
  rule: string
  faults: number
  /** by day, YYYY-MM-DD; days without are missing */
  perDay: Record<string, number>
  /** records kept that were faulty in these days; `keptRecords` means there may be more */
  records: number
  firstSeen: Date
  lastSeen: Date
}

/** A record behind a finding, as stored. */
export interface FoundRecord {
  key: string
  value: string | null
  masked: boolean
  seen: number
  firstSeen: Date
  lastSeen: Date
}

/** Which findings: of the company's last days, today included. */
export interface FindingFilter {
  system?: string | null
  type?: string | null
  days: number
  zone: string
}

export type FindingKey = Pick<Finding, 'system' | 'type' | 'field' | 'rule'>

const mostFindings = 500

/** The findings of the last days, the most frequent first. */
export async function readFindings(db: Kysely<QualityTables>, filter: FindingFilter): Promise<Finding[]> {
  const { rows } = await sql<Finding>`
    with found as (
      select system, type, field, rule, sum(faults)::bigint as faults, jsonb_object_agg(day::text, faults) as per_day,
        min(first_seen) as first_seen, max(last_seen) as last_seen
      from quality_fault q where day >= ${firstDay(filter)} and ${matching(filter)}
      group by system, type, field, rule
    )
    select f.system, f.type, f.field, f.rule, f.faults, f.per_day as "perDay",
      least(f.first_seen, r.first_seen) as "firstSeen", f.last_seen as "lastSeen", r.records
    from found f cross join lateral (
      select count(*) as records, min(r.first_seen) as first_seen from quality_record r
      where r.system = f.system and r.type = f.type and r.field = f.field and r.rule = f.rule
        and r.last_seen >= ${firstMoment(filter)}
    ) r
    order by f.faults desc, f.system, f.type, f.field, f.rule limit ${mostFindings}`.execute(db)
  return rows
}

/** The latest records behind findings, by `findingId`. */
export async function readFoundRecords(
  db: Kysely<QualityTables>,
  keys: readonly FindingKey[],
  filter: FindingFilter,
  first: number,
): Promise<Map<string, FoundRecord[]>> {
  if (keys.length === 0) return new Map()
  const asked = keys.map(({ system, type, field, rule }) => ({ system, type, field, rule }))
  const { rows } = await sql<FindingKey & FoundRecord>`
    select f.system, f.type, f.field, f.rule, r.key, r.value, r.masked, r.seen, r.first_seen as "firstSeen", r.last_seen as "lastSeen"
    from jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) as f(system text, type text, field text, rule text)
      cross join lateral (
        select * from quality_record q
        where q.system = f.system and q.type = f.type and q.field = f.field and q.rule = f.rule and q.last_seen >= ${firstMoment(filter)}
        order by q.last_seen desc, q.key limit ${first}
      ) r
    order by f.system, f.type, f.field, f.rule, r.last_seen desc, r.key`.execute(db)
  return Map.groupBy(rows, findingId)
}

/** How many records of each type passed by in these days. */
export async function readChecked(
  db: Kysely<QualityTables>,
  filter: FindingFilter,
): Promise<{ system: string; type: string; records: number }[]> {
  const { rows } = await sql<{ system: string; type: string; records: number }>`
    select system, type, sum(records)::bigint as records from quality_checked
    where day >= ${firstDay(filter)} and ${matching(filter)} group by system, type`.execute(db)
  return rows
}

/** What tells one finding from another. */
export function findingId({ system, type, field, rule }: FindingKey): string {
  return [system, type, field, rule].join(' ')
}

function matching({ system, type }: FindingFilter): RawBuilder<boolean> {
  return sql`(${system ?? null}::text is null or system = ${system ?? null}) and (${type ?? null}::text is null or type = ${type ?? null})`
}

function firstDay({ days, zone }: FindingFilter): RawBuilder<string> {
  return sql`((clock_timestamp() at time zone ${zone})::date - ${days - 1}::integer)`
}

function firstMoment(filter: FindingFilter): RawBuilder<Date> {
  return sql`(${firstDay(filter)}::timestamp at time zone ${filter.zone})`
}
