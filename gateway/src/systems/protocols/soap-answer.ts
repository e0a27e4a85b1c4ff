import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { UpstreamError } from '../types.ts'
import type { HttpAnswer, Row } from './protocol.ts'
import { badAnswer, refusal } from './refusal.ts'
import type { ElementType } from './wsdl.ts'

/** An element as the parser gives it in document order: its name with its content, and its attributes under `:@`. */
export type XmlNode = Record<string, XmlNode[] | string | Record<string, string>>

// Values stay text: a decimal must not become a float. In document order the parser
// builds no objects that would be thrown away: the WSDL says what each element becomes.
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  removeNSPrefix: true,
  processEntities: true,
  htmlEntities: false,
  // Nothing here asks for an element's path, which costs as much as a tenth of the parsing.
  jPath: false,
})

/** The content of the SOAP body. @throws UpstreamError when the answer is no whole envelope */
export function readSoapBody(system: string, answer: HttpAnswer): XmlNode[] {
  if (/^multipart\//i.test(answer.contentType))
    throw badAnswer(system, 'answered with attachments (MTOM or SwA), which are not read', answer)
  if (!/\bxml\b/i.test(answer.contentType)) {
    const failed = refusal(system, answer)
    throw failed ?? badAnswer(system, `answered ${answer.contentType || 'no content type'} for XML`, answer)
  }
  // SOAP 1.1 §3 forbids document types; their entities would be expanded.
  if (answer.body.slice(0, answer.body.indexOf('Envelope')).includes('<!DOCTYPE'))
    throw badAnswer(system, 'answered a document type', answer)
  // The parser repairs what is cut off, so that half an answer would look like a short one.
  if (!/<\/(?:[\w.-]+:)?Envelope>\s*$/.test(answer.body.slice(-200)))
    throw badAnswer(system, 'answered half an envelope', answer)
  // It also takes elements that end under another's name, or two documents, for something.
  if (XMLValidator.validate(answer.body) !== true) throw badAnswer(system, 'answered broken XML', answer)
  const envelope = contentOf(parse(system, answer), 'Envelope')
  const body = envelope && contentOf(envelope, 'Body')
  if (!body) throw badAnswer(system, 'answered no SOAP body', answer)
  return body
}

function parse(system: string, answer: HttpAnswer): XmlNode[] {
  try {
    return parser.parse(answer.body) as XmlNode[]
  } catch {
    throw badAnswer(system, 'answered XML that is not read', answer)
  }
}

/** An element as a plain value of its type: lists are lists, decimals text, what is absent null. */
export function readElement(type: ElementType, node: XmlNode): unknown {
  const attributes = node[':@'] as Record<string, string> | undefined
  if (attributes?.['@nil'] === 'true') return null
  const content = node[type.name] as XmlNode[]
  return type.simple === null ? readMembers(type, content) : readSimple(type.simple, textOf(content))
}

/**
 * A fault of SOAP 1.1 or 1.2: `Client` or `Sender` means that the call was refused as it stands, anything else that the
 * system failed.
 */
export function faultError(system: string, fault: XmlNode[], answer: HttpAnswer): UpstreamError {
  const text = (content: XmlNode[] | undefined): string | undefined => (content ? textOf(content).trim() : undefined)
  const newer = contentOf(fault, 'Code')
  const code = text(newer ? contentOf(newer, 'Value') : contentOf(fault, 'faultcode')) ?? ''
  const subcode = newer && contentOf(newer, 'Subcode')
  const detail = firstElement(contentOf(fault, newer ? 'Detail' : 'detail'))
  const words = newer ? contentOf(contentOf(fault, 'Reason') ?? [], 'Text') : contentOf(fault, 'faultstring')
  const reasonCode = text((detail && contentOf(detail, 'code')) ?? (subcode && contentOf(subcode, 'Value')))
  const reason = (text(detail && contentOf(detail, 'message')) ?? text(words))?.slice(0, 300)
  const message = `fault ${reasonCode ?? code}: ${reason ?? ''}`
  if (!/(^|:)(Client|Sender)(\.|$)/.test(code)) {
    return new UpstreamError('UPSTREAM_UNAVAILABLE', system, message, { status: answer.status, outcome: 'unknown' })
  }
  const told = { status: answer.status, ...(reason && { reason }), ...(reasonCode && { reasonCode }) }
  // A fault for a token that is no longer good is told in many ways; the HTTP status is the reliable one.
  const unauthenticated = answer.status === 401 || /unauthenticated|invalidtoken/i.test(reasonCode ?? '')
  const kind = unauthenticated ? 'UPSTREAM_UNAUTHENTICATED' : 'UPSTREAM_REFUSED'
  return new UpstreamError(kind, system, message, { ...told, outcome: 'refused', retryable: false })
}

function readMembers(type: ElementType, content: XmlNode[]): Row {
  const row: Row = {}
  for (const member of type.children()) row[member.name] = member.list ? [] : null
  for (const node of content) {
    const name = nameOf(node)
    const member = type.member(name)
    if (!member) continue
    if (member.list) (row[name] as unknown[]).push(readElement(member, node))
    else row[name] = readElement(member, node)
  }
  return row
}

function readSimple(kind: NonNullable<ElementType['simple']>, text: string): unknown {
  if (kind === 'string') return text
  const plain = text.trim()
  if (plain === '') return null
  if (kind === 'boolean') return plain === 'true' || plain === '1'
  if (kind === 'decimal') return plain
  const number = Number(plain)
  return Number.isSafeInteger(number) ? number : plain
}

function nameOf(node: XmlNode): string {
  for (const name in node) if (name !== ':@') return name
  return ''
}

function textOf(content: XmlNode[]): string {
  let text = ''
  for (const node of content) if (typeof node['#text'] === 'string') text += node['#text']
  return text
}

function contentOf(nodes: XmlNode[], name: string): XmlNode[] | undefined {
  return nodes.find(node => name in node)?.[name] as XmlNode[] | undefined
}

function firstElement(nodes: XmlNode[] | undefined): XmlNode[] | undefined {
  const node = nodes?.find(one => nameOf(one) !== '#text')
  return node ? (node[nameOf(node)] as XmlNode[]) : undefined
}
