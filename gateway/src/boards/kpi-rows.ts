import { now } from '@atrium/platform/clock'
import { GraphQLError } from 'graphql'
import type { Kysely } from 'kysely'
import { findPeopleByNative } from '../access/people.ts'
import type { PeopleTables } from '../access/tables.ts'
import { type Credential, type Systems, UpstreamError } from '../systems/types.ts'
import type { CompanyCalendar } from './company-calendar.ts'
import type { Column, KpiDefinition } from './definition.ts'
import { compute } from './expressions.ts'
import { fillTemplate } from './template.ts'

const mostPerPage = 200
const deepest = 100_000

export type KpiRowsView = {
  columns: { key: string; label: string; align: string }[]
  rows: (string | null)[][]
  totalCount: number
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
  at: string
  system: string
}

/**
 * The rows behind a figure, one page of them, asked of the system as the viewer: what the system does not show that
 * person is not shown here either.
 * @throws GraphQLError BAD_INPUT for a cursor or a size that cannot be; UpstreamError
 */
export async function readKpiRows(
  kpi: KpiDefinition,
  page: { first: number; after: string | null },
  context: {
    systems: Systems
    calendar: CompanyCalendar
    credential: Credential
    deadline: number
    db: Kysely<PeopleTables>
    language: 'zh' | 'en'
    owners: readonly string[] | null
  },
): Promise<KpiRowsView> {
  const { rows: definition } = kpi
  if (!definition) throw badInput(`the figure "${kpi.id}" has no rows behind it`)
  if (!Number.isInteger(page.first) || page.first < 1 || page.first > mostPerPage)
    throw badInput(`"first" must be from 1 to ${mostPerPage}`)
  const skip = readCursor(page.after)
  const variables = { first: page.first, skip, ...(context.owners === null ? {} : { owners: context.owners }) }
  const input = fillTemplate(definition.input, variables, context.calendar) as Record<string, unknown>
  const { credential, deadline } = context
  const answer = await context.systems
    .get(kpi.system)
    .invoke(definition.operation, input, { credential, deadline, safe: true })
  const found = await compute(kpi, definition.rows, answer, context.calendar)
  const total = Number(await compute(kpi, definition.total, answer, context.calendar))
  if (!Number.isInteger(total) || total < 0)
    throw new UpstreamError('UPSTREAM_BAD_ANSWER', kpi.system, `"${kpi.id}" got no total`, { retryable: false })
  const records = found === undefined || found === null ? [] : Array.isArray(found) ? found : [found]
  const columns = await Promise.all(definition.columns.map(column => readColumn(kpi, column, records, context)))
  const end = skip + records.length
  return {
    columns: definition.columns.map(({ key, label, align }) => ({ key, label: label[context.language], align })),
    rows: records.map((_, row) => columns.map(values => values[row] ?? null)),
    totalCount: total,
    pageInfo: {
      hasNextPage: records.length > 0 && end < total,
      endCursor: records.length > 0 ? Buffer.from(`o:${end}`).toString('base64url') : null,
    },
    at: now().toISOString(),
    system: kpi.system,
  }
}

async function readColumn(
  kpi: KpiDefinition,
  column: Column,
  records: unknown[],
  { db, language, calendar }: { db: Kysely<PeopleTables>; language: 'zh' | 'en'; calendar: CompanyCalendar },
): Promise<(string | null)[]> {
  const texts = await Promise.all(
    records.map(async record => {
      const value = await compute(kpi, column.value, record, calendar)
      return value === undefined || value === null || value === '' ? null : String(value)
    }),
  )
  if (column.labels) return texts.map(text => (text === null ? null : (column.labels?.[text]?.[language] ?? text)))
  if (column.person === undefined) return texts
  const people = await findPeopleByNative(db, column.person, [...new Set(texts.filter(text => text !== null))])
  return texts.map(text => (text === null ? null : (people.get(text)?.name[language] ?? text)))
}

function readCursor(after: string | null): number {
  if (after === null) return 0
  const skip = Number(/^o:(\d{1,6})$/.exec(Buffer.from(after, 'base64url').toString('utf8'))?.[1] ?? Number.NaN)
  if (Number.isNaN(skip) || skip > deepest)
    throw badInput('"after" is not a cursor of this list; use the endCursor of the page before')
  return skip
}

function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_INPUT', retryable: false } })
}
