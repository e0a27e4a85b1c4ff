import type { IResolvers } from '@graphql-tools/utils'
import type { GraphQLSchema } from 'graphql'
import { gated } from '../access/gate.ts'
import type { RequestContext } from './context.ts'
import type { Dictionary, DictionaryField } from './dictionary.ts'
import type { Entities } from './entities.ts'
import { forbidden, toGraphQLError } from './errors.ts'
import { buildingSchema } from './executable.ts'
import { fieldResolver } from './fields.ts'
import { listResolver, oneResolver } from './lists.ts'
import type { Connectors } from './rows.ts'
import { scalars } from './scalars.ts'
import { atOnce, type Slices } from './slices.ts'
import { receivablesByAge } from './sums.ts'
import { writeResolver } from './writes.ts'

/** What the gateway itself adds to the graph: who I am, inbox, boards, search, health. */
export interface LocalPart {
  typeDefs: string[]
  resolvers: IResolvers[]
}

/** The graph: what every query, stored operation and subscription is resolved by. */
export interface Graph {
  schema: GraphQLSchema
}

export interface GraphOptions {
  dictionary: Dictionary
  entities: Entities
  connectors: Connectors
  /** the company's own */
  currency: string
  local: LocalPart
}

/** Makes the graph at once, as a test may. @throws DictionaryFault */
export function buildGraph(options: GraphOptions): Graph {
  return atOnce(buildingGraph(options))
}

/** Joins the dictionary with the systems, in slices. @throws DictionaryFault */
export function* buildingGraph(options: GraphOptions): Slices<Graph> {
  const { dictionary, entities, connectors, currency, local } = options
  const schema = yield* buildingSchema({
    dictionary,
    resolve: field => resolverFor(dictionary, entities, connectors, currency, field),
    local: { typeDefs: local.typeDefs, resolvers: [...local.resolvers, scalars as IResolvers] },
  })
  return { schema }
}

function resolverFor(
  dictionary: Dictionary,
  entities: Entities,
  connectors: Connectors,
  currency: string,
  field: DictionaryField,
): unknown {
  switch (field.source?.kind) {
    case 'list':
      return listResolver(dictionary, entities, connectors, field)
    case 'one':
      return oneResolver(dictionary, entities, field, field.source.by)
    case 'write':
      return writeResolver(dictionary, entities, connectors, field)
    case undefined:
      return field.owner === 'Query' && field.name === 'receivables'
        ? receivablesResolver(entities, connectors, currency, field)
        : gated(field)
    default:
      return fieldResolver(dictionary, entities, field)
  }
}

function receivablesResolver(
  entities: Entities,
  connectors: Connectors,
  currency: string,
  field: DictionaryField,
): unknown {
  const entity = [...entities.values()].find(one => one.type.name === 'Receivables')
  return async (_root: unknown, _args: object, context: RequestContext) => {
    if (!entity) return null
    if (!context.access.may(field)) throw forbidden(context, entity.system, field.name)
    try {
      return await receivablesByAge(connectors, entity, currency, context)
    } catch (error) {
      throw toGraphQLError(error, context)
    }
  }
}
