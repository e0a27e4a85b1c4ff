import type { CsdlEntityType, CsdlTypes } from './csdl.ts'
import type { Expansions, ODataDialect } from './odata-dialect.ts'
import { multipartType, readParts, writeParts } from './odata-multipart.ts'
import { readValue, writeLiteral, writeValue } from './odata-v2-values.ts'
import { InputFault, type Row } from './protocol.ts'
import { badAnswer, parseJson, refusal, tryJson } from './refusal.ts'

const accept = 'application/json'
const headers = { accept, dataserviceversion: '2.0', maxdataserviceversion: '2.0' }

/** OData v2 as SAP Gateway speaks it: https://www.odata.org/documentation/odata-version-2-0/ and [MS-ODATA] */
export const odataV2: ODataDialect = {
  version: '2.0',
  headers,
  contentType: 'application/json',
  options: [
    ['filter', '$filter'],
    ['select', '$select'],
    ['expand', '$expand'],
    ['orderby', '$orderby'],
    ['top', '$top'],
    ['skip', '$skip'],
    ['count', '$inlinecount', 'allpages'],
  ],
  // v2 has no `in`: two hundred keys make an address that many servers cut off at 8 KB.
  longestAddress: 4000,
  literal: writeLiteral,
  oneOf: (property, literals) => `(${literals.map(one => `${property} eq ${one}`).join(' or ')})`,
  contains: (property, literal) => `substringof(${literal},${property})`,
  project(properties, expansions) {
    const paths = expansionPaths(expansions)
    // What is expanded must be selected too.
    return { select: [...properties, ...expansions.keys()].join(','), expand: paths.join(',') }
  },
  update: { method: 'POST', headers: { 'x-http-method': 'MERGE' } },
  writeBody,
  readPage(system, body, type, types) {
    const d = (body as { d?: unknown } | null)?.d as Row | unknown[] | null | undefined
    const results = Array.isArray(d) ? d : d?.results
    if (!Array.isArray(results)) throw badAnswer(system, 'answered no collection')
    const { __count: count, __next: next } = (Array.isArray(d) ? {} : d) as Row
    const total = typeof count === 'string' || typeof count === 'number' ? Number(count) : Number.NaN
    return {
      value: results.map(row => readRow(row, type, types) as Row),
      count: Number.isSafeInteger(total) ? total : null,
      next: typeof next === 'string' && next !== '' ? next : null,
    }
  },
  readEntity(system, body, type, types) {
    const d = (body as { d?: unknown } | null)?.d
    if (d === undefined) throw badAnswer(system, 'answered no entity')
    const results = (d as { results?: unknown } | null)?.results ?? d
    return Array.isArray(results) ? results.map(row => readRow(row, type, types)) : readRow(results, type, types)
  },
  readError(body) {
    const error = (body as { error?: { code?: unknown; message?: unknown } | null } | null | undefined)?.error
    const message = error?.message
    const reason = typeof message === 'string' ? message : (message as { value?: unknown } | null | undefined)?.value
    return {
      ...(typeof reason === 'string' && { reason }),
      ...(typeof error?.code === 'string' && { reasonCode: error.code }),
    }
  },
  batch: (address, paths) => ({
    method: 'POST',
    url: address,
    headers: { ...headers, accept: 'multipart/mixed', 'content-type': multipartType },
    body: writeParts(paths, accept),
  }),
  readBatch(system, answer) {
    return readParts(system, answer).map(part => {
      const failed = refusal(system, part, odataV2.readError(tryJson(part)))
      if (failed) throw failed
      return parseJson(system, part)
    })
  },
}

function expansionPaths(expansions: Expansions, above = ''): string[] {
  return [...expansions].flatMap(([name, below]) =>
    below.size > 0 ? expansionPaths(below, `${above}${name}/`) : [above + name],
  )
}

/** A record of v2's JSON without what it says of itself; a navigation that was not expanded is left out. */
function readRow(value: unknown, type: CsdlEntityType | undefined, types: CsdlTypes): unknown {
  if (value === null || typeof value !== 'object' || !type) return value
  const given = value as Row
  const row: Row = {}
  const etag = (given.__metadata as { etag?: unknown } | null | undefined)?.etag
  if (typeof etag === 'string') row['@odata.etag'] = etag
  for (const [name, property] of type.properties) {
    if (!Object.hasOwn(given, name)) continue
    const complex = types.get(property.type)
    row[name] = complex ? readRow(given[name], complex, types) : readValue(property.type, given[name], property.day)
  }
  for (const [name, { type: to }] of type.navigations) {
    const related = given[name]
    if (related === undefined || (related as { __deferred?: unknown } | null)?.__deferred !== undefined) continue
    const results = (related as { results?: unknown } | null)?.results ?? related
    row[name] = Array.isArray(results)
      ? results.map(one => readRow(one, types.get(to), types))
      : readRow(results, types.get(to), types)
  }
  return row
}

/** @throws InputFault for a property that the type does not have */
function writeBody(body: Row, type: CsdlEntityType, types: CsdlTypes): Row {
  const written: Row = {}
  for (const [name, value] of Object.entries(body)) {
    const property = type.properties.get(name)
    const nested = types.get(property?.type ?? type.navigations.get(name)?.type ?? '')
    if (!property && !nested) throw new InputFault(`${type.name} has no property ${name}`)
    const one = (member: unknown): unknown =>
      member !== null && typeof member === 'object' && nested ? writeBody(member as Row, nested, types) : member
    if (nested) written[name] = Array.isArray(value) ? value.map(one) : one(value)
    else written[name] = writeValue(property?.type ?? '', value)
  }
  return written
}
