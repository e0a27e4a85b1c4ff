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
  specifiedDirectives,
  specifiedScalarTypes,
  type TypeNode,
  valueFromAST,
} from 'graphql'
import { deferDirective } from './defer.ts'
import {
  type Dictionary,
  DictionaryFault,
  type DictionaryField,
  type DictionaryType,
  nodeOfConnection,
} from './dictionary.ts'
import { fieldNodes, pageTypes } from './page-types.ts'
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

/** What an object type is made of: fields of the dictionary, and fields of SDL. */
interface Told {
  type?: DictionaryType
  nodes: readonly FieldDefinitionNode[]
}
type FieldResolvers = Record<string, unknown>

/**
 * Makes the executable schema type by type, so that a schema of thousands of types never keeps the event loop: neither SDL is
 * printed and parsed again, nor is one function of a library busy with all types but for the last step. Every field is
 * checked here; those of a type are kept from when somebody first asks for the type, which most are never.
 * @throws DictionaryFault when a type is named that is not there, or one is there twice
 */
export function* buildingSchema({ dictionary, resolve, local }: SchemaParts): Slices<GraphQLSchema> {
  const named = new Map<string, GraphQLNamedType>(specifiedScalarTypes.map(type => [type.name, type]))
  const given = mergedResolvers(local.resolvers)
  const localNodes = local.typeDefs.flatMap(text => parse(text, { noLocation: true }).definitions)
  const objects = new Map<string, Told>()
  for (const node of [...dictionary.document.definitions, ...localNodes]) {
    const type = plainType(node, named, given)
    if (!type) continue
    if (named.has(type.name) && !(type instanceof GraphQLScalarType)) throw twice(type.name)
    named.set(type.name, type)
  }
  for (const type of dictionary.types.values()) objects.set(type.name, { type, nodes: [] })
  for (const node of localNodes) {
    if (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.OBJECT_TYPE_EXTENSION) continue
    const name = node.name.value
    const before = objects.get(name)
    if (node.kind === Kind.OBJECT_TYPE_DEFINITION && before) throw twice(name)
    objects.set(name, { ...before, nodes: [...(before?.nodes ?? []), ...(node.fields ?? [])] })
  }
  const joined = pageTypes(dictionary, new Set([...objects.keys(), ...named.keys()]))
  const making = { named, given, resolve }
  const made = new Map<string, FieldConfigs>()
  for (const [name, told] of objects) {
    yield
    if (named.has(name)) throw twice(name)
    if (!told.type?.fields.size && told.nodes.length === 0) throw new DictionaryFault(`${name} has no fields`)
    const description = told.type?.label
    named.set(
      name,
      new GivenType({
        name: checkedName(name),
        ...(description && description.zh !== name && { description: `${description.zh} / ${description.en}` }),
        fields: () => made.get(name) ?? Object.fromEntries(fieldsOf(told, name, making)),
      }),
    )
  }
  for (const [name, text] of joined) {
    yield
    if (named.has(name)) throw twice(name)
    const fields = () => Object.fromEntries(fieldsOf({ nodes: fieldNodes(text) }, name, making))
    named.set(name, new GivenType({ name, fields }))
  }
  const unresolved = { ...making, resolve: () => undefined }
  for (const [name, told] of objects) for (const _ of fieldsOf(told, name, unresolved)) yield
  for (const [name] of joined) {
    const node = nodeOfConnection(name)
    if (node !== undefined && !named.has(node)) throw absent(node, `${name}.nodes`)
  }
  // The roots are asked for by everybody, and hold more fields than may be made in one go.
  for (const root of roots) {
    const told = objects.get(root)
    if (!told) continue
    const own: FieldConfigs = {}
    for (const [name, config] of fieldsOf(told, root, making)) {
      yield
      own[name] = config
    }
    made.set(root, own)
    ;(named.get(root) as GivenType).getFields()
    made.delete(root)
  }
  yield
  const [query, mutation, subscription] = roots.map(name => named.get(name) as GraphQLObjectType | undefined)
  const config = {
    query,
    mutation,
    subscription,
    types: [...named.values()],
    directives: [...specifiedDirectives, deferDirective],
  }
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
  given: ReadonlyMap<string, FieldResolvers>
  resolve(field: DictionaryField): unknown
}
type FieldConfigs = Record<string, GraphQLFieldConfig<unknown, unknown>>

function* fieldsOf({ type, nodes }: Told, owner: string, making: Making): Generator<[string, FieldConfigs[string]]> {
  for (const field of type?.fields.values() ?? []) yield fieldOf(field.node, field, owner, making)
  for (const node of nodes) yield fieldOf(node, undefined, owner, making)
}

function fieldOf(
  node: FieldDefinitionNode,
  field: DictionaryField | undefined,
  owner: string,
  { named, given, resolve }: Making,
): [string, FieldConfigs[string]] {
  const name = node.name.value
  const place = `${owner}.${name}`
  const type = typeOf(node.type, named, place)
  if (!isOutputType(type)) throw new DictionaryFault(`${place} cannot be read: its type is an input`)
  const resolver = given.get(owner)?.[name] ?? (field && resolve(field))
  const description =
    node.description?.value ?? (field && field.label.zh !== name ? `${field.label.zh} / ${field.label.en}` : undefined)
  return [
    checkedName(name),
    {
      type,
      args: argumentsOf(node.arguments ?? [], named, place),
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
  if (!type) throw absent(node.name.value, place)
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

function absent(name: string, place: string): DictionaryFault {
  return new DictionaryFault(`${place} is of the type ${name}, which is not there`)
}

function twice(name: string): DictionaryFault {
  return new DictionaryFault(`the type ${name} is there twice`)
}
