import type { CsdlEntityType, CsdlTypes } from './csdl.ts'
import type { Expansions, ODataDialect, ODataPage } from './odata-dialect.ts'
import { stringLiteral } from './odata-query.ts'
import type { Row } from './protocol.ts'
import { badAnswer, parseJson, refusal } from './refusal.ts'

// Decimals and 64-bit numbers as strings: JSON numbers would lose digits.
const accept = 'application/json;odata.metadata=minimal;IEEE754Compatible=true'
const headers = { accept, 'odata-version': '4.0', 'odata-maxversion': '4.01' }

/** OData v4: https://docs.oasis-open.org/odata/odata/v4.01/ */
export const odataV4: ODataDialect = {
  version: '4.0',
  headers,
  contentType: 'application/json;IEEE754Compatible=true',
  options: [
    ['apply', '$apply'],
    ['filter', '$filter'],
    ['select', '$select'],
    ['expand', '$expand'],
    ['orderby', '$orderby'],
    ['top', '$top'],
    ['skip', '$skip'],
    ['count', '$count'],
  ],
  longestAddress: undefined,
  literal(edm, text) {
    const pattern = patterns[edm]
    if (!pattern) return stringLiteral(text)
    return pattern.test(text) ? text : undefined
  },
  oneOf: (property, literals) => `${property} in (${literals.join(',')})`,
  contains: (property, literal) => `contains(${property},${literal})`,
  project: (properties, expansions) => ({ select: properties.join(','), expand: writeExpand(expansions) }),
  update: { method: 'PATCH', headers: {} },
  writeBody: body => body,
  readPage,
  readEntity: (_system, body, type, types) => (type ? tidy(body as Row, type, types) : body),
  readError(body) {
    const error = (body as { error?: { code?: unknown; message?: unknown } } | null | undefined)?.error
    return {
      ...(typeof error?.message === 'string' && { reason: error.message }),
      ...(typeof error?.code === 'string' && { reasonCode: error.code }),
    }
  },
  batch(address, paths) {
    const requests = paths.map((url, index) => ({ id: String(index), method: 'get', url, headers: { accept } }))
    return {
      method: 'POST',
      url: address,
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ requests }),
    }
  },
  readBatch(system, answer) {
    const responses = (parseJson(system, answer) as { responses?: unknown } | null)?.responses
    if (!Array.isArray(responses)) throw badAnswer(system, 'answered no batch')
    const ordered: unknown[] = []
    for (const response of responses as ({ id?: unknown; status?: unknown; body?: unknown } | null)[]) {
      const failed = refusal(
        system,
        { status: Number(response?.status), contentType: 'application/json', body: '' },
        odataV4.readError(response?.body),
      )
      if (failed) throw failed
      const index = Number(response?.id)
      if (!Number.isInteger(index) || index in ordered) throw badAnswer(system, 'answered a request of a batch twice')
      const body = response?.body
      ordered[index] =
        typeof body === 'string' ? parseJson(system, { status: 200, contentType: 'application/json', body }) : body
    }
    return ordered
  },
}

const number = /^-?\d+(\.\d+)?$/
const whole = /^-?\d+$/
const patterns: Record<string, RegExp> = {
  'Edm.Int16': whole,
  'Edm.Int32': whole,
  'Edm.Int64': whole,
  'Edm.Byte': /^\d+$/,
  'Edm.Decimal': number,
  'Edm.Double': number,
  'Edm.Boolean': /^(true|false)$/,
  'Edm.Date': /^\d{4}-\d{2}-\d{2}$/,
  'Edm.DateTimeOffset': /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/,
  'Edm.Guid': /^[0-9a-f-]{36}$/i,
}

function writeExpand(expansions: Expansions): string {
  return [...expansions]
    .map(([name, below]) => (below.size > 0 ? `${name}($expand=${writeExpand(below)})` : name))
    .join(',')
}

function readPage(system: string, body: unknown, type: CsdlEntityType, types: CsdlTypes): ODataPage {
  const {
    value,
    '@odata.count': count,
    '@count': shortCount,
    '@odata.nextLink': nextLink,
    '@nextLink': shortNext,
  } = (body ?? {}) as Row
  if (!Array.isArray(value)) throw badAnswer(system, 'answered no collection')
  const total = Number(count ?? shortCount ?? Number.NaN)
  const next = nextLink ?? shortNext
  return {
    value: value.map(row => tidy(row as Row, type, types)),
    count: Number.isSafeInteger(total) ? total : null,
    next: typeof next === 'string' ? next : null,
  }
}

interface Members {
  decimals: string[]
  integers: string[]
  /** what has members of its own: navigations and complex properties */
  nested: [string, CsdlEntityType][]
}

const membersOf = new WeakMap<CsdlEntityType, Members>()

function members(type: CsdlEntityType, types: CsdlTypes): Members {
  let found = membersOf.get(type)
  if (!found) {
    const named = (edm: string): string[] =>
      [...type.properties].filter(([, one]) => one.type === edm).map(([name]) => name)
    const nested = [...type.navigations, ...type.properties].flatMap(([name, { type: to }]) => {
      const target = types.get(to)
      return target ? [[name, target] as [string, CsdlEntityType]] : []
    })
    found = { decimals: named('Edm.Decimal'), integers: named('Edm.Int64'), nested }
    membersOf.set(type, found)
  }
  return found
}

// A server that ignores IEEE754Compatible answers numbers; they become text here, at the one place that knows the type.
function tidy(row: Row, type: CsdlEntityType, types: CsdlTypes): Row {
  if (row === null || typeof row !== 'object') return row
  const { decimals, integers, nested } = members(type, types)
  for (const name of decimals) if (typeof row[name] === 'number') row[name] = plainNumber(row[name])
  for (const name of integers) {
    const value = row[name]
    if (typeof value !== 'string' || !whole.test(value)) continue
    const plain = Number(value)
    if (Number.isSafeInteger(plain)) row[name] = plain
  }
  for (const [name, target] of nested) {
    const value = row[name]
    if (value === null || typeof value !== 'object') continue
    row[name] = Array.isArray(value)
      ? value.map(one => tidy(one as Row, target, types))
      : tidy(value as Row, target, types)
  }
  return row
}

/** A number as decimal text, without an exponent. */
export function plainNumber(value: number): string {
  const text = String(value)
  return text.includes('e') ? value.toFixed(20).replace(/\.?0+$/, '') : text
}
