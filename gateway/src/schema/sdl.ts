import {
  type DefinitionNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  visit,
} from 'graphql'
import { type Dictionary, type DictionaryField, type DictionaryType, nodeOfConnection } from './dictionary.ts'
import type { Entities } from './entities.ts'

const builtIn = new Set(['Query', 'Mutation', 'Subscription'])

/** The part of the dictionary that one system gives, as SDL; and the types that are joined there by key. */
export interface SystemPart {
  sdl: string
  fields: DictionaryField[]
  /** type → name of its key */
  joined: ReadonlyMap<string, string>
}

/** The whole dictionary as one schema. */
export function wholeSdl(dictionary: Dictionary): string {
  const objects = [...dictionary.types.values()].map(type => printType(type, [...type.fields.values()]))
  return [...plainDefinitions(dictionary), ...objects, ...connections(dictionary, [...dictionary.fields])].join('\n')
}

/** What one system gives of the dictionary: the fields it is the source of, and the keys they are joined by. */
export function systemPart(dictionary: Dictionary, entities: Entities, system: string): SystemPart {
  const given = dictionary.fields.filter(field => systemOf(dictionary, field) === system)
  const byType = new Map<string, DictionaryField[]>()
  const add = (field: DictionaryField): void => {
    const list = byType.get(field.owner) ?? []
    if (!list.includes(field)) byType.set(field.owner, [...list, field])
  }
  for (const field of given) add(field)
  const joined = new Map<string, string>()
  for (const name of [...byType.keys()]) {
    const type = dictionary.types.get(name) as DictionaryType
    const key = type.entity?.key
    if (!key || builtIn.has(name)) continue
    const rest = given.filter(field => field.owner === name && field.name !== key)
    add(type.fields.get(key) as DictionaryField)
    if (rest.length > 0 && isReachable(dictionary, entities, type)) joined.set(name, key)
  }
  // Types that are only referred to stand there with their key; values without a system stand there whole.
  const pending = [...byType.values()].flat()
  for (let field = pending.pop(); field; field = pending.pop()) {
    const target = dictionary.types.get(nodeOfConnection(field.type) ?? field.type)
    if (!target || byType.has(target.name)) continue
    const key = target.entity?.key
    const wanted = key ? [target.fields.get(key) as DictionaryField] : [...target.fields.values()]
    byType.set(target.name, wanted)
    pending.push(...wanted)
  }
  const fields = [...byType.values()].flat()
  const objects = [...byType].map(([name, own]) => {
    const extra = name === 'Query' ? [...joined].map(([type]) => `_${type}(keys: [ID!]!): [${type}]!`) : []
    return printType(dictionary.types.get(name) as DictionaryType, own, extra)
  })
  if (!byType.has('Query'))
    objects.push(
      `type Query { ${[...joined].map(([type]) => `_${type}(keys: [ID!]!): [${type}]!`).join(' ') || '_none: Boolean'} }`,
    )
  return {
    sdl: [...plainDefinitions(dictionary), ...objects, ...connections(dictionary, fields)].join('\n'),
    fields,
    joined,
  }
}

/** Types of the dictionary that other definitions refer to, as they stand in a schema of their own: key only, or whole. */
export function referredTypes(dictionary: Dictionary, sdl: string): string {
  const defined = new Set<string>()
  const named = new Set<string>()
  visit(parse(sdl), {
    NamedType: node => void named.add(node.name.value),
    enter: node => {
      if ('name' in node && node.kind.endsWith('TypeDefinition'))
        defined.add((node as { name: { value: string } }).name.value)
    },
  })
  const types = [...named].flatMap(name => {
    const type = defined.has(name) || builtIn.has(name) ? undefined : dictionary.types.get(name)
    if (!type) return []
    const key = type.entity?.key
    return [printType(type, key ? [type.fields.get(key) as DictionaryField] : [...type.fields.values()])]
  })
  return [...plainDefinitions(dictionary), ...types].join('\n')
}

/** The system that a field is read from; null for what the gateway itself knows. */
export function systemOf(dictionary: Dictionary, field: DictionaryField): string | null {
  const { source } = field
  const target = dictionary.types.get(nodeOfConnection(field.type) ?? field.type)
  if (source?.kind === 'value' || source?.kind === 'write') return source.system
  if (source?.kind === 'row') return source.system ?? target?.entity?.system ?? null
  if (source) return target?.entity?.system ?? null
  const owner = dictionary.types.get(field.owner)
  if (builtIn.has(field.owner)) return target?.entity?.system ?? null
  return owner?.entity?.system ?? null
}

// A type can be joined by key when each of its systems either reads it by key or knows it by its children only.
function isReachable(dictionary: Dictionary, entities: Entities, type: DictionaryType): boolean {
  const own = entities.get(`${type.entity?.system}.${type.name}`)
  const elsewhere = [...type.fields.values()].some(field => systemOf(dictionary, field) !== type.entity?.system)
  return Boolean(own?.keyFilter) || elsewhere
}

function plainDefinitions(dictionary: Dictionary): string[] {
  const kept: DefinitionNode[] = dictionary.document.definitions.filter(
    node =>
      node.kind === Kind.SCALAR_TYPE_DEFINITION ||
      node.kind === Kind.ENUM_TYPE_DEFINITION ||
      node.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION,
  )
  const page = dictionary.types.get('PageInfo')
  const hidden = new Set(['DataClass', 'MaskKind'])
  return kept
    .filter(node => !('name' in node && node.name && hidden.has(node.name.value)))
    .map(node => print(withoutDirectives(node)))
    .concat(page ? [] : ['type PageInfo { hasNextPage: Boolean! endCursor: String }'])
}

function connections(dictionary: Dictionary, fields: readonly DictionaryField[]): string[] {
  const names = new Set(fields.flatMap(field => nodeOfConnection(field.type) ?? []))
  const texts = [...names].map(
    name =>
      `type ${name}Connection { nodes: [${name}!]! edges: [${name}Edge!]! totalCount: Int pageInfo: PageInfo! }\ntype ${name}Edge { cursor: String! node: ${name}! }`,
  )
  const page = dictionary.types.get('PageInfo')
  const present = fields.some(field => field.owner === 'PageInfo')
  return page && !present && names.size > 0 ? [...texts, printType(page, [...page.fields.values()])] : texts
}

function printType(type: DictionaryType, fields: readonly DictionaryField[], extra: readonly string[] = []): string {
  const node: ObjectTypeDefinitionNode = {
    kind: Kind.OBJECT_TYPE_DEFINITION,
    name: { kind: Kind.NAME, value: type.name },
    fields: fields.map(field => describe(field)),
  }
  const text = print(node)
  return extra.length === 0 ? text : text.replace(/\}\s*$/, `${extra.join('\n')}\n}`)
}

// The standard names become the schema's own documentation.
function describe(field: DictionaryField): FieldDefinitionNode {
  const plain = withoutDirectives(field.node)
  if (plain.description || field.label.zh === field.name) return plain
  return { ...plain, description: { kind: Kind.STRING, value: `${field.label.zh} / ${field.label.en}` } }
}

function withoutDirectives<T extends DefinitionNode | FieldDefinitionNode>(node: T): T {
  return visit(node, { Directive: () => null }) as T
}
