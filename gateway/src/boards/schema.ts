import { GraphQLError } from 'graphql'
import { type Person, personOf, type Viewer } from '../access/person.ts'
import type { Credential } from '../systems/types.ts'
import type { KpiView } from './present-kpi.ts'
import type { BoardService } from './start-boards.ts'

/** The boards' part of the public schema. */
export const boardTypeDefs = /* GraphQL */ `
  extend type Query {
    "Boards that I may open."
    boards: [Board!]!
    "The figures of a board that I may see, at once, each as last read."
    kpis(board: String!): [Kpi!]!
    "The rows behind a figure, read from its system as me."
    kpiRows(kpi: String!, first: Int = 50, after: String): KpiRows!
  }
  extend type Subscription {
    "Each figure of the board whenever it has a new value or state."
    kpiChanges(board: String!): Kpi!
  }
  type Board { id: ID! name: String! }
  enum KpiJudgement { ON_TARGET OFF_TARGET NEUTRAL }
  type Kpi {
    id: ID!
    name: String!
    "Name of the unit where the format does not say it, e.g. pieces."
    unit: String!
    "money (in the company's currency, not scaled), count, percent (a fraction, 0.5 = 50 %), hours, days"
    format: String!
    value: Decimal
    "What the value should reach by now, or not exceed."
    target: Decimal
    "The target is a limit: less is better."
    limit: Boolean!
    "value / target"
    progress: Decimal
    "Relative change as a fraction; for percent figures the difference of the two fractions."
    comparison: Decimal
    comparisonLabel: String
    judgement: KpiJudgement!
    judgementText: String
    "When its system gave the value."
    at: DateTime
    ageSeconds: Int
    stale: Boolean!
    system: ID!
    trend: [TrendPoint!]!
    breakdown: [Breakdown!]!
    error: KpiError
    drillable: Boolean!
  }
  type TrendPoint { key: String! value: Decimal! previous: Decimal target: Decimal }
  type Breakdown { key: String! label: String! value: Decimal! count: Int note: String }
  type KpiError { code: String! system: ID! since: DateTime message: String! }
  type KpiRows { columns: [KpiColumn!]! rows: [[String]!]! totalCount: Int! pageInfo: PageInfo! at: DateTime! system: ID! }
  type KpiColumn { key: String! label: String! "start or end" align: String! }
`

/** What the resolvers need of the request's context. */
export type BoardContext = { viewer: Viewer; locale: 'zh-CN' | 'en'; credential: Credential; deadline: number }

/** @param service from startBoards; `findPerson` gives the person as of now, for sockets that stay open */
export function boardResolvers(service: BoardService, findPerson: (id: string) => Promise<Person | undefined>) {
  const asker = (context: BoardContext) => ({
    viewer: context.viewer,
    language: context.locale === 'en' ? ('en' as const) : ('zh' as const),
  })
  return {
    Query: {
      boards: (_: unknown, __: object, context: BoardContext) => listBoards(service, context),
      kpis: (_: unknown, { board }: { board: string }, context: BoardContext) => service.kpis(board, asker(context)),
      kpiRows: (
        _: unknown,
        { kpi, first, after }: { kpi: string; first?: number | null; after?: string | null },
        context: BoardContext,
      ) =>
        service.rows(
          kpi,
          { first: first ?? 50, after: after ?? null },
          { ...asker(context), credential: context.credential, deadline: context.deadline },
        ),
    },
    Subscription: {
      kpiChanges: {
        subscribe: (_: unknown, { board }: { board: string }, context: BoardContext): AsyncIterableIterator<KpiView> =>
          mapped(service.changes(board, context.viewer), async id => {
            const viewer = await asOfNow(context.viewer, findPerson)
            const person = personOf(viewer)
            // Rights may have been withdrawn since the socket was opened.
            if (!person || !service.list(person).some(one => one.id === board)) {
              throw new GraphQLError(`your roles do not include the board "${board}" any more`, {
                extensions: { code: 'FORBIDDEN', retryable: false },
              })
            }
            return await service.kpi(id, { ...asker(context), viewer })
          }),
        resolve: (kpi: KpiView) => kpi,
      },
    },
  }
}

/** For `Query.boards` and `Me.boards`. */
export function listBoards(
  service: BoardService,
  context: Pick<BoardContext, 'viewer' | 'locale'>,
): { id: string; name: string }[] {
  const person = personOf(context.viewer)
  return person
    ? service.list(person).map(board => ({ id: board.id, name: board.name[context.locale === 'en' ? 'en' : 'zh'] }))
    : []
}

async function asOfNow(viewer: Viewer, findPerson: (id: string) => Promise<Person | undefined>): Promise<Viewer> {
  if (viewer.kind !== 'person') return viewer
  const person = await findPerson(viewer.person.id)
  return person?.active ? { ...viewer, person } : { kind: 'client', clientId: '', scopes: [], tokenExpiresAt: 0 }
}

function mapped(
  source: AsyncIterableIterator<string>,
  view: (id: string) => Promise<KpiView | null>,
): AsyncIterableIterator<KpiView> {
  const end = async (): Promise<IteratorReturnResult<undefined>> => {
    await source.return?.()
    return { done: true, value: undefined }
  }
  return {
    async next() {
      for (;;) {
        const next = await source.next()
        if (next.done) return { done: true, value: undefined }
        try {
          const kpi = await view(next.value)
          if (kpi) return { done: false, value: kpi }
        } catch (error) {
          await end()
          throw error
        }
      }
    },
    return: end,
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
