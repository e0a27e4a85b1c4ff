import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { UpstreamError } from '../types.ts'
import { namedInput } from './named-input.ts'
import { type Description, follow, type HttpAnswer, InputFault, MappingFault, type Row, type Site } from './protocol.ts'
import { badAnswer, refusal } from './refusal.ts'
import { type ElementType, readWsdl, type SoapOperation } from './wsdl.ts'

const envelopeNamespace = 'http://schemas.xmlsoap.org/soap/envelope/'

// Values stay text (a decimal must not become a float), entities of a DTD are never read.
const parser = new XMLParser({
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

/**
 * A system that describes itself by a WSDL: SOAP 1.1, document/literal. Operations are called by their WSDL names.
 * @throws MappingFault when the WSDL cannot be read
 */
export function describeSoap(text: string, site: Site): Description {
  const wsdl = readWsdl(text, site.id)
  const endpoint = site.endpoint ?? wsdl.location
  if (!endpoint) throw new MappingFault(`${site.id}: neither the WSDL nor systems.yaml says where the service is`)

  function find(name: string): SoapOperation {
    const operation = wsdl.operations.get(name)
    if (!operation) throw new InputFault(`${site.id} has no operation ${name}`)
    return operation
  }

  return {
    operations: wsdl.operations,
    encode(name, input) {
      const operation = find(name)
      return {
        method: 'POST',
        url: endpoint,
        headers: { 'content-type': 'text/xml; charset=utf-8', soapaction: `"${operation.action}"`, accept: 'text/xml' },
        body: `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="${envelopeNamespace}"><soap:Body>${writeElement(`${site.id}.${name}`, operation.input, input, '')}</soap:Body></soap:Envelope>`,
      }
    },
    decode(name, answer) {
      const operation = find(name)
      const body = readBody(site.id, answer)
      if (body.Fault) throw faultError(site.id, body.Fault as Row, answer)
      const failed = refusal(site.id, answer)
      if (failed) throw failed
      if (!(operation.output.name in body))
        throw badAnswer(site.id, `${name} answered no ${operation.output.name}`, answer)
      return readValue(operation.output, body[operation.output.name])
    },
    check(entity, paths) {
      const operation = wsdl.operations.get(entity.operation)
      if (!operation)
        throw new MappingFault(
          `${site.id} has no operation ${entity.operation}; it has ${[...wsdl.operations.keys()].join(', ')}`,
        )
      const inputs = operation.input.children()
      namedInput.check(site.id, entity, input => inputs.some(one => one.name === input))
      const item = elementAt(operation.output, entity.rows)
      if (!item?.list) throw new MappingFault(`${site.id}.${entity.operation} answers no list at "${entity.rows}"`)
      for (const path of paths) {
        if (!elementAt(item, path)) throw new MappingFault(`${site.id}.${entity.operation} answers no element ${path}`)
      }
    },
    ask: (entity, question) => namedInput.ask(entity, question),
    rows(entity, answer) {
      const rows = follow(answer, entity.rows)
      if (!Array.isArray(rows)) throw badAnswer(site.id, `${entity.operation} answered no list at "${entity.rows}"`)
      return { rows: rows as Row[], total: namedInput.total(entity, answer) }
    },
  }
}

function writeElement(where: string, type: ElementType, value: unknown, inherited: string): string {
  if (type.list && Array.isArray(value)) return value.map(item => writeOne(where, type, item, inherited)).join('')
  return writeOne(where, type, value, inherited)
}

/** @param inherited the default namespace in force around the element */
function writeOne(where: string, type: ElementType, value: unknown, inherited: string): string {
  const namespace = type.namespace ?? ''
  const open = namespace === inherited ? type.name : `${type.name} xmlns="${escapeXml(namespace)}"`
  if (type.simple !== null) {
    if (value !== null && typeof value === 'object') throw new InputFault(`${where}: ${type.name} takes one value`)
    const text = String(value)
    if (type.values && !type.values.includes(text))
      throw new InputFault(`${where}: ${type.name} is one of ${type.values.join(', ')}, not ${text}`)
    return `<${open}>${escapeXml(text)}</${type.name}>`
  }
  const members = (value ?? {}) as Record<string, unknown>
  const known = type.children()
  for (const key of Object.keys(members)) {
    if (members[key] !== undefined && !known.some(one => one.name === key))
      throw new InputFault(`${where} takes no ${key}`)
  }
  let inner = ''
  for (const one of known) {
    const member = members[one.name]
    if (member === undefined || member === null) {
      if (!one.optional && !one.list) throw new InputFault(`${where} needs ${one.name}`)
      continue
    }
    inner += writeElement(where, one, member, namespace)
  }
  return `<${open}>${inner}</${type.name}>`
}

/** XML 1.0 has no way to write most control characters: they are left out. */
function escapeXml(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters XML 1.0 forbids
      .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '')
      .replace(/[<>&"]/g, sign => `&#${sign.charCodeAt(0)};`)
  )
}

function readBody(system: string, answer: HttpAnswer): Row {
  if (!/\bxml\b/i.test(answer.contentType)) {
    const failed = refusal(system, answer)
    throw failed ?? badAnswer(system, `answered ${answer.contentType || 'no content type'} for XML`, answer)
  }
  // The parser repairs what is cut off, so that half an answer would look like a short one.
  if (!/<\/(?:[\w.-]+:)?Envelope>\s*$/.test(answer.body)) throw badAnswer(system, 'answered half an envelope', answer)
  try {
    const body = ((parser.parse(answer.body) as Row).Envelope as Row | undefined)?.Body
    if (body !== null && typeof body === 'object') return body as Row
  } catch {
    // reported below
  }
  throw badAnswer(
    system,
    XMLValidator.validate(answer.body) === true ? 'answered no SOAP body' : 'answered broken XML',
    answer,
  )
}

/** A SOAP 1.1 fault: `Client` means that the call was refused as it stands, anything else that the system failed. */
function faultError(system: string, fault: Row, answer: HttpAnswer): UpstreamError {
  const code = textOf(fault.faultcode) ?? ''
  const detail = firstObject(fault.detail)
  const reasonCode = textOf(detail?.code)
  const reason = (textOf(detail?.message) ?? textOf(fault.faultstring))?.slice(0, 300)
  const told = { status: answer.status, ...(reason && { reason }), ...(reasonCode && { reasonCode }) }
  if (/(^|:)Client(\.|$)/.test(code)) {
    // A fault for a token that is no longer good is told in many ways; the HTTP status is the reliable one.
    const unauthenticated = answer.status === 401 || /unauthenticated|invalidtoken/i.test(reasonCode ?? '')
    return new UpstreamError(
      unauthenticated ? 'UPSTREAM_UNAUTHENTICATED' : 'UPSTREAM_REFUSED',
      system,
      `fault ${reasonCode ?? code}: ${reason ?? ''}`,
      { ...told, outcome: 'refused', retryable: false },
    )
  }
  return new UpstreamError('UPSTREAM_UNAVAILABLE', system, `fault ${reasonCode ?? code}: ${reason ?? ''}`, {
    status: answer.status,
    outcome: 'unknown',
  })
}

function firstObject(value: unknown): Row | undefined {
  if (value === null || typeof value !== 'object') return undefined
  return Object.entries(value as Row)
    .filter(([key]) => !key.startsWith('@'))
    .map(([, one]) => one)
    .find((one): one is Row => one !== null && typeof one === 'object')
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim()
  if (value !== null && typeof value === 'object' && typeof (value as Row)['#text'] === 'string')
    return ((value as Row)['#text'] as string).trim()
  return undefined
}

function readValue(type: ElementType, value: unknown): unknown {
  if (value !== null && typeof value === 'object' && (value as Row)['@nil'] === 'true') return null
  if (type.simple !== null) {
    const text = textOf(value) ?? ''
    if (type.simple === 'string') return typeof value === 'string' ? value : text
    if (text === '') return null
    if (type.simple === 'boolean') return text === 'true' || text === '1'
    if (type.simple === 'decimal') return text
    const number = Number(text)
    return Number.isSafeInteger(number) ? number : text
  }
  const members = value !== null && typeof value === 'object' ? (value as Row) : {}
  const result: Row = {}
  for (const one of type.children()) {
    const member = members[one.name]
    if (one.list) {
      const items = member === undefined ? [] : Array.isArray(member) ? member : [member]
      result[one.name] = items.map(item => readValue(one, item))
    } else if (member === undefined) result[one.name] = null
    else result[one.name] = readValue(one, Array.isArray(member) ? member[0] : member)
  }
  return result
}

function elementAt(type: ElementType, path: string): ElementType | undefined {
  let at: ElementType | undefined = type
  for (const part of path === '' ? [] : path.split('.')) at = at?.children().find(one => one.name === part)
  return at
}
