import type { GraphQLFieldResolver } from 'graphql'
import type { RequestContext } from './context.ts'
import { type Dictionary, type DictionaryField, nodeOfConnection } from './dictionary.ts'
import type { Entities } from './entities.ts'
import { badInput, forbidden, toGraphQLError } from './errors.ts'
import { checkedFirst } from './fields.ts'
import { conditionsFor } from './questions.ts'
import { fromKey, fromRecord, type Reference } from './record.ts'
import { type Connectors, fetchPage } from './rows.ts'

type Resolver = GraphQLFieldResolver<unknown, RequestContext, Record<string, unknown>>

/** One page of a list, in the shape of a Relay connection. */
export interface Connection {
  nodes: Reference[]
  edges: { cursor: string; node: Reference }[]
  totalCount: number | null
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

const deepestOffset = 100_000
const mostValues = 200

/** A list of the graph's root: a page of the system of record under the arguments and the viewer's row scope. */
export function listResolver(
  dictionary: Dictionary,
  entities: Entities,
  connectors: Connectors,
  field: DictionaryField,
): Resolver {
  const name = nodeOfConnection(field.type) as string
  const entity = entities.get(`${dictionary.types.get(name)?.entity?.system}.${name}`)
  return async (_root, args, context) => {
    if (!entity) return null
    if (!context.access.may(field)) throw forbidden(context, entity.system, field.name)
    const limit = checkedFirst(args.first, 20)
    for (const [name, value] of Object.entries(args))
      if (Array.isArray(value) && value.length > mostValues)
        throw badInput(`"${name}" has ${value.length} values, at most ${mostValues} are taken`)
    const offset = args.after === undefined || args.after === null ? 0 : readCursor(String(args.after))
    try {
      const conditions = await conditionsFor(entity, args, context)
      const { rows, total, more } = await fetchPage(
        connectors,
        entity,
        conditions,
        { offset, limit, count: true, asked: context.asked?.get(name) },
        context,
      )
      context.loaders.prime(entity, rows)
      const nodes = rows.slice(0, limit).map(row => fromRecord(entity, row))
      return connection(nodes, offset, limit, total, more)
    } catch (error) {
      throw toGraphQLError(error, context)
    }
  }
}

/** One object of the graph's root by its key; null when there is none within the viewer's row scope. */
export function oneResolver(dictionary: Dictionary, entities: Entities, field: DictionaryField, by: string): Resolver {
  const type = dictionary.types.get(field.type)
  const entity = entities.get(`${type?.entity?.system}.${field.type}`)
  return async (_root, args, context) => {
    if (!entity) return null
    if (!context.access.may(field)) throw forbidden(context, entity.system, field.name)
    const key = String(args[by])
    if (key === '' || key.length > 100) throw badInput(`"${by}" must have 1 to 100 characters`)
    try {
      const row = await context.loaders.row(entity, key)
      return row && fromRecord(entity, row)
    } catch {
      // The system of record is away: what other systems know of the object is still shown, and each of its own fields
      // says why it is missing.
      return fromKey(field.type, type?.entity?.key ?? by, key)
    }
  }
}

function connection(
  nodes: Reference[],
  offset: number,
  limit: number,
  total: number | null,
  more = nodes.length === limit,
): Connection {
  const hasNextPage = total === null ? more : offset + limit < total
  return {
    nodes,
    get edges() {
      return nodes.map((node, index) => ({ cursor: writeCursor(offset + index + 1), node }))
    },
    totalCount: total,
    pageInfo: { hasNextPage, endCursor: nodes.length > 0 ? writeCursor(offset + limit) : null },
  }
}

function writeCursor(offset: number): string {
  return Buffer.from(`o:${offset}`).toString('base64url')
}

function readCursor(cursor: string): number {
  const offset = Number(/^o:(\d{1,6})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'))?.[1] ?? Number.NaN)
  if (!Number.isInteger(offset) || offset > deepestOffset)
    throw badInput('"after" is not a cursor of this list; use the endCursor of the page before')
  return offset
}
