import type { IResolvers } from '@graphql-tools/utils'
import {
  type DefinitionNode,
  type FieldDefinitionNode,
  GraphQLEnumType,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLInputFieldConfig,
  GraphQLInputObjectType,
  GraphQLList,
  type GraphQLNamedType,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  type GraphQLType,
  GraphQLUnionType,
  type InputValueDefinitionNode,
  isInputType,
  isOutputType,
  Kind,
  parse,
  specifiedScalarTypes,
  type TypeNode,
  valueFromAST,
} from 'graphql'
import { type Dictionary, DictionaryFault, type DictionaryField, nodeOfConnection } from './dictionary.ts'
import type { Slices } from './slices.ts'

const roots = ['Query', 'Mutation', 'Subscription'] as const

/** What a schema is made of. */
export interface SchemaParts {
  dictionary: Dictionary
  /** resolver of a field of the dictionary; undefined = the value of that name */
  resolve(field: DictionaryField): unknown
  /** what is no part of the dictionary: SDL that may extend Query, Mutation and Subscription, and its resolvers */
  local: { typeDefs: readonly string[]; resolvers: readonly IResolvers[] }
}

type Told = { kind: 'dictionary'; field: DictionaryField } | { kind: 'local'; node: FieldDefinitionNode }
type FieldResolvers = Record<string, unknown>

/**
 * Makes the executable schema type by type, so that a schema of thousands of types never keeps the event loop: neither SDL is
 * printed and parsed again, nor is one function of a library busy with all types but for the last step.
 * @throws DictionaryFault when a type is named that is not there, or one is there twice
 */
export function* buildingSchema({ dictionary, resolve, local }: SchemaParts): Slices<GraphQLSchema> {
  const named = new Map<string, GraphQLNamedType>(specifiedScalarTypes.map(type => [type.name, type]))
  const given = mergedResolvers(local.resolvers)
  const localNodes = local.typeDefs.flatMap(text => parse(text, { noLocation: true }).definitions)
  const objects = new Map<string, Told[]>()
  for (const node of [...dictionary.document.definitions, ...localNodes]) {
    const type = plainType(node, named, given)
    if (!type) continue
    if (named.has(type.name) && !(type instanceof GraphQLScalarType)) throw twice(type.name)
    named.set(type.name, type)
  }
  for (const type of dictionary.types.values()) {
    yield
    objects.set(
      type.name,
      [...type.fields.values()].map(field => ({ kind: 'dictionary', field })),
    )
  }
  for (const node of localNodes) {
    if (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.OBJECT_TYPE_EXTENSION) continue
    const name = node.name.value
    if (node.kind === Kind.OBJECT_TYPE_DEFINITION && objects.has(name)) throw twice(name)
    const fields = (node.fields ?? []).map(one => ({ kind: 'local', node: one }) as const)
    objects.set(name, [...(objects.get(name) ?? []), ...fields])
  }
  for (const text of connections(dictionary, new Set([...objects.keys(), ...named.keys()]))) {
    yield
    for (const node of parse(text, { noLocation: true }).definitions)
      if (node.kind === Kind.OBJECT_TYPE_DEFINITION)
        objects.set(
          node.name.value,
          (node.fields ?? []).map(one => ({ kind: 'local', node: one })),
        )
  }
  const made = new Map<GraphQLObjectType, Told[]>()
  const fields = new Map<string, Record<string, GraphQLFieldConfig<unknown, unknown>>>()
  for (const [name, told] of objects) {
    yield
    if (named.has(name)) throw twice(name)
    if (told.length === 0) throw new DictionaryFault(`${name} has no fields`)
    const description = dictionary.types.get(name)?.label
    const type = new GivenType({
      name: checkedName(name),
      ...(description && description.zh !== name && { description: `${description.zh} / ${description.en}` }),
      fields: () => fields.get(name) ?? {},
    })
    named.set(name, type)
    made.set(type, told)
  }
  // Asked for now, the fields are made here, one after the other, and not all at once in the schema's constructor.
  for (const [type, told] of made) {
    const own: Record<string, GraphQLFieldConfig<unknown, unknown>> = {}
    const making = { named, given: given.get(type.name) ?? {}, resolve }
    for (const one of told) {
      yield
      const [name, config] = fieldOf(one, type.name, making)
      own[name] = config
    }
    fields.set(type.name, own)
    type.getFields()
    fields.delete(type.name)
  }
  yield
  const [query, mutation, subscription] = roots.map(name => named.get(name) as GraphQLObjectType | undefined)
  const config = { query, mutation, subscription, types: [...named.values()] }
  // Checked above as far as a dictionary can be wrong; the library's own check would look at every type again, in one go.
  return GivenType.whileAllAreGiven(() => new GraphQLSchema({ ...config, assumeValid: true }))
}

/** An object type whose fields can be hidden from the schema's constructor: it looks there for types it was given already. */
class GivenType extends GraphQLObjectType {
  static #allAreGiven = false

  static whileAllAreGiven<T>(make: () => T): T {
    GivenType.#allAreGiven = true
    try {
      return make()
    } finally {
      GivenType.#allAreGiven = false
    }
  }

  override getFields(): ReturnType<GraphQLObjectType['getFields']> {
    return GivenType.#allAreGiven ? {} : super.getFields()
  }
}

interface Making {
  named: ReadonlyMap<string, GraphQLNamedType>
  given: FieldResolvers
  resolve(field: DictionaryField): unknown
}

function fieldOf(told: Told, owner: string, making: Making): [string, GraphQLFieldConfig<unknown, unknown>] {
  const node = told.kind === 'local' ? told.node : told.field.node
  const name = node.name.value
  const place = `${owner}.${name}`
  const type = typeOf(node.type, making.named, place)
  if (!isOutputType(type)) throw new DictionaryFault(`${place} cannot be read: its type is an input`)
  const resolver = making.given[name] ?? (told.kind === 'dictionary' ? making.resolve(told.field) : undefined)
  const description =
    node.description?.value ??
    (told.kind === 'dictionary' && told.field.label.zh !== name
      ? `${told.field.label.zh} / ${told.field.label.en}`
      : undefined)
  return [
    checkedName(name),
    {
      type,
      args: argumentsOf(node.arguments ?? [], making.named, place),
      ...(description && { description }),
      ...(typeof resolver === 'function' ? { resolve: resolver } : (resolver as object | undefined)),
    },
  ]
}

function argumentsOf(
  nodes: readonly InputValueDefinitionNode[],
  named: ReadonlyMap<string, GraphQLNamedType>,
  place: string,
): GraphQLFieldConfigArgumentMap {
  const result: Record<string, GraphQLInputFieldConfig> = {}
  for (const { name, type: node, defaultValue, description } of nodes) {
    const type = typeOf(node, named, place)
    if (!isInputType(type)) throw new DictionaryFault(`${place}(${name.value}) must be a scalar, an enum or an input`)
    result[checkedName(name.value)] = {
      type,
      ...(description && { description: description.value }),
      ...(defaultValue && { defaultValue: valueFromAST(defaultValue, type) }),
    }
  }
  return result
}

function typeOf(node: TypeNode, named: ReadonlyMap<string, GraphQLNamedType>, place: string): GraphQLType {
  if (node.kind === Kind.LIST_TYPE) return new GraphQLList(typeOf(node.type, named, place))
  if (node.kind === Kind.NON_NULL_TYPE)
    // The grammar lets no non-null stand in another.
    return new GraphQLNonNull(typeOf(node.type, named, place) as Exclude<GraphQLType, GraphQLNonNull<never>>)
  const type = named.get(node.name.value)
  if (!type) throw new DictionaryFault(`${place} is of the type ${node.name.value}, which is not there`)
  return type
}

function plainType(
  node: DefinitionNode,
  named: ReadonlyMap<string, GraphQLNamedType>,
  given: ReadonlyMap<string, FieldResolvers | GraphQLScalarType>,
): GraphQLNamedType | undefined {
  if (!('name' in node) || !node.name) return undefined
  const name = checkedName(node.name.value)
  const described = 'description' in node && node.description ? { description: node.description.value } : {}
  switch (node.kind) {
    case Kind.SCALAR_TYPE_DEFINITION: {
      const own = given.get(name)
      return own instanceof GraphQLScalarType ? own : new GraphQLScalarType({ name, ...described })
    }
    case Kind.ENUM_TYPE_DEFINITION:
      // Of the dictionary's directives, not of what it describes.
      if (name === 'DataClass' || name === 'MaskKind') return undefined
      return new GraphQLEnumType({
        name,
        ...described,
        values: Object.fromEntries((node.values ?? []).map(value => [value.name.value, {}])),
      })
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
      return new GraphQLInputObjectType({
        name,
        ...described,
        fields: () => argumentsOf(node.fields ?? [], named, name) as Record<string, GraphQLInputFieldConfig>,
      })
    case Kind.UNION_TYPE_DEFINITION: {
      const own = given.get(name) as FieldResolvers | undefined
      return new GraphQLUnionType({
        name,
        ...described,
        types: () =>
          (node.types ?? []).map(one => {
            const type = typeOf(one, named, name)
            if (!(type instanceof GraphQLObjectType)) throw new DictionaryFault(`${name} unites objects only`)
            return type
          }),
        ...(own?.__resolveType !== undefined && { resolveType: own.__resolveType as () => string }),
      })
    }
    default:
      return undefined
  }
}

function* connections(dictionary: Dictionary, present: ReadonlySet<string>): Generator<string> {
  const names = new Set(dictionary.fields.flatMap(field => nodeOfConnection(field.type) ?? []))
  for (const name of names)
    if (!present.has(`${name}Connection`))
      yield `type ${name}Connection { nodes: [${name}!]! edges: [${name}Edge!]! totalCount: Int pageInfo: PageInfo! }
        type ${name}Edge { cursor: String! node: ${name}! }`
  if (!present.has('PageInfo')) yield 'type PageInfo { hasNextPage: Boolean! endCursor: String }'
}

/** What several parts say of one type together. */
function mergedResolvers(parts: readonly IResolvers[]): Map<string, FieldResolvers> {
  const merged = new Map<string, FieldResolvers>()
  for (const part of parts)
    for (const [type, own] of Object.entries(part))
      merged.set(type, own instanceof GraphQLScalarType ? (own as never) : { ...merged.get(type), ...(own as object) })
  return merged
}

function checkedName(name: string): string {
  if (name.startsWith('__'))
    throw new DictionaryFault(`${name}: names that begin with two underscores are GraphQL's own`)
  return name
}

function twice(name: string): DictionaryFault {
  return new DictionaryFault(`the type ${name} is there twice`)
}
