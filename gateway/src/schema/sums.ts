import { now } from '@atrium/platform/clock'
import type { Condition, Row, Scalar } from '../systems/protocols/protocol.ts'
import type { RequestContext } from './context.ts'
import { addDecimals } from './decimal.ts'
import type { Entity } from './entities.ts'
import { placeDays } from './place-days.ts'
import { conditionsFor } from './questions.ts'
import { type Connectors, fetchSums } from './rows.ts'

/**
 * Records that a system sums up by key: one call a distinct condition among the measures, however many keys.
 * A key without rows has the mapping's `empty` record.
 */
export async function sumByKey(
  connectors: Connectors,
  entity: Entity,
  keys: readonly string[],
  context: RequestContext,
): Promise<Map<string, Row | null>> {
  const { aggregate, empty } = entity.definition
  const result = new Map<string, Row | null>(keys.map(key => [key, empty ? { ...empty } : null]))
  if (!aggregate) return result
  const conditions = await conditionsFor(entity, { key: keys }, context)
  if (conditions === 'nothing') return result
  const byCondition = Map.groupBy(Object.entries(aggregate.measures), ([, measure]) => measure.where ?? '')
  const answers = await Promise.all(
    [...byCondition].map(async ([condition, measures]) => {
      const extra: Condition[] = condition === '' ? [] : [{ raw: placeDays(condition, context.loaders.today()) }]
      const sum = Object.fromEntries(
        measures.flatMap(([name, measure]) => (measure.sum ? [[resultName(name), measure.sum]] : [])),
      )
      const count = measures.find(([, measure]) => measure.count)?.[0]
      const rows = await fetchSums(
        connectors,
        entity,
        {
          where: [...conditions.where, ...extra],
          by: [aggregate.by, aggregate.currency],
          sum,
          count: count && resultName(count),
        },
        context,
      )
      return { rows, names: measures.map(([name]) => name) }
    }),
  )
  for (const { rows, names } of answers) {
    for (const row of rows) {
      const key = String(row[aggregate.by])
      if (!result.has(key)) continue
      const record = result.get(key) ?? {}
      // Sums of different currencies are never added up: the first currency's stand, the rest is reported.
      if (record.currency !== undefined && record.$told && record.currency !== row[aggregate.currency]) {
        context.sources.fault({
          system: entity.system,
          type: entity.type.name,
          field: 'currency',
          key,
          reason: 'more than one currency',
        })
        continue
      }
      record.currency = row[aggregate.currency]
      record.$told = true
      for (const name of names) record[name] = plain(row[resultName(name)])
      result.set(key, record)
    }
  }
  return result
}

/** Receivables by age, summed by the system; null when the viewer sees no record. */
export async function receivablesByAge(
  connectors: Connectors,
  entity: Entity,
  currency: string,
  context: RequestContext,
): Promise<Record<string, unknown> | null> {
  const { aggregate } = entity.definition
  if (!aggregate) return null
  const conditions = await conditionsFor(entity, {}, context)
  const asOf = now().toISOString()
  const names = Object.keys(aggregate.measures)
  if (conditions === 'nothing')
    return { asOf, total: '0', currency, customers: 0, buckets: names.map(key => ({ key, amount: '0', invoices: 0 })) }
  const today = context.loaders.today()
  const where = (text: string | undefined): Condition[] => [
    ...conditions.where,
    ...(text ? [{ raw: placeDays(text, today) }] : []),
  ]
  const [debtors, ...ages] = await Promise.all([
    fetchSums(connectors, entity, { where: where(undefined), by: [aggregate.by], sum: {}, count: 'Invoices' }, context),
    ...names.map(name => {
      const measure = aggregate.measures[name]
      return fetchSums(
        connectors,
        entity,
        {
          where: where(measure?.where),
          by: [aggregate.currency],
          sum: { Amount_: measure?.sum ?? '' },
          count: 'Count_',
        },
        context,
      )
    }),
  ])
  const buckets = names.map((key, index) => {
    const row = ages[index]?.find(one => one[aggregate.currency] === currency)
    for (const other of ages[index] ?? []) {
      if (other !== row)
        context.sources.fault({
          system: entity.system,
          type: entity.type.name,
          field: key,
          key: String(other[aggregate.currency]),
          reason: 'another currency, not added up',
        })
    }
    return { key, amount: plain(row?.Amount_ ?? '0'), invoices: Number(row?.Count_ ?? 0) }
  })
  return {
    asOf,
    total: addDecimals(buckets.map(bucket => String(bucket.amount))),
    currency,
    customers: debtors?.length ?? 0,
    buckets,
  }
}

// An alias must differ from every property of the rows.
function resultName(name: string): string {
  return `Sum_${name}`
}

function plain(value: unknown): Scalar | null {
  return typeof value === 'number' || typeof value === 'string' ? value : null
}
