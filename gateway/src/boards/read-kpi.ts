import { type Systems, UpstreamError } from '../systems/types.ts'
import { addMonths, type CompanyCalendar, lastDay } from './company-calendar.ts'
import type { Calls, Each, KpiDefinition } from './definition.ts'
import { compute } from './expressions.ts'
import type { BreakdownPart, KpiReading, TrendPoint } from './reading.ts'
import { fillTemplate, type Variables } from './template.ts'

export type ReadContext = {
  systems: Systems
  calendar: CompanyCalendar
  /** epoch milliseconds */
  deadline: number
  /** user ids of the people the figure covers; null = everybody */
  owners: readonly string[] | null
}

/**
 * Reads one figure from its system with the gateway's own account. Sums are made by the system; here they are only put
 * into their places.
 * @throws UpstreamError when the system does not give what the definition expects
 */
export async function readKpi(kpi: KpiDefinition, context: ReadContext): Promise<KpiReading> {
  const variables: Variables = context.owners === null ? {} : { owners: context.owners }
  const [answers, trend, breakdown] = await Promise.all([
    callAll(kpi, kpi.fetch, variables, context),
    readTrend(kpi, variables, context),
    readBreakdown(kpi, variables, context),
  ])
  const value = await required(kpi, kpi.value, answers, context)
  const goal = kpi.target ? await decimal(kpi, kpi.target.value, answers, context) : null
  const target =
    goal !== null && kpi.target?.prorated === 'month' ? rounded(Number(goal) * context.calendar.monthShare(), 2) : goal
  const before = kpi.comparison ? await decimal(kpi, kpi.comparison.value, answers, context) : null
  const parts =
    kpi.breakdown && 'parts' in kpi.breakdown ? await listedParts(kpi, kpi.breakdown, answers, context) : breakdown
  const points =
    kpi.trend && 'points' in kpi.trend
      ? await listedPoints(kpi, kpi.trend.points, { ...answers, ...trend.answers }, context)
      : trend.points
  return {
    value,
    target,
    progress:
      value !== null && target !== null && Number(target) !== 0 ? rounded(Number(value) / Number(target), 4) : null,
    comparison: compare(kpi, value, before),
    trend: points,
    breakdown: parts,
  }
}

async function callAll(
  kpi: KpiDefinition,
  calls: Calls,
  variables: Variables,
  context: ReadContext,
): Promise<Record<string, unknown>> {
  const client = context.systems.get(kpi.system)
  const entries = Object.entries(calls).map(async ([name, { operation, input }]) => {
    const filled = fillTemplate(input, variables, context.calendar) as Record<string, unknown>
    return [
      name,
      await client.invoke(operation, filled, {
        credential: { kind: 'service' },
        deadline: context.deadline,
        safe: true,
      }),
    ] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

async function readTrend(
  kpi: KpiDefinition,
  variables: Variables,
  context: ReadContext,
): Promise<{ answers: Record<string, unknown>; points: TrendPoint[] }> {
  const { trend } = kpi
  if (!trend || 'recorded' in trend) return { answers: {}, points: [] }
  if ('points' in trend) return { answers: await callAll(kpi, trend.fetch, variables, context), points: [] }
  const points = await Promise.all(
    entriesOf(trend.each, context.calendar).map(async entry => {
      const answers = await callAll(kpi, trend.fetch, { ...variables, ...entry.variables }, context)
      return {
        key: entry.key,
        value: (await decimal(kpi, trend.value, answers, context)) ?? '0',
        previous: null,
        target: null,
      }
    }),
  )
  return { answers: {}, points }
}

async function readBreakdown(kpi: KpiDefinition, variables: Variables, context: ReadContext): Promise<BreakdownPart[]> {
  const { breakdown } = kpi
  if (!breakdown || 'parts' in breakdown) return []
  return await Promise.all(
    entriesOf(breakdown.each, context.calendar).map(async entry => {
      const answers = await callAll(kpi, breakdown.fetch, { ...variables, ...entry.variables }, context)
      const count = breakdown.count ? await decimal(kpi, breakdown.count, answers, context) : null
      return {
        key: entry.key,
        label: entry.label,
        value: (await decimal(kpi, breakdown.value, answers, context)) ?? '0',
        count: count === null ? null : Number(count),
        note: null,
      }
    }),
  )
}

function entriesOf(
  each: Each,
  calendar: CompanyCalendar,
): { key: string; label: { zh: string; en: string }; variables: Variables }[] {
  if (!Array.isArray(each)) {
    return calendar.months(each.months).map(month => ({
      key: month,
      label: { zh: month, en: month },
      variables: {
        key: month,
        from: `${month}-01`,
        to: lastDay(month),
        until: `${addMonths(month, 1)}-01`,
        after: earlier(`${addMonths(month, 1)}-01`, calendar.today()),
      },
    }))
  }
  return each.map(({ key, label, ...more }) => ({
    key,
    label,
    variables: { key, ...(more as Record<string, string>) },
  }))
}

const earlier = (a: string, b: string): string => (a < b ? a : b)

async function listedParts(
  kpi: KpiDefinition,
  definition: { parts: string; labels: Record<string, { zh: string; en: string }> },
  answers: object,
  context: ReadContext,
): Promise<BreakdownPart[]> {
  return asList(await compute(kpi, definition.parts, answers, context.calendar)).map(part => {
    const { key, value, count, note } = part as {
      key?: unknown
      value?: unknown
      count?: unknown
      note?: { zh: string; en: string }
    }
    const name = String(key ?? '')
    return {
      key: name,
      label: definition.labels[name] ?? { zh: name, en: name },
      value: toDecimal(kpi, value) ?? '0',
      count: count === undefined || count === null ? null : Number(count),
      note: note ?? null,
    }
  })
}

async function listedPoints(
  kpi: KpiDefinition,
  points: string,
  answers: object,
  context: ReadContext,
): Promise<TrendPoint[]> {
  return asList(await compute(kpi, points, answers, context.calendar)).map(point => {
    const { key, value, previous, target } = point as {
      key?: unknown
      value?: unknown
      previous?: unknown
      target?: unknown
    }
    return {
      key: String(key ?? ''),
      value: toDecimal(kpi, value) ?? '0',
      previous: toDecimal(kpi, previous),
      target: toDecimal(kpi, target),
    }
  })
}

// A JSONata result of one entry is that entry, of none is undefined.
function asList(value: unknown): unknown[] {
  return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]
}

async function decimal(
  kpi: KpiDefinition,
  source: string,
  input: object,
  context: ReadContext,
): Promise<string | null> {
  return toDecimal(kpi, await compute(kpi, source, input, context.calendar))
}

// What a definition points at must be there; null is a value that the system does not have.
async function required(
  kpi: KpiDefinition,
  source: string,
  input: object,
  context: ReadContext,
): Promise<string | null> {
  const value = await compute(kpi, source, input, context.calendar)
  if (value === undefined)
    throw new UpstreamError('UPSTREAM_BAD_ANSWER', kpi.system, `the answer does not hold what "${kpi.id}" shows`, {
      retryable: false,
    })
  return toDecimal(kpi, value)
}

function toDecimal(kpi: KpiDefinition, value: unknown): string | null {
  if (value === undefined || value === null || value === '') return null
  if (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)) return value
  if (typeof value === 'number' && Number.isFinite(value)) return rounded(value, 6)
  throw new UpstreamError(
    'UPSTREAM_BAD_ANSWER',
    kpi.system,
    `"${kpi.id}" expects a number and got ${JSON.stringify(value)?.slice(0, 80)}`,
    { retryable: false },
  )
}

function compare(kpi: KpiDefinition, value: string | null, before: string | null): string | null {
  if (value === null || before === null) return null
  if (kpi.format === 'percent') return rounded(Number(value) - Number(before), 6)
  return Number(before) === 0 ? null : rounded(Number(value) / Number(before) - 1, 6)
}

function rounded(value: number, digits: number): string {
  return value.toFixed(digits).replace(/\.?0+$/, '')
}
