import { type Kysely, sql } from 'kysely'
import type { Figure } from './figures.ts'

export interface ObservingTables {
  operation_figure: Figure & { replica: string }
}

/** Writes figures as they are now; the same one may be written again and again. */
export async function saveFigures(
  db: Kysely<ObservingTables>,
  replica: string,
  figures: readonly Figure[],
): Promise<void> {
  if (figures.length === 0) return
  await sql`
    insert into operation_figure (hour, replica, operation, client, ok, partial, failed, refused, buckets, calls, repeated, worst)
    select one.hour, ${replica}::uuid, one.operation, one.client, one.ok, one.partial, one.failed, one.refused, one.buckets, one.calls,
      one.repeated, one.worst
    from jsonb_to_recordset(${JSON.stringify(figures)}::jsonb) as one (hour timestamptz, operation text, client text, ok int,
      partial int, failed int, refused int, buckets int[], calls jsonb, repeated jsonb, worst jsonb)
    on conflict (hour, replica, operation, client) do update set ok = excluded.ok, partial = excluded.partial,
      failed = excluded.failed, refused = excluded.refused, buckets = excluded.buckets, calls = excluded.calls,
      repeated = excluded.repeated, worst = excluded.worst`.execute(db)
}

/** The figures of all replicas since a moment. */
export async function readFigures(db: Kysely<ObservingTables>, since: Date): Promise<Figure[]> {
  const { rows } = await sql<Figure>`
    select hour, operation, client, ok, partial, failed, refused, buckets, calls, repeated, worst
    from operation_figure where hour > ${since} order by hour`.execute(db)
  return rows
}

/** Removes figures older than `days`. */
export async function forgetFigures(db: Kysely<ObservingTables>, days: number): Promise<void> {
  await sql`delete from operation_figure where hour < now() - make_interval(days => ${days})`.execute(db)
}
