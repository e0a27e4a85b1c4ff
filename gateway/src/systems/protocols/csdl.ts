import { XMLParser } from 'fast-xml-parser'
import { MappingFault } from './protocol.ts'
import { faultOfXml } from './xml-document.ts'

export interface CsdlProperty {
  /** e.g. `Edm.Decimal`; the element type of a collection */
  type: string
  collection: boolean
  /** SAP marks so an Edm.DateTime that is a day */
  day: boolean
}

/** An entity type; a complex type is one without keys. */
export interface CsdlEntityType {
  name: string
  keys: readonly string[]
  properties: ReadonlyMap<string, CsdlProperty>
  /** navigation property → qualified type it leads to */
  navigations: ReadonlyMap<string, { type: string; collection: boolean }>
}

/** A function import of v2: what a service does beside reading and writing entities. */
export interface CsdlFunction {
  method: 'GET' | 'POST'
  parameters: ReadonlyMap<string, CsdlProperty>
  /** qualified type it answers; undefined for none */
  result: string | undefined
}

export interface Csdl {
  version: '2.0' | '4.0'
  /** the service is SAP's: it wants CSRF tokens */
  sap: boolean
  /** entity sets by name, with their types */
  sets: ReadonlyMap<string, CsdlEntityType>
  types: CsdlTypes
  functions: ReadonlyMap<string, CsdlFunction>
}

export type CsdlTypes = ReadonlyMap<string, CsdlEntityType>

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
 * Reads an OData metadata document: v4 (https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/) or v2, whose version stands
 * at its DataServices (https://www.odata.org/documentation/odata-version-2-0/).
 * @throws MappingFault when it is none
 */
export function readCsdl(text: string, system: string): Csdl {
  const fail = (what: string): never => {
    throw new MappingFault(`${system}: the metadata document ${what}`)
  }
  let edmx: Node | undefined
  try {
    edmx = nodes(parser.parse(text) as Node, 'Edmx')[0]
  } catch (error) {
    fail(`is not XML: ${(error as Error).message}`)
  }
  const fault = edmx && faultOfXml(text)
  if (fault) fail(fault)
  const services = nodes(edmx, 'DataServices')[0]
  const schemas = nodes(services, 'Schema')
  if (!edmx || !services || schemas.length === 0)
    throw new MappingFault(`${system}: this is no OData metadata document`)
  const version = versionOf(edmx, services) ?? fail(`is of a version that is not read; 2.0 and 4.0 are`)
  const raw: Raw = { types: new Map(), ends: new Map() }
  for (const schema of schemas) {
    const prefixes = [attribute(schema, 'Namespace'), attribute(schema, 'Alias')].filter(Boolean)
    for (const prefix of prefixes) {
      for (const type of [...nodes(schema, 'EntityType'), ...nodes(schema, 'ComplexType')])
        raw.types.set(`${prefix}.${attribute(type, 'Name')}`, type)
      for (const association of nodes(schema, 'Association'))
        for (const end of nodes(association, 'End'))
          raw.ends.set(`${prefix}.${attribute(association, 'Name')} ${attribute(end, 'Role')}`, end)
    }
  }
  const types = new Map([...raw.types.keys()].map(name => [name, entityType(name, raw)]))
  const sets = new Map<string, CsdlEntityType>()
  const functions = new Map<string, CsdlFunction>()
  for (const container of schemas.flatMap(schema => nodes(schema, 'EntityContainer'))) {
    for (const set of nodes(container, 'EntitySet')) {
      const name = attribute(set, 'Name') ?? ''
      const type = types.get(attribute(set, 'EntityType') ?? '')
      sets.set(name, type ?? fail(`names a type for the entity set ${name} that it does not declare`))
    }
    if (version === '4.0') continue
    for (const one of nodes(container, 'FunctionImport')) functions.set(attribute(one, 'Name') ?? '', functionOf(one))
  }
  const sap = /http:\/\/www\.sap\.com\/Protocols\/SAPData|com\.sap\.vocabularies/.test(text)
  return { version, sap, sets, types, functions }
}

function versionOf(edmx: Node, services: Node): Csdl['version'] | undefined {
  const outer = attribute(edmx, 'Version') ?? ''
  if (outer.startsWith('4.')) return '4.0'
  const inner = attribute(services, 'DataServiceVersion') ?? '2.0'
  return outer === '1.0' && /^[12]\.0$/.test(inner) ? '2.0' : undefined
}

interface Raw {
  types: Map<string, Node>
  /** ends of associations, by association and role: v2 says so where a navigation property leads */
  ends: Map<string, Node>
}

function entityType(qualified: string, raw: Raw, depth = 0): CsdlEntityType {
  const node = raw.types.get(qualified) ?? {}
  const base = attribute(node, 'BaseType')
  const parent = base && depth < 16 ? entityType(base, raw, depth + 1) : undefined
  const keys = nodes(nodes(node, 'Key')[0], 'PropertyRef').map(one => attribute(one, 'Name') ?? '')
  const named = <T>(name: string, read: (one: Node) => T): (readonly [string, T])[] =>
    nodes(node, name).map(one => [attribute(one, 'Name') ?? '', read(one)] as const)
  return {
    name: qualified,
    keys: keys.length > 0 ? keys : (parent?.keys ?? []),
    properties: new Map([...(parent?.properties ?? []), ...named('Property', typeOf)]),
    navigations: new Map([
      ...(parent?.navigations ?? []),
      ...named('NavigationProperty', one => navigationOf(one, raw)),
    ]),
  }
}

function navigationOf(node: Node, raw: Raw): { type: string; collection: boolean } {
  const end = raw.ends.get(`${attribute(node, 'Relationship')} ${attribute(node, 'ToRole')}`)
  return end ? { type: attribute(end, 'Type') ?? '', collection: attribute(end, 'Multiplicity') === '*' } : typeOf(node)
}

function functionOf(node: Node): CsdlFunction {
  const result = attribute(node, 'ReturnType')
  return {
    method: attribute(node, 'HttpMethod')?.toUpperCase() === 'POST' ? 'POST' : 'GET',
    parameters: new Map(nodes(node, 'Parameter').map(one => [attribute(one, 'Name') ?? '', typeOf(one)])),
    result: result && elementOf(result),
  }
}

function typeOf(node: Node): CsdlProperty {
  const type = attribute(node, 'Type') ?? 'Edm.String'
  return {
    type: elementOf(type),
    collection: type.startsWith('Collection('),
    day: attribute(node, 'display-format') === 'Date',
  }
}

function elementOf(type: string): string {
  return /^Collection\((.*)\)$/.exec(type)?.[1] ?? type
}

function nodes(node: Node | undefined, name: string): Node[] {
  const found = node?.[name]
  return Array.isArray(found) ? (found as Node[]).filter(one => one !== null && typeof one === 'object') : []
}

function attribute(node: Node, name: string): string | undefined {
  const value = node[`@${name}`]
  return typeof value === 'string' ? value : undefined
}
