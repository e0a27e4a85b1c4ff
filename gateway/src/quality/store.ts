import { type Kysely, sql } from 'kysely'
import type { Batch } from './collector.ts'
import type { QualityTables } from './tables.ts'

/** Records kept of one rule of one field: what a person can work through, not all there may be. */
export const keptRecords = 200
/** How long counts and records are kept. */
export const keptDays = 90

/**
 * Adds a batch to what is stored; several gateways add up.
 * @param zone the company's: days are its days
 */
export async function writeBatch(db: Kysely<QualityTables>, zone: string, batch: Batch): Promise<void> {
  const groups = batch.groups.map(({ system, type, field, rule, faults, first, last }) => ({
    system,
    type,
    field,
    rule,
    faults,
    first,
    last,
  }))
  const records = batch.groups.flatMap(({ system, type, field, rule, records }) =>
    [...records].map(([key, record]) => ({ system, type, field, rule, key, ...record })),
  )
  // Sorted, so that two gateways never wait for one another crosswise.
  await db.transaction().execute(async trx => {
    await sql`
      insert into quality_checked as q (day, system, type, records)
      select (clock_timestamp() at time zone ${zone})::date, system, type, records
      from jsonb_to_recordset(${JSON.stringify(batch.checked)}::jsonb) as b(system text, type text, records bigint)
      order by system, type
      on conflict (day, system, type) do update set records = q.records + excluded.records`.execute(trx)
    if (groups.length === 0) return
    await sql`
      insert into quality_fault as q (day, system, type, field, rule, faults, first_seen, last_seen)
      select (last at time zone ${zone})::date, system, type, field, rule, faults, first, last
      from jsonb_to_recordset(${JSON.stringify(groups)}::jsonb)
        as b(system text, type text, field text, rule text, faults bigint, first timestamptz, last timestamptz)
      order by 1, system, type, field, rule
      on conflict (day, system, type, field, rule) do update
        set faults = q.faults + excluded.faults, last_seen = greatest(q.last_seen, excluded.last_seen)`.execute(trx)
    await sql`
      insert into quality_record as q (system, type, field, rule, key, value, masked, seen, first_seen, last_seen)
      select system, type, field, rule, key, value, masked, seen, first, last
      from jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as b(system text, type text, field text, rule text,
        key text, value text, masked boolean, seen bigint, first timestamptz, last timestamptz)
      order by system, type, field, rule, key
      on conflict (system, type, field, rule, key) do update
        set seen = q.seen + excluded.seen, value = excluded.value, masked = excluded.masked,
          last_seen = greatest(q.last_seen, excluded.last_seen)`.execute(trx)
  })
}

/** Keeps the latest records of each rule only. */
export async function forgetRest(db: Kysely<QualityTables>): Promise<void> {
  await sql`
    with crowded as (
      select system, type, field, rule from quality_record group by 1, 2, 3, 4 having count(*) > ${keptRecords}
    )
    delete from quality_record r using crowded c cross join lateral (
      select last_seen from quality_record o
      where o.system = c.system and o.type = c.type and o.field = c.field and o.rule = c.rule
      order by last_seen desc offset ${keptRecords - 1} limit 1
    ) edge
    where r.system = c.system and r.type = c.type and r.field = c.field and r.rule = c.rule and r.last_seen < edge.last_seen`.execute(
    db,
  )
}

/** Forgets what is older than 90 days. */
export async function forgetOld(db: Kysely<QualityTables>): Promise<void> {
  const cut = sql`clock_timestamp() - make_interval(days => ${keptDays})`
  await sql`delete from quality_fault where last_seen < ${cut}`.execute(db)
  await sql`delete from quality_checked where day < (${cut})::date`.execute(db)
  await sql`delete from quality_record where last_seen < ${cut}`.execute(db)
}
