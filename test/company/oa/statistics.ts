import type { DatabaseSync } from 'node:sqlite'
import { now } from '@atrium/platform/clock'
import type { Caller } from './access/caller.ts'
import { allOf, type Condition, within } from './access/scope.ts'
import { yuanText } from './list.ts'
import { OaFault } from './soap/fault.ts'

export type Metric = 'CLAIMS_AMOUNT' | 'CLAIMS_COUNT' | 'APPROVALS_COMPLETED' | 'APPROVALS_WAITING' | 'APPROVAL_HOURS'
export type GroupBy = 'MONTH' | 'STATE' | 'AGE' | 'DEPARTMENT'
export type Statistics = { asOf: string; total: string; buckets: { key: string; count: number; value: string }[] }

type Definition = {
  table: 'approval' | 'claim'
  time: 'submitted_at' | 'decided_at'
  where: Condition[]
  value: string
  print(value: unknown): string
}

const print = (value: unknown) => String(Math.round(Number(value ?? 0) * 100) / 100)
const decided: Condition = { text: "state IN ('APPROVED', 'REJECTED')", params: [] }

/** What each figure counts; `value` is its SQL, `time` the moment that from, to and MONTH speak of. */
const definitions: Record<Metric, Definition> = {
  CLAIMS_AMOUNT: {
    table: 'claim',
    time: 'submitted_at',
    where: [],
    value: 'coalesce(sum(amount), 0)',
    print: value => yuanText(Number(value)),
  },
  CLAIMS_COUNT: { table: 'claim', time: 'submitted_at', where: [], value: 'count(*)', print },
  APPROVALS_COMPLETED: { table: 'approval', time: 'decided_at', where: [decided], value: 'count(*)', print },
  APPROVALS_WAITING: {
    table: 'approval',
    time: 'submitted_at',
    where: [{ text: "state = 'PENDING'", params: [] }],
    value: 'count(*)',
    print,
  },
  APPROVAL_HOURS: {
    table: 'approval',
    time: 'decided_at',
    where: [decided],
    value: 'avg((julianday(decided_at) - julianday(submitted_at)) * 24)',
    print,
  },
}

/** Days waited so far, in groups that read in this order. */
const age = (time: string) =>
  `CASE WHEN julianday(?) - julianday(${time}) < 1 THEN 'UNDER_1_DAY' WHEN julianday(?) - julianday(${time}) < 3 THEN 'DAYS_1_TO_3'
        WHEN julianday(?) - julianday(${time}) < 7 THEN 'DAYS_3_TO_7' ELSE 'OVER_7_DAYS' END`
const ageOrder = ['UNDER_1_DAY', 'DAYS_1_TO_3', 'DAYS_3_TO_7', 'OVER_7_DAYS']

/**
 * Figures about claims and approvals, aggregated in SQL. Months are those of Asia/Shanghai.
 * @throws OaFault `oa:Forbidden` unless a service account, Finance or Admin asks
 */
export function statistics(
  db: DatabaseSync,
  caller: Caller,
  ask: { metric: Metric; from?: string | undefined; to?: string | undefined; groupBy?: GroupBy | undefined },
): Statistics {
  if (caller.kind === 'person' && !caller.user.roles.some(role => role === 'Finance' || role === 'Admin'))
    throw new OaFault('Forbidden', 'Statistics need a service account or the role Finance or Admin.')
  const { table, time, where, value, print: show } = definitions[ask.metric]
  const asOf = now().toISOString()
  const condition = allOf([...where, ...within(time, ask.from, ask.to)])
  const from = `FROM ${table} WHERE ${condition.text}`
  const total = db.prepare(`SELECT ${value} AS value ${from}`).get(...condition.params)
  return { asOf, total: show(total?.value), buckets: ask.groupBy ? buckets(ask.groupBy) : [] }

  function buckets(groupBy: GroupBy): Statistics['buckets'] {
    const key = {
      MONTH: `strftime('%Y-%m', ${time}, '+8 hours')`,
      STATE: 'state',
      DEPARTMENT: 'department',
      AGE: age(time),
    }[groupBy]
    const keyParams = groupBy === 'AGE' ? [asOf, asOf, asOf] : []
    const rows = db
      .prepare(`SELECT ${key} AS key, count(*) AS count, ${value} AS value ${from} GROUP BY 1 ORDER BY 1`)
      .all(...keyParams, ...condition.params)
    const found = rows.map(row => ({ key: String(row.key), count: Number(row.count), value: show(row.value) }))
    return groupBy === 'AGE' ? found.toSorted((a, b) => ageOrder.indexOf(a.key) - ageOrder.indexOf(b.key)) : found
  }
}
