import type { SubschemaConfig } from '@graphql-tools/delegate'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { stitchSchemas } from '@graphql-tools/stitch'
import { filterSchema, type IResolvers } from '@graphql-tools/utils'
import type { GraphQLSchema } from 'graphql'
import type { RequestContext } from './context.ts'
import type { Dictionary, DictionaryField } from './dictionary.ts'
import type { Entities } from './entities.ts'
import { forbidden, toGraphQLError } from './errors.ts'
import { fieldResolver } from './fields.ts'
import { keysResolver, listResolver, oneResolver } from './lists.ts'
import type { Connectors } from './rows.ts'
import { scalars } from './scalars.ts'
import { referredTypes, systemPart, wholeSdl } from './sdl.ts'
import { receivablesByAge } from './sums.ts'
import { writeResolver } from './writes.ts'

/** What the gateway itself adds to the graph: who I am, inbox, boards, search, health. */
export interface LocalPart {
  typeDefs: string[]
  resolvers: IResolvers[]
}

/** One graph in two forms that answer alike. */
export interface Graph {
  /** a subschema a system, stitched by type merging: takes any query */
  stitched: GraphQLSchema
  /** the same dictionary resolved directly: stored operations are compiled over it, subscriptions run in it */
  direct: GraphQLSchema
}

/** @param options `currency` is the company's own */
export function buildGraph(options: {
  dictionary: Dictionary
  entities: Entities
  connectors: Connectors
  currency: string
  local: LocalPart
}): Graph {
  const { dictionary, entities, connectors, currency, local } = options
  const resolve = (field: DictionaryField) => resolverFor(dictionary, entities, connectors, currency, field)
  const systems = new Set([...entities.values()].map(entity => entity.system))
  const subschemas: SubschemaConfig[] = []
  for (const system of systems) {
    const part = systemPart(dictionary, entities, system)
    const resolvers = resolverMap(part.fields, resolve)
    const byKeys = Object.fromEntries([...part.joined].map(([type, key]) => [`_${type}`, keysResolver(type, key)]))
    resolvers.Query = { ...resolvers.Query, ...byKeys } as never
    subschemas.push({
      schema: makeExecutableSchema({ typeDefs: part.sdl, resolvers: { ...resolvers, ...scalars } as IResolvers }),
      merge: Object.fromEntries(
        [...part.joined].map(([type, key]) => [
          type,
          {
            selectionSet: `{ ${key} }`,
            fieldName: `_${type}`,
            key: (object: Record<string, unknown>) => object[key],
            argsFromKeys: (keys: readonly unknown[]) => ({ keys }),
          },
        ]),
      ),
    })
  }
  const localSdl = local.typeDefs.join('\n')
  const localRoots = 'type Query\ntype Mutation\ntype Subscription'
  const localResolvers = [...local.resolvers, scalars as IResolvers]
  subschemas.push({
    schema: makeExecutableSchema({
      typeDefs: [localRoots, referredTypes(dictionary, localSdl), localSdl],
      resolvers: localResolvers,
      resolverValidationOptions: { requireResolversToMatchSchema: 'ignore' },
    }),
  })
  const joined = stitchSchemas({ subschemas, mergeTypes: true })
  const stitched = filterSchema({
    schema: joined,
    rootFieldFilter: (_operation: string, name?: string) => !name?.startsWith('_'),
  })
  const missing = ['Query', 'Mutation', 'Subscription']
    .filter(root => !dictionary.types.has(root))
    .map(root => `type ${root}`)
  const direct = makeExecutableSchema({
    typeDefs: [wholeSdl(dictionary), ...missing, localSdl],
    resolvers: [resolverMap(dictionary.fields, resolve), ...localResolvers],
    resolverValidationOptions: { requireResolversToMatchSchema: 'ignore' },
  })
  return { stitched, direct }
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
        : undefined
    default:
      return fieldResolver(dictionary, entities, field)
  }
}

function resolverMap(fields: readonly DictionaryField[], resolve: (field: DictionaryField) => unknown): IResolvers {
  const map: Record<string, Record<string, unknown>> = {}
  for (const field of fields) {
    const resolver = resolve(field)
    if (resolver) map[field.owner] = { ...map[field.owner], [field.name]: resolver }
  }
  return map as IResolvers
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
