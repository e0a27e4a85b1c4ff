import { now } from '@atrium/platform/clock'
import { GraphQLError } from 'graphql'
import type { Kysely } from 'kysely'
import { personOf } from '../access/person.ts'
import type { RequestContext } from '../schema/context.ts'
import { percentileOf } from './buckets.ts'
import type { Example, Figure } from './figures.ts'
import { type ObservingTables, readFigures } from './store.ts'

/** What operations take, for administrators and for clients with the scope `admin`. */
export const observingTypeDefs = /* GraphQL */ `
  extend type Query {
    "How long operations took, how they ended and what they asked of the systems, in the last hours (1 to 840); those that take most time first."
    gatewayOperations(hours: Int = 24): [GatewayOperation!]!
  }
  "id: a stored operation's, or other: what clients asked in words of their own"
  type GatewayOperation {
    id: ID!
    runs: Int!
    ok: Int!
    partial: Int!
    failed: Int!
    refused: Int!
    "failed and partial ones as a share of the runs, 0 to 1"
    errorRate: Float!
    p50Ms: Int
    p95Ms: Int
    p99Ms: Int
    "half of the runs above a quarter of a second, or one of twenty above a second"
    slow: Boolean!
    "runs of each hour, oldest first; hours without any are left out"
    hours: [OperationHour!]!
    calls: [OperationCalls!]!
    "types that one request asked for more than five times: they should be asked for together"
    repeated: [RepeatedCalls!]!
    worst: [OperationExample!]!
    clients: [OperationClient!]!
  }
  type OperationHour { hour: DateTime! runs: Int! p95Ms: Int }
  type OperationCalls { system: ID! calls: Int! perRun: Float! }
  type RepeatedCalls { system: ID! type: String! most: Int! }
  type OperationExample { ms: Int! at: DateTime! traceId: String! }
  type OperationClient { id: ID! runs: Int! }
`

const longest = 840
const mostExamples = 5

/** One operation over all hours, clients and replicas. */
export function operationOf(id: string, figures: readonly Figure[]) {
  const sum = (of: (figure: Figure) => number): number => figures.reduce((total, one) => total + of(one), 0)
  const [ok, partial, failed, refused] = (['ok', 'partial', 'failed', 'refused'] as const).map(name =>
    sum(one => one[name]),
  ) as [number, number, number, number]
  const runs = ok + partial + failed
  const percentile = (of: readonly Figure[], share: number): number | null => {
    const value = percentileOf(added(of.map(one => one.buckets)), share)
    return value === null ? null : Math.round(value)
  }
  const p50Ms = percentile(figures, 0.5)
  const p95Ms = percentile(figures, 0.95)
  return {
    id,
    runs,
    ok,
    partial,
    failed,
    refused,
    errorRate: runs === 0 ? 0 : Number(((partial + failed) / runs).toFixed(4)),
    p50Ms,
    p95Ms,
    p99Ms: percentile(figures, 0.99),
    slow: (p50Ms ?? 0) > 250 || (p95Ms ?? 0) > 1000,
    hours: [...Map.groupBy(figures, one => one.hour.getTime())].map(([hour, of]) => ({
      hour: new Date(hour),
      runs: of.reduce((total, one) => total + one.ok + one.partial + one.failed, 0),
      p95Ms: percentile(of, 0.95),
    })),
    calls: summed(figures.map(one => one.calls)).map(([system, calls]) => ({
      system,
      calls,
      perRun: Number((calls / Math.max(1, runs)).toFixed(2)),
    })),
    repeated: most(figures.map(one => one.repeated)).map(([name, times]) => {
      const dot = name.indexOf('.')
      return { system: name.slice(0, dot), type: name.slice(dot + 1), most: times }
    }),
    worst: figures
      .flatMap((one): Example[] => one.worst)
      .sort((a, b) => b.ms - a.ms)
      .slice(0, mostExamples)
      .map(one => ({ ...one, at: new Date(one.at) })),
    clients: [...Map.groupBy(figures, one => one.client)].map(([client, of]) => ({
      id: client,
      runs: of.reduce((total, one) => total + one.ok + one.partial + one.failed, 0),
    })),
  }
}

/** @param flush writes what this process counted since it last did, so that what is shown is of now */
export function observingResolvers(db: Kysely<ObservingTables>, flush: () => Promise<void>) {
  return {
    Query: {
      gatewayOperations: async (_: unknown, { hours }: { hours: number }, context: RequestContext) => {
        administratorOnly(context)
        if (hours < 1 || hours > longest)
          throw new GraphQLError(`"hours" must be from 1 to ${longest}`, {
            extensions: { code: 'BAD_INPUT', retryable: false },
          })
        await flush()
        const figures = await readFigures(db, new Date(now().getTime() - hours * 3_600_000))
        const operations = [...Map.groupBy(figures, one => one.operation)].map(([id, of]) => operationOf(id, of))
        return operations.sort((a, b) => time(b) - time(a))
      },
    },
  }
}

/** About the time that all runs took together. */
function time({ runs, p50Ms }: { runs: number; p50Ms: number | null }): number {
  return runs * (p50Ms ?? 0)
}

function administratorOnly(context: RequestContext): void {
  const { viewer } = context
  const may =
    viewer.kind === 'client'
      ? viewer.scopes.includes('admin')
      : personOf(viewer)?.businessRoles.includes('administrator') === true
  if (may) return
  const text = context.locale === 'en' ? 'What operations take is for administrators' : '操作的用时只有管理员可看'
  throw new GraphQLError(text, { extensions: { code: 'FORBIDDEN', retryable: false } })
}

function added(lists: readonly (readonly number[])[]): number[] {
  const total: number[] = []
  for (const list of lists) for (const [index, one] of list.entries()) total[index] = (total[index] ?? 0) + one
  return total
}

function summed(records: readonly Record<string, number>[]): [string, number][] {
  return merged(records, (a, b) => a + b)
}

function most(records: readonly Record<string, number>[]): [string, number][] {
  return merged(records, Math.max)
}

function merged(
  records: readonly Record<string, number>[],
  join: (a: number, b: number) => number,
): [string, number][] {
  const all = new Map<string, number>()
  for (const record of records)
    for (const [name, value] of Object.entries(record)) all.set(name, join(all.get(name) ?? 0, value))
  return [...all].sort((a, b) => b[1] - a[1])
}
