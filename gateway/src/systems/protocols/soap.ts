import { soapContract } from '../drift/described-contracts.ts'
import { namedInput } from './named-input.ts'
import { takePage } from './paging.ts'
import { type Description, follow, InputFault, MappingFault, type Row, type Site } from './protocol.ts'
import { badAnswer, refusal } from './refusal.ts'
import { faultError, readElement, readSoapBody, type XmlNode } from './soap-answer.ts'
import { type ElementType, readWsdl, type SoapOperation } from './wsdl.ts'

const envelopes = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
}

/**
 * A system that describes itself by a WSDL: SOAP 1.1 or 1.2, document/literal or rpc/literal. Operations are called by their
 * WSDL names; attachments are refused.
 * @throws MappingFault when the WSDL cannot be read
 */
export function describeSoap(text: string, site: Site): Description {
  const wsdl = readWsdl(text, site.id)
  const endpoint = site.endpoint ?? wsdl.location
  if (!endpoint) throw new MappingFault(`${site.id}: neither the WSDL nor systems.yaml says where the service is`)

  function find(name: string): SoapOperation {
    const operation = wsdl.operations.get(name)
    if (!operation) throw new InputFault(`${site.id} ${unreadable(name) ?? `has no operation ${name}`}`)
    return operation
  }

  function unreadable(name: string): string | undefined {
    const why = wsdl.unread.get(name)
    return why && `has an operation ${name} that ${why}`
  }

  const type = wsdl.version === '1.1' ? 'text/xml' : 'application/soap+xml'
  const open = `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="${envelopes[wsdl.version]}"><soap:Body>`

  // In 1.2 the action is a parameter of the content type.
  function headersOf(action: string): Record<string, string> {
    if (wsdl.version === '1.1')
      return { 'content-type': `${type}; charset=utf-8`, soapaction: `"${action}"`, accept: type }
    const parameter = action === '' ? '' : `; action="${action.replace(/["\\]/g, '\\$&')}"`
    return { 'content-type': `${type}; charset=utf-8${parameter}`, accept: type }
  }

  return {
    operations: wsdl.operations,
    protocolVersion: wsdl.version,
    textInOneInput: true,
    encode(name, input) {
      const operation = find(name)
      return {
        method: 'POST',
        url: endpoint,
        headers: headersOf(operation.action),
        body: `${open}${writeElement(`${site.id}.${name}`, operation.input, input, '')}</soap:Body></soap:Envelope>`,
      }
    },
    decode(name, answer) {
      const operation = find(name)
      const body = readSoapBody(site.id, answer)
      const fault = body.find(node => 'Fault' in node)
      if (fault) throw faultError(site.id, fault.Fault as XmlNode[], answer)
      const failed = refusal(site.id, answer)
      if (failed) throw failed
      const element = body.find(node => operation.output.name in node)
      if (!element) throw badAnswer(site.id, `${name} answered no ${operation.output.name}`, answer)
      return readElement(operation.output, element)
    },
    contract(name) {
      const operation = wsdl.operations.get(name)
      return operation && soapContract(operation)
    },
    check(entity, paths) {
      const operation = wsdl.operations.get(entity.operation)
      if (!operation)
        throw new MappingFault(
          `${site.id} ${unreadable(entity.operation) ?? `has no operation ${entity.operation}`}; it has ${[...wsdl.operations.keys()].join(', ')}`,
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
    rows(entity, answer, call) {
      const rows = follow(answer, entity.rows)
      if (!Array.isArray(rows)) throw badAnswer(site.id, `${entity.operation} answered no list at "${entity.rows}"`)
      const total = namedInput.total(entity, answer)
      return takePage(site.id, entity, rows as Row[], total, answer, call, undefined)
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

function elementAt(type: ElementType, path: string): ElementType | undefined {
  let at: ElementType | undefined = type
  for (const part of path === '' ? [] : path.split('.')) at = at?.children().find(one => one.name === part)
  return at
}
