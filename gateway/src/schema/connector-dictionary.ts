import {
  type DefinitionNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  parse,
  print,
  visit,
} from 'graphql'
import { ConfigFileError } from '../config.ts'
import type { SystemsFile } from '../systems/configuration.ts'
import { readConnectorText } from '../systems/connectors.ts'
import { DictionaryFault, nodeOfConnection } from './dictionary.ts'

/**
 * What the connectors of systems.yaml say to the dictionary, as SDL: a connector's folder writes its own name where the
 * company's name for the system belongs, and leaves out the types that the company has from elsewhere.
 * @throws DictionaryFault, ConfigFileError when two systems would be the record of one type
 */
export async function connectorDictionaries(configDir: string, file: SystemsFile): Promise<string[]> {
  const texts: string[] = []
  for (const [system, definition] of Object.entries(file.systems)) {
    const { connector, entities } = definition
    if (connector === undefined) continue
    const text = await readConnectorText(configDir, connector, 'dictionary.graphql')
    if (text === undefined) continue
    const document = only(new Set(Object.keys(entities)), named(read(connector, text), connector, system))
    for (const node of document.definitions) if (isRecordOf(node)) checkAlone(file, system, node.name.value)
    texts.push(print(document))
  }
  return texts
}

function read(connector: string, text: string): DocumentNode {
  try {
    return parse(text, { noLocation: true })
  } catch (error) {
    throw new DictionaryFault(
      `the dictionary of the connector ${connector} is no GraphQL SDL: ${(error as Error).message}`,
    )
  }
}

/** Leaves out the entities that are not provided, the lists of them, and what only they refer to. */
function only(provided: ReadonlySet<string>, document: DocumentNode): DocumentNode {
  const left = new Set<string>()
  const entities = document.definitions.filter(node => {
    const gone = isEntity(node) && !provided.has(node.name.value)
    // The types of the dictionary itself stay, from wherever the company has them.
    if (gone && !isRecordOf(node)) left.add(node.name.value)
    return !gone
  })
  const pruned = entities.flatMap((node): DefinitionNode[] => {
    if (node.kind !== Kind.OBJECT_TYPE_EXTENSION) return [node]
    const fields = (node.fields ?? []).filter(field => !left.has(nodeOfConnection(typeOf(field)) ?? typeOf(field)))
    return fields.length > 0 || !node.fields ? [{ ...node, fields }] : []
  })
  const referred = new Set<string>()
  for (const node of pruned) visit(node, { NamedType: named => void referred.add(named.name.value) })
  const definitions = pruned.filter(node => node.kind !== Kind.ENUM_TYPE_DEFINITION || referred.has(node.name.value))
  return { ...document, definitions }
}

function typeOf(field: FieldDefinitionNode): string {
  let at = field.type
  while (at.kind !== Kind.NAMED_TYPE) at = at.type
  return at.name.value
}

function isEntity(node: DefinitionNode): node is ObjectTypeExtensionNode | ObjectTypeDefinitionNode {
  return isRecordOf(node) || (node.kind === Kind.OBJECT_TYPE_DEFINITION && hasEntity(node.directives))
}

/** `extend type Customer @entity(…)`: the system becomes the record of a type that the dictionary has already. */
function isRecordOf(node: DefinitionNode): node is ObjectTypeExtensionNode {
  return node.kind === Kind.OBJECT_TYPE_EXTENSION && hasEntity(node.directives)
}

function hasEntity(directives: readonly DirectiveNode[] | undefined): boolean {
  return directives?.some(one => one.name.value === 'entity') ?? false
}

function checkAlone(file: SystemsFile, system: string, type: string): void {
  const other = Object.entries(file.systems).find(([id, one]) => id !== system && Object.hasOwn(one.entities, type))
  if (other)
    throw new ConfigFileError(
      `systems.yaml: ${system} and ${other[0]} both have ${type}; say with "provides" at ${system} which types are its own`,
    )
}

function named(document: DocumentNode, connector: string, system: string): DocumentNode {
  if (connector === system) return document
  const rename = (text: string): string =>
    text === connector ? system : text.startsWith(`${connector}:`) ? `${system}${text.slice(connector.length)}` : text
  return visit(document, {
    Argument(node) {
      if (node.name.value !== 'system' && node.name.value !== 'roles') return undefined
      return visit(node, { StringValue: value => ({ ...value, value: rename(value.value) }) })
    },
  }) as DocumentNode
}
