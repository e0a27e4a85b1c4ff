import type { DatabaseSync } from 'node:sqlite'
import { now } from '@atrium/platform/clock'
import { addDays, addMonths, dayOf, firstDay, momentAt, momentOf, monthOf } from '../data/calendar.ts'
import { yuan } from '../data/money.ts'
import type { Day } from '../data/types.ts'
import { readReach, type Viewer, within } from './access.ts'
import { visible } from './opportunities.ts'
import { Conditions } from './query.ts'

export const openStages = ['LEAD', 'QUALIFIED', 'QUOTED', 'NEGOTIATION'] as const

/** Days, both included. */
export type Period = { from: Day; to: Day }

/** The last twelve months with the present one, where a bound is not given. */
export function periodOf(from: Day | undefined, to: Day | undefined): Period {
  const last = to ?? dayOf(now())
  return { from: from ?? firstDay(addMonths(monthOf(last), -11)), to: last }
}

/** Open opportunities by stage, every stage named even where it is empty. Summed by the database. */
export function reportPipeline(db: DatabaseSync, viewer: Viewer, query: { owner?: string[] | undefined }) {
  const conditions = visible(viewer).oneOf('o.owner_id', query.owner).oneOf('stage', openStages)
  const rows = db
    .prepare(
      `SELECT stage, count(*) AS count, sum(amount) AS amount FROM opportunity o JOIN customer c USING (customer_no) ${conditions.where} GROUP BY stage`,
    )
    .all(...conditions.values) as { stage: string; count: number; amount: number }[]
  const byStage = new Map(rows.map(row => [row.stage, row]))
  return {
    asOf: momentOf(now()),
    currency: 'CNY',
    stages: openStages.map(stage => ({
      stage,
      count: byStage.get(stage)?.count ?? 0,
      amount: yuan(byStage.get(stage)?.amount ?? 0),
    })),
  }
}

/** Customers won in a period, by month. */
export function reportNewCustomers(db: DatabaseSync, viewer: Viewer, period: Period, owner?: string[]) {
  const reach = within('owner_id', readReach(viewer))
  const conditions = between(new Conditions().add(reach.sql, ...reach.values), 'created_at', period).oneOf(
    'owner_id',
    owner,
  )
  const rows = db
    .prepare(`SELECT substr(created_at, 1, 7) AS key, count(*) AS count FROM customer ${conditions.where} GROUP BY 1`)
    .all(...conditions.values) as { key: string; count: number }[]
  const counts = new Map(rows.map(row => [row.key, row.count]))
  const buckets = monthsOf(period).map(key => ({ key, count: counts.get(key) ?? 0 }))
  return { asOf: momentOf(now()), total: buckets.reduce((sum, bucket) => sum + bucket.count, 0), buckets }
}

/** Follow-ups done in a period and how many of them led to an opportunity or moved one on, by month. */
export function reportFollowUpConversion(db: DatabaseSync, viewer: Viewer, period: Period, owner?: string[]) {
  const conditions = between(visible(viewer, 'f').add("f.status = 'DONE'"), 'done_at', period).oneOf(
    'f.owner_id',
    owner,
  )
  const rows = db
    .prepare(
      `SELECT substr(done_at, 1, 7) AS key, count(*) AS followUps, sum(converted) AS converted
       FROM follow_up f JOIN customer c USING (customer_no) ${conditions.where} GROUP BY 1`,
    )
    .all(...conditions.values) as { key: string; followUps: number; converted: number }[]
  const byMonth = new Map(rows.map(row => [row.key, row]))
  const buckets = monthsOf(period).map(key => ({
    key,
    followUps: byMonth.get(key)?.followUps ?? 0,
    converted: byMonth.get(key)?.converted ?? 0,
  }))
  const sum = (field: 'followUps' | 'converted') => buckets.reduce((total, bucket) => total + bucket[field], 0)
  return { asOf: momentOf(now()), followUps: sum('followUps'), converted: sum('converted'), buckets }
}

const between = (conditions: Conditions, column: string, { from, to }: Period) =>
  conditions.add(`${column} >= ?`, momentAt(from, 0)).add(`${column} < ?`, momentAt(addDays(to, 1), 0))

function monthsOf({ from, to }: Period): string[] {
  const months: string[] = []
  for (let month = monthOf(from); month <= monthOf(to); month = addMonths(month, 1)) months.push(month)
  return months
}
