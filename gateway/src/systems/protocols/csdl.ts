import { XMLParser } from 'fast-xml-parser'
import { MappingFault } from './protocol.ts'

export interface CsdlProperty {
  /** e.g. `Edm.Decimal`; the element type of a collection */
  type: string
  collection: boolean
}

export interface CsdlEntityType {
  name: string
  keys: readonly string[]
  properties: ReadonlyMap<string, CsdlProperty>
  /** navigation property → qualified type it leads to */
  navigations: ReadonlyMap<string, { type: string; collection: boolean }>
}

/** Entity sets by name, with their types. */
export interface Csdl {
  sets: ReadonlyMap<string, CsdlEntityType>
  types: ReadonlyMap<string, CsdlEntityType>
}

type Node = Record<string, unknown>

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  removeNSPrefix: true,
  isArray: (_name, _path, _leaf, attribute) => !attribute,
})

/**
 * Reads an OData v4 metadata document (CSDL XML, https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/).
 * @throws MappingFault when it is none
 */
export function readCsdl(text: string, system: string): Csdl {
  let edmx: Node | undefined
  try {
    edmx = nodes(parser.parse(text) as Node, 'Edmx')[0]
  } catch (error) {
    throw new MappingFault(`${system}: the metadata document is not XML: ${(error as Error).message}`)
  }
  const schemas = nodes(nodes(edmx, 'DataServices')[0], 'Schema')
  if (schemas.length === 0) throw new MappingFault(`${system}: the document is no OData v4 metadata document`)
  const raw = new Map<string, Node>()
  for (const schema of schemas) {
    const prefixes = [attribute(schema, 'Namespace'), attribute(schema, 'Alias')].filter(Boolean)
    for (const type of nodes(schema, 'EntityType'))
      for (const prefix of prefixes) raw.set(`${prefix}.${attribute(type, 'Name')}`, type)
  }
  const types = new Map<string, CsdlEntityType>()
  for (const qualified of raw.keys()) types.set(qualified, entityType(qualified, raw))
  const sets = new Map<string, CsdlEntityType>()
  for (const container of schemas.flatMap(schema => nodes(schema, 'EntityContainer'))) {
    for (const set of nodes(container, 'EntitySet')) {
      const type = types.get(attribute(set, 'EntityType') ?? '')
      if (!type)
        throw new MappingFault(`${system}: the entity set ${attribute(set, 'Name')} has a type that is not declared`)
      sets.set(attribute(set, 'Name') ?? '', type)
    }
  }
  return { sets, types }
}

function entityType(qualified: string, raw: Map<string, Node>, depth = 0): CsdlEntityType {
  const node = raw.get(qualified) ?? {}
  const base = attribute(node, 'BaseType')
  const parent = base && depth < 16 ? entityType(base, raw, depth + 1) : undefined
  const keys = nodes(nodes(node, 'Key')[0], 'PropertyRef').map(one => attribute(one, 'Name') ?? '')
  return {
    name: qualified,
    keys: keys.length > 0 ? keys : (parent?.keys ?? []),
    properties: new Map([
      ...(parent?.properties ?? []),
      ...nodes(node, 'Property').map(one => [attribute(one, 'Name') ?? '', typeOf(one)] as const),
    ]),
    navigations: new Map([
      ...(parent?.navigations ?? []),
      ...nodes(node, 'NavigationProperty').map(one => [attribute(one, 'Name') ?? '', typeOf(one)] as const),
    ]),
  }
}

function typeOf(node: Node): CsdlProperty {
  const type = attribute(node, 'Type') ?? 'Edm.String'
  const element = /^Collection\((.*)\)$/.exec(type)?.[1]
  return { type: element ?? type, collection: element !== undefined }
}

function nodes(node: Node | undefined, name: string): Node[] {
  const found = node?.[name]
  return Array.isArray(found) ? (found as Node[]).filter(one => one !== null && typeof one === 'object') : []
}

function attribute(node: Node, name: string): string | undefined {
  const value = node[`@${name}`]
  return typeof value === 'string' ? value : undefined
}
