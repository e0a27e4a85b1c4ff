import type { EntityDefinition } from '../configuration.ts'
import { type CsdlEntityType, readCsdl } from './csdl.ts'
import { type QueryOptions, writeFilter, writeKey, writeQuery } from './odata-query.ts'
import {
  type Description,
  type HttpCall,
  InputFault,
  MappingFault,
  type Question,
  type Row,
  type Rows,
  type Site,
} from './protocol.ts'
import { badAnswer, parseJson, refusal, tryJson } from './refusal.ts'

const kinds = ['read', 'get', 'create', 'update'] as const
const options = new Set(['filter', 'apply', 'select', 'expand', 'orderby', 'top', 'skip', 'count', 'next'])

// Decimals and 64-bit numbers as strings: JSON numbers would lose digits.
const accept = 'application/json;odata.metadata=minimal;IEEE754Compatible=true'
const headers = { accept, 'odata-version': '4.0', 'odata-maxversion': '4.01' }

/** What a read answers: the rows, the total if it was asked for, and the address of the next page if there is one. */
export interface ODataPage {
  value: Row[]
  count: number | null
  next: string | null
}

/**
 * A system that describes itself by an OData v4 metadata document. Operations: `read:<Set>` {filter, apply, select, expand,
 * orderby, top, skip, count | next} → ODataPage; `get:<Set>` {key}; `create:<Set>` {body}; `update:<Set>` {key, body};
 * `batch` {paths}.
 * @throws MappingFault when the document cannot be read
 */
export function describeOData(text: string, site: Site): Description {
  const { sets, types } = readCsdl(text, site.id)
  const base = (site.endpoint ?? (site.documentUrl ?? '').replace(/\$metadata.*$/, '')).replace(/\/$/, '')
  const operations = new Map<string, { safe: boolean }>([['batch', { safe: true }]])
  for (const set of sets.keys())
    for (const kind of kinds) operations.set(`${kind}:${set}`, { safe: kind === 'read' || kind === 'get' })

  function find(operation: string): { kind: string; set: string; type: CsdlEntityType } {
    const [kind = '', set = ''] = operation.split(':')
    const type = sets.get(set)
    if (!type || !operations.has(operation)) throw new InputFault(`${site.id} has no operation ${operation}`)
    return { kind, set, type }
  }

  function readPath(set: string, input: Record<string, unknown>): string {
    for (const key of Object.keys(input))
      if (!options.has(key)) throw new InputFault(`${site.id}.read:${set} takes no ${key}`)
    return set + writeQuery(input as QueryOptions)
  }

  /** What questions of one entity have in common, so that a batch works it out once. */
  function sharedInput(entity: EntityDefinition, question: Question): Record<string, unknown> {
    const { type } = find(entity.operation)
    const properties = [...new Set([...question.select.map(path => path.split('.')[0] as string), ...type.keys])]
    const expand = properties.filter(name => type.navigations.has(name)).join(',')
    return {
      ...(entity.input as QueryOptions),
      select: properties.filter(name => type.properties.has(name)).join(','),
      ...(expand && { expand }),
      ...(question.sort && { orderby: question.sort }),
      top: question.limit,
      skip: question.offset,
      count: question.count,
    }
  }

  function filterOf(entity: EntityDefinition, where: Question['where']): string {
    const fixed = (entity.input as QueryOptions).filter
    const asked = writeFilter(find(entity.operation).type, where)
    return [fixed && `(${fixed})`, asked].filter(Boolean).join(' and ')
  }

  function questionInput(entity: EntityDefinition, question: Question): Record<string, unknown> {
    const filter = filterOf(entity, question.where)
    return { ...sharedInput(entity, question), ...(filter && { filter }) }
  }

  return {
    operations,
    encode(operation, input): HttpCall {
      if (operation === 'batch') {
        const requests = (input.paths as string[]).map((url, index) => ({
          id: String(index),
          method: 'get',
          url,
          headers: { accept },
        }))
        return {
          method: 'POST',
          url: `${base}/$batch`,
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify({ requests }),
        }
      }
      const { kind, set, type } = find(operation)
      if (kind === 'read') {
        if (typeof input.next !== 'string') return { method: 'GET', url: `${base}/${readPath(set, input)}`, headers }
        const next = new URL(input.next, `${base}/`)
        // The address of the next page comes from the answer; the token must not follow it elsewhere.
        if (next.origin !== new URL(base).origin)
          throw new InputFault(`${site.id}: the next page lies at another origin`)
        return { method: 'GET', url: next.toString(), headers }
      }
      if (kind === 'get') return { method: 'GET', url: `${base}/${set}${writeKey(type, input.key)}`, headers }
      const body = JSON.stringify(input.body ?? {})
      const sending = { ...headers, 'content-type': 'application/json;IEEE754Compatible=true' }
      if (kind === 'create') return { method: 'POST', url: `${base}/${set}`, headers: sending, body }
      return { method: 'PATCH', url: `${base}/${set}${writeKey(type, input.key)}`, headers: sending, body }
    },
    decode(operation, answer) {
      const failed = refusal(site.id, answer, answer.status >= 400 ? odataError(tryJson(answer)) : {})
      if (failed) throw failed
      const body = parseJson(site.id, answer)
      if (operation === 'batch') return readBatch(site.id, body)
      const { kind, type } = find(operation)
      if (body === null) return null
      if (kind === 'read') return readPage(site.id, body, type, types)
      return tidy(body as Row, type, types)
    },
    check(entity, paths) {
      if (!operations.has(entity.operation))
        throw new MappingFault(
          `${site.id} has no operation ${entity.operation}; its entity sets are ${[...sets.keys()].join(', ')}`,
        )
      const { type } = find(entity.operation)
      const given = Object.values(entity.filter).flatMap(filter =>
        typeof filter === 'string' ? [filter] : [...(filter.field ? [filter.field] : []), ...(filter.any ?? [])],
      )
      const sums = Object.values(entity.aggregate?.measures ?? {}).flatMap(one => (one.sum ? [one.sum] : []))
      const groups = entity.aggregate ? [entity.aggregate.by, entity.aggregate.currency] : []
      for (const name of [...given, ...sums, ...groups])
        if (!type.properties.has(name)) throw new MappingFault(`${site.id}.${entity.operation} has no property ${name}`)
      if (entity.aggregate) return
      for (const path of paths)
        if (!hasPath(type, path, types))
          throw new MappingFault(`${site.id}.${entity.operation} has no property ${path}`)
    },
    ask: (entity, question) => ({ operation: entity.operation, input: questionInput(entity, question) }),
    rows: (_entity, answer) => pageRows(answer as ODataPage),
    askTogether(entity, questions) {
      const { set } = find(entity.operation)
      const [first] = questions
      if (!first) return { operation: 'batch', input: { paths: [] } }
      const { filter: _filter, ...shared } = sharedInput(entity, first)
      const rest = writeQuery(shared)
      const paths = questions.map(({ where }) => {
        const filter = filterOf(entity, where)
        return set + (filter === '' ? rest : `${rest || '?'}${rest ? '&' : ''}$filter=${encodeURIComponent(filter)}`)
      })
      return { operation: 'batch', input: { paths } }
    },
    rowsTogether(entity, answer) {
      const { type } = find(entity.operation)
      return (answer as unknown[]).map(body => pageRows(readPage(site.id, body, type, types)))
    },
    askSums(entity, sums) {
      const { type } = find(entity.operation)
      const fixed = (entity.input as QueryOptions).filter
      const filter = [fixed && `(${fixed})`, writeFilter(type, sums.where)].filter(Boolean).join(' and ')
      const aggregates = [
        ...Object.entries(sums.sum).map(([name, property]) => `${property} with sum as ${name}`),
        ...(sums.count ? [`$count as ${sums.count}`] : []),
      ]
      const aggregate = `aggregate(${aggregates.join(',')})`
      const grouped = sums.by.length > 0 ? `groupby((${sums.by.join(',')}),${aggregate})` : aggregate
      return { operation: entity.operation, input: { apply: filter ? `filter(${filter})/${grouped}` : grouped } }
    },
  }
}

function pageRows(page: ODataPage): Rows {
  return { rows: page.value, total: page.count }
}

function odataError(body: unknown): { reason?: string; reasonCode?: string } {
  const error = (body as { error?: { code?: unknown; message?: unknown } } | null | undefined)?.error
  return {
    ...(typeof error?.message === 'string' && { reason: error.message }),
    ...(typeof error?.code === 'string' && { reasonCode: error.code }),
  }
}

function readPage(
  system: string,
  body: unknown,
  type: CsdlEntityType,
  types: ReadonlyMap<string, CsdlEntityType>,
): ODataPage {
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

/** The bodies of a batch's answers in the order of its requests. One that failed fails the batch: it was one question. */
function readBatch(system: string, body: unknown): unknown[] {
  const responses = (body as { responses?: unknown } | null)?.responses
  if (!Array.isArray(responses)) throw badAnswer(system, 'answered no batch')
  const ordered: unknown[] = []
  for (const response of responses as { id?: unknown; status?: unknown; body?: unknown }[]) {
    const failed = refusal(
      system,
      { status: Number(response.status), contentType: 'application/json', body: '' },
      odataError(response.body),
    )
    if (failed) throw failed
    ordered[Number(response.id)] = typeof response.body === 'string' ? JSON.parse(response.body) : response.body
  }
  return ordered
}

interface Numbers {
  decimals: string[]
  integers: string[]
}

const numbersOf = new WeakMap<CsdlEntityType, Numbers>()

function numbers(type: CsdlEntityType): Numbers {
  let found = numbersOf.get(type)
  if (!found) {
    const named = (edm: string): string[] =>
      [...type.properties].filter(([, one]) => one.type === edm).map(([name]) => name)
    found = { decimals: named('Edm.Decimal'), integers: named('Edm.Int64') }
    numbersOf.set(type, found)
  }
  return found
}

// A server that ignores IEEE754Compatible answers numbers; they become text here, at the one place that knows the type.
function tidy(row: Row, type: CsdlEntityType, types: ReadonlyMap<string, CsdlEntityType>): Row {
  if (row === null || typeof row !== 'object') return row
  const { decimals, integers } = numbers(type)
  for (const name of decimals) if (typeof row[name] === 'number') row[name] = plainNumber(row[name])
  for (const name of integers) {
    const value = row[name]
    if (typeof value === 'string' && Number.isSafeInteger(Number(value))) row[name] = Number(value)
  }
  for (const [name, { type: to }] of type.navigations) {
    const value = row[name]
    const target = types.get(to)
    if (!target || value === null || typeof value !== 'object') continue
    row[name] = Array.isArray(value)
      ? value.map(one => tidy(one as Row, target, types))
      : tidy(value as Row, target, types)
  }
  return row
}

function plainNumber(value: number): string {
  const text = String(value)
  return text.includes('e') ? value.toFixed(20).replace(/\.?0+$/, '') : text
}

function hasPath(type: CsdlEntityType, path: string, types: ReadonlyMap<string, CsdlEntityType>): boolean {
  let at: CsdlEntityType | undefined = type
  const parts = path.split('.')
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1) return at?.properties.has(part) === true || at?.navigations.has(part) === true
    at = types.get(at?.navigations.get(part)?.type ?? '')
  }
  return false
}
