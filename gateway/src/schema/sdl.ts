import {
  type DefinitionNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  print,
  visit,
} from 'graphql'
import { type Dictionary, type DictionaryField, type DictionaryType, nodeOfConnection } from './dictionary.ts'

const builtIn = new Set(['Query', 'Mutation', 'Subscription'])

/** The whole dictionary as one schema. */
export function wholeSdl(dictionary: Dictionary): string {
  const objects = [...dictionary.types.values()].map(type => printType(type, [...type.fields.values()]))
  return [...plainDefinitions(dictionary), ...objects, ...connections(dictionary, [...dictionary.fields])].join('\n')
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

function printType(type: DictionaryType, fields: readonly DictionaryField[]): string {
  const node: ObjectTypeDefinitionNode = {
    kind: Kind.OBJECT_TYPE_DEFINITION,
    name: { kind: Kind.NAME, value: type.name },
    fields: fields.map(field => describe(field)),
  }
  return print(node)
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
