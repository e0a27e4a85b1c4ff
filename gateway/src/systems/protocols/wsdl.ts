import { XMLParser } from 'fast-xml-parser'
import { MappingFault } from './protocol.ts'
import {
  attribute,
  child,
  children,
  type ElementType,
  local,
  type Node,
  readTypes,
  type TypeReader,
} from './wsdl-types.ts'
import { faultOfXml } from './xml-document.ts'

export type { ElementType } from './wsdl-types.ts'

export interface SoapOperation {
  /** a name that promises to read; SOAP itself does not say */
  safe: boolean
  action: string
  input: ElementType
  output: ElementType
}

export interface Wsdl {
  version: '1.1' | '1.2'
  location: string
  operations: Map<string, SoapOperation>
  /** operations that are there and cannot be called, and why */
  unread: Map<string, string>
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  removeNSPrefix: true,
  isArray: (_name, _path, _leaf, attribute) => !attribute,
})

/** Why an operation cannot be called. */
class Unreadable extends Error {}

/**
 * Reads a WSDL 1.1 document with a SOAP 1.1 or 1.2 binding, document/literal or rpc/literal (https://www.w3.org/TR/wsdl,
 * WS-I Basic Profile). Of several bindings the first of SOAP 1.1 is taken, else the first of SOAP 1.2.
 * @throws MappingFault naming what it cannot read
 */
export function readWsdl(text: string, system: string): Wsdl {
  const fail = (what: string): never => {
    throw new MappingFault(`${system}: the WSDL ${what}`)
  }
  let definitions: Node | undefined
  try {
    definitions = child(parser.parse(withSoapNames(text)) as Node, 'definitions')
  } catch (error) {
    fail(`is not XML: ${(error as Error).message}`)
  }
  if (!definitions) return fail('has no definitions')
  const fault = faultOfXml(text)
  if (fault) return fail(fault)
  const schemas = children(child(definitions, 'types'), 'schema')
  const types = readTypes(schemas, fail)
  const elements = new Map<string, ElementType>()
  for (const schema of schemas) {
    const namespace = attribute(schema, 'targetNamespace')
    for (const element of children(schema, 'element')) {
      const declared = types.element(element, schema)
      elements.set(declared.name, { ...declared, namespace, children: declared.children })
    }
  }
  const messages = new Map(children(definitions, 'message').map(one => [attribute(one, 'name') ?? '', one]))
  const chosen = chooseBinding(definitions)
  if (!chosen) return fail('has no binding of SOAP over HTTP')
  const { binding, location, prefix } = chosen
  const portType = children(definitions, 'portType').find(
    one => attribute(one, 'name') === local(attribute(binding, 'type') ?? ''),
  )
  const reader = { elements, messages, types, prefix, namespace: attribute(definitions, 'targetNamespace') }
  const operations = new Map<string, SoapOperation>()
  const unread = new Map<string, string>()
  const style = attribute(child(binding, `${prefix}binding`), 'style') ?? 'document'
  for (const bound of children(binding, 'operation')) {
    const name = attribute(bound, 'name') ?? ''
    const abstract = children(portType, 'operation').find(one => attribute(one, 'name') === name)
    try {
      operations.set(name, readOperation(name, bound, abstract, style, reader))
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      unread.set(name, error.message)
    }
  }
  const [first] = unread
  if (operations.size === 0)
    return fail(first ? `has no operation that is read: ${first[0]} ${first[1]}` : 'has no operations')
  return { version: prefix === soap11 ? '1.1' : '1.2', location, operations, unread }
}

const soap11 = 'soap-'
const soap12 = 'soap12-'
const namespaces: [string, string][] = [
  ['http://schemas.xmlsoap.org/wsdl/soap/', soap11],
  ['http://schemas.xmlsoap.org/wsdl/soap12/', soap12],
  ['http://schemas.xmlsoap.org/wsdl/mime/', 'mime-'],
  ['http://schemas.xmlsoap.org/wsdl/http/', 'http-'],
]

// `soap:binding` and `http:binding` differ by their namespace only, which the parser takes off.
function withSoapNames(text: string): string {
  let named = text
  for (const [namespace, prefix] of namespaces) {
    const quoted = namespace.replaceAll('.', '\\.')
    for (const [, bound] of text.matchAll(new RegExp(`xmlns:([\\w.-]+)\\s*=\\s*["']${quoted}["']`, 'g')))
      named = named.replace(new RegExp(`(</?)${(bound as string).replaceAll('.', '\\.')}:`, 'g'), `$1${prefix}`)
    named = named.replace(
      new RegExp(`<(\\w+)(\\s[^<>]*?xmlns\\s*=\\s*["']${quoted}["'][^<>]*/>)`, 'g'),
      `<${prefix}$1$2`,
    )
  }
  return named
}

function chooseBinding(definitions: Node): { binding: Node; location: string; prefix: string } | undefined {
  const bindings = children(definitions, 'binding')
  const ports = children(definitions, 'service').flatMap(service => children(service, 'port'))
  for (const prefix of [soap11, soap12]) {
    const binding = bindings.find(one => child(one, `${prefix}binding`))
    if (!binding) continue
    const own = ports.find(one => local(attribute(one, 'binding') ?? '') === attribute(binding, 'name'))
    return { binding, location: attribute(child(own, `${prefix}address`), 'location') ?? '', prefix }
  }
  return undefined
}

interface Reader {
  elements: ReadonlyMap<string, ElementType>
  messages: ReadonlyMap<string, Node>
  types: TypeReader
  prefix: string
  namespace: string | undefined
}

function readOperation(
  name: string,
  bound: Node,
  abstract: Node | undefined,
  bindingStyle: string,
  reader: Reader,
): SoapOperation {
  const settings = child(bound, `${reader.prefix}operation`)
  const style = attribute(settings, 'style') ?? bindingStyle
  const part = (which: 'input' | 'output'): ElementType => {
    const side = child(bound, which)
    if (child(side, 'mime-multipartRelated')) throw new Unreadable('takes or gives attachments, which are not read')
    const message = reader.messages.get(local(attribute(child(abstract, which), 'message') ?? ''))
    if (!message) throw new Unreadable(`names no message for its ${which}`)
    const body = child(side, `${reader.prefix}body`)
    if (attribute(body, 'use') === 'encoded')
      throw new Unreadable('uses SOAP encoding (use="encoded"); only literal is read')
    const only = attribute(body, 'parts')?.split(/\s+/)
    const parts = children(message, 'part').filter(one => !only || only.includes(attribute(one, 'name') ?? ''))
    return style === 'rpc'
      ? wrapper(which === 'input' ? name : `${name}Response`, parts, body, reader)
      : documentPart(parts, reader)
  }
  // A name says what an operation does at least as well as nothing.
  const safe = /^(get|list|find|search|query|read|count)/i.test(name)
  return { safe, action: attribute(settings, 'soapAction') ?? '', input: part('input'), output: part('output') }
}

function documentPart(parts: Node[], { elements }: Reader): ElementType {
  const [part] = parts.filter(one => attribute(one, 'element') !== undefined)
  const name = local(attribute(part, 'element') ?? '')
  const element = elements.get(name)
  if (!element) throw new Unreadable(`has a message whose element ${name ? `${name} ` : ''}is not declared`)
  return element
}

/** In rpc style a message is an element named after the operation, its parts are elements of no namespace within. */
function wrapper(name: string, parts: Node[], body: Node | undefined, reader: Reader): ElementType {
  const members = parts.map(part => {
    const element = attribute(part, 'element')
    if (element !== undefined)
      throw new Unreadable(`has the part ${attribute(part, 'name')} of an element in rpc style`)
    return reader.types.element({ '@name': attribute(part, 'name'), '@type': attribute(part, 'type') }, {})
  })
  const byName = new Map(members.map(one => [one.name, one]))
  return {
    name,
    list: false,
    optional: false,
    namespace: attribute(body, 'namespace') ?? reader.namespace,
    simple: null,
    values: undefined,
    children: () => members,
    member: one => byName.get(one),
  }
}
