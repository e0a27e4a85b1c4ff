import { XMLParser } from 'fast-xml-parser'
import { MappingFault } from './protocol.ts'
import { faultOfXml } from './xml-document.ts'

/** An element of a message as the WSDL's schema declares it. */
export interface ElementType {
  name: string
  /** lists are always lists, however many entries an answer has */
  list: boolean
  optional: boolean
  /** namespace its tag carries; undefined for an unqualified local element */
  namespace: string | undefined
  /** null for a complex type */
  simple: 'string' | 'integer' | 'boolean' | 'decimal' | null
  /** permitted values of an enumeration */
  values: readonly string[] | undefined
  /** read on demand, since types may contain themselves */
  children(): readonly ElementType[]
  member(name: string): ElementType | undefined
}

export interface SoapOperation {
  /** a name that promises to read; SOAP itself does not say */
  safe: boolean
  action: string
  input: ElementType
  output: ElementType
}

export interface Wsdl {
  location: string
  operations: Map<string, SoapOperation>
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
 * Reads a WSDL 1.1 document with one SOAP 1.1 document/literal binding (https://www.w3.org/TR/wsdl, WS-I Basic Profile).
 * @throws MappingFault naming what it cannot read
 */
export function readWsdl(text: string, system: string): Wsdl {
  const fail = (what: string): never => {
    throw new MappingFault(`${system}: the WSDL ${what}`)
  }
  let definitions: Node | undefined
  try {
    definitions = child(parser.parse(text) as Node, 'definitions')
  } catch (error) {
    fail(`is not XML: ${(error as Error).message}`)
  }
  if (!definitions) return fail('has no definitions')
  const fault = faultOfXml(text)
  if (fault) return fail(fault)
  const schemas = children(child(definitions, 'types'), 'schema')
  const elements = new Map<string, ElementType>()
  const types = readTypes(schemas, fail)
  for (const schema of schemas) {
    const namespace = attribute(schema, 'targetNamespace')
    for (const element of children(schema, 'element')) {
      const declared = types.element(element, schema)
      elements.set(declared.name, { ...declared, namespace, children: declared.children })
    }
  }
  const messages = new Map<string, string>()
  for (const message of children(definitions, 'message')) {
    const part = children(message, 'part')[0]
    messages.set(attribute(message, 'name') ?? '', local(attribute(part, 'element') ?? ''))
  }
  const actions = new Map<string, string>()
  for (const binding of children(definitions, 'binding')) {
    if (children(binding, 'binding').some(one => attribute(one, 'style') === 'rpc'))
      fail('uses the rpc style; only document/literal is read')
    for (const operation of children(binding, 'operation')) {
      actions.set(attribute(operation, 'name') ?? '', attribute(child(operation, 'operation'), 'soapAction') ?? '')
    }
  }
  const operations = new Map<string, SoapOperation>()
  for (const operation of children(definitions, 'portType').flatMap(port => children(port, 'operation'))) {
    const name = attribute(operation, 'name') ?? ''
    const part = (which: 'input' | 'output'): ElementType => {
      const message = local(attribute(child(operation, which), 'message') ?? '')
      const element = elements.get(messages.get(message) ?? '')
      return element ?? fail(`names for ${name} the ${which} message ${message}, whose element is not declared`)
    }
    const safe = /^(Get|List|Find|Search|Query|Read|Count)/.test(name)
    operations.set(name, { safe, action: actions.get(name) ?? '', input: part('input'), output: part('output') })
  }
  if (operations.size === 0) fail('has no operations')
  const location = children(definitions, 'service')
    .flatMap(service => children(service, 'port'))
    .map(port => attribute(child(port, 'address'), 'location'))
    .find(Boolean)
  return { location: location ?? '', operations }
}

interface TypeReader {
  element(node: Node, schema: Node): ElementType
}

function readTypes(schemas: Node[], fail: (what: string) => never): TypeReader {
  const complex = new Map<string, { node: Node; schema: Node }>()
  const simple = new Map<string, Node>()
  const globals = new Map<string, { node: Node; schema: Node }>()
  for (const schema of schemas) {
    for (const node of children(schema, 'complexType')) complex.set(attribute(node, 'name') ?? '', { node, schema })
    for (const node of children(schema, 'simpleType')) simple.set(attribute(node, 'name') ?? '', node)
    for (const node of children(schema, 'element')) globals.set(attribute(node, 'name') ?? '', { node, schema })
    if (
      children(schema, 'import').some(one => attribute(one, 'schemaLocation')) ||
      children(schema, 'include').length > 0
    ) {
      fail('refers to schemas outside itself; give a document with its schemas inside')
    }
  }

  function element(node: Node, schema: Node): ElementType {
    const reference = attribute(node, 'ref')
    if (reference) {
      const target = globals.get(local(reference)) ?? fail(`refers to the element ${reference}, which is not declared`)
      return {
        ...element(target.node, target.schema),
        ...occurrence(node),
        namespace: attribute(target.schema, 'targetNamespace'),
      }
    }
    const qualified = (attribute(node, 'form') ?? attribute(schema, 'elementFormDefault')) === 'qualified'
    const typeName = local(attribute(node, 'type') ?? '')
    const inlineComplex = child(node, 'complexType')
    const inlineSimple = child(node, 'simpleType')
    const named = complex.get(typeName)
    const base = {
      name: attribute(node, 'name') ?? '',
      ...occurrence(node),
      namespace: qualified ? attribute(schema, 'targetNamespace') : undefined,
    }
    if (inlineComplex || named) {
      let read: Map<string, ElementType> | undefined
      const content = (): Map<string, ElementType> => {
        const list = inlineComplex
          ? particles(inlineComplex, schema)
          : particles((named as { node: Node }).node, (named as { schema: Node }).schema)
        return new Map(list.map(one => [one.name, one]))
      }
      const members = (): Map<string, ElementType> => {
        read ??= content()
        return read
      }
      let list: readonly ElementType[] | undefined
      const children = (): readonly ElementType[] => {
        list ??= [...members().values()]
        return list
      }
      return { ...base, simple: null, values: undefined, children, member: name => members().get(name) }
    }
    const declared = inlineSimple ?? simple.get(typeName)
    const restriction = child(declared, 'restriction')
    const values = children(restriction, 'enumeration').map(one => attribute(one, 'value') ?? '')
    const primitive = local(attribute(restriction, 'base') ?? '') || typeName
    return {
      ...base,
      simple: simpleKind(primitive),
      values: values.length > 0 ? values : undefined,
      children: () => [],
      member: () => undefined,
    }
  }

  function particles(type: Node, schema: Node): ElementType[] {
    const extension = child(child(type, 'complexContent'), 'extension')
    if (extension) {
      const parent = complex.get(local(attribute(extension, 'base') ?? ''))
      return [...(parent ? particles(parent.node, parent.schema) : []), ...particles(extension, schema)]
    }
    return ['sequence', 'all', 'choice'].flatMap(kind =>
      children(type, kind).flatMap(group => [
        ...children(group, 'element').map(node => element(node, schema)),
        ...particles(group, schema),
      ]),
    )
  }
  return { element }
}

function occurrence(node: Node): { list: boolean; optional: boolean } {
  const most = attribute(node, 'maxOccurs') ?? '1'
  return {
    list: most === 'unbounded' || Number(most) > 1,
    optional: attribute(node, 'minOccurs') === '0' || attribute(node, 'nillable') === 'true',
  }
}

function simpleKind(name: string): ElementType['simple'] {
  if (/^(int|integer|long|short|byte|unsigned\w+|nonNegativeInteger|positiveInteger)$/.test(name)) return 'integer'
  if (name === 'boolean') return 'boolean'
  return name === 'decimal' ? 'decimal' : 'string'
}

function children(node: Node | undefined, name: string): Node[] {
  const found = node?.[name]
  return Array.isArray(found) ? found.map(one => (typeof one === 'object' && one !== null ? (one as Node) : {})) : []
}

function child(node: Node | undefined, name: string): Node | undefined {
  return children(node, name)[0]
}

function attribute(node: Node | undefined, name: string): string | undefined {
  const value = node?.[`@${name}`]
  return typeof value === 'string' ? value : undefined
}

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}
