import { GraphQLError } from 'graphql'
import { type Kysely, type Selectable, sql } from 'kysely'
import { toPerson } from './people.ts'
import type { Person } from './person.ts'
import type { PeopleTable, PeopleTables } from './tables.ts'

const mostPerPage = 100

export type PeoplePage = {
  nodes: Person[]
  totalCount: number
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

/**
 * Active employees whose name (either language), username, id or department contains the text, in the order of their
 * Chinese names.
 * @param query `first` 1–100; `after` is the `endCursor` of the page before
 * @throws GraphQLError BAD_INPUT for a cursor this list did not give or a page that is too large
 */
export async function searchPeople<DB extends PeopleTables>(
  db: Kysely<DB>,
  query: { search?: string | null; first?: number | null; after?: string | null },
): Promise<PeoplePage> {
  const first = query.first ?? 20
  if (!Number.isInteger(first) || first < 1 || first > mostPerPage)
    throw badInput(`"first" must be from 1 to ${mostPerPage}`)
  const after = query.after ? readCursor(query.after) : undefined
  const text = (query.search ?? '').trim()
  // % and _ are what was typed, not wildcards.
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`
  const matches = text
    ? sql<boolean>`active and (name->>'zh' ilike ${pattern} or name->>'en' ilike ${pattern} or username ilike ${pattern} or id ilike ${pattern}
        or department_name->>'zh' ilike ${pattern} or department_name->>'en' ilike ${pattern})`
    : sql<boolean>`active`
  const behind = after
    ? sql<boolean>`((name->>'zh') collate "zh-x-icu", id) > (${after[0]} collate "zh-x-icu", ${after[1]})`
    : sql<boolean>`true`
  const [page, total] = await Promise.all([
    sql<
      Selectable<PeopleTable>
    >`select * from people where ${matches} and ${behind} order by (name->>'zh') collate "zh-x-icu", id limit ${first + 1}`.execute(
      db,
    ),
    sql<{ n: number }>`select count(*) as n from people where ${matches}`.execute(db),
  ])
  const nodes = page.rows.slice(0, first).map(toPerson)
  const last = nodes.at(-1)
  return {
    nodes,
    totalCount: total.rows[0]?.n ?? 0,
    pageInfo: { hasNextPage: page.rows.length > first, endCursor: last ? writeCursor(last) : null },
  }
}

function writeCursor(person: Person): string {
  return Buffer.from(JSON.stringify([person.name.zh, person.id])).toString('base64url')
}

function readCursor(cursor: string): [string, string] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (Array.isArray(parts) && parts.length === 2 && parts.every(part => typeof part === 'string'))
      return [String(parts[0]), String(parts[1])]
  } catch {
    // Falls through to the same answer as any other foreign cursor.
  }
  throw badInput('"after" is not a cursor of this list; use the endCursor of the page before')
}

function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_INPUT', retryable: false } })
}
