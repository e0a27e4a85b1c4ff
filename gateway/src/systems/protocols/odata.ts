import type { EntityDefinition } from '../configuration.ts'
import { odataContract } from '../drift/described-contracts.ts'
import { type Csdl, type CsdlEntityType, type CsdlTypes, readCsdl } from './csdl.ts'
import type { ODataDialect, ODataPage, QueryOptions } from './odata-dialect.ts'
import { expansionsOf, literal, literalOf, writeFilter, writeKey, writeQuery } from './odata-query.ts'
import { odataV2 } from './odata-v2.ts'
import { odataV4 } from './odata-v4.ts'
import {
  type Description,
  type HttpCall,
  InputFault,
  MappingFault,
  type OperationCall,
  type Question,
  type Row,
  type Rows,
  type Scalar,
  type Site,
} from './protocol.ts'
import { parseJson, refusal, tryJson } from './refusal.ts'

export type { ODataPage } from './odata-dialect.ts'

const kinds = ['read', 'get', 'create', 'update'] as const

/**
 * A system that describes itself by an OData metadata document, whose version decides how it is spoken to. Operations:
 * `read:<Set>` {filter, apply (v4), select, expand, orderby, top, skip, count | next} → ODataPage; `get:<Set>` {key};
 * `create:<Set>` {body}; `update:<Set>` {key, body, etag}; `call:<FunctionImport>` (v2) with its parameters; `batch` {paths}.
 * @throws MappingFault when the document cannot be read
 */
export function describeOData(text: string, site: Site): Description {
  const csdl = readCsdl(text, site.id)
  const { sets, types } = csdl
  const dialect = csdl.version === '2.0' ? odataV2 : odataV4
  const address = addresses(site)
  const operations = operationsOf(csdl)
  const options = new Set<string>([...dialect.options.map(([name]) => name), 'next'])
  const projections = new WeakMap<readonly string[], { type: CsdlEntityType; select: string; expand: string }>()

  function find(operation: string): { kind: string; set: string; type: CsdlEntityType } {
    const [kind = '', set = ''] = operation.split(':')
    const type = sets.get(set)
    if (!type || !operations.has(operation)) throw new InputFault(`${site.id} has no operation ${operation}`)
    return { kind, set, type }
  }

  function readPath(set: string, input: Record<string, unknown>): string {
    for (const key of Object.keys(input))
      if (!options.has(key)) throw new InputFault(`${site.id}.read:${set} takes no ${key}`)
    return set + writeQuery(dialect, input as QueryOptions)
  }

  function projection(type: CsdlEntityType, paths: readonly string[]): { select: string; expand: string } {
    let found = projections.get(paths)
    if (found?.type !== type) {
      const first = new Set([...paths.map(path => path.split('.')[0] as string), ...type.keys])
      const properties = [...first].filter(name => type.properties.has(name))
      found = { type, ...dialect.project(properties, expansionsOf(type, paths, types)) }
      projections.set(paths, found)
    }
    return found
  }

  /** What questions of one entity have in common, so that a batch works it out once. */
  function sharedInput(entity: EntityDefinition, question: Question): Record<string, unknown> {
    const { select, expand } = projection(find(entity.operation).type, question.select)
    return {
      ...(entity.input as QueryOptions),
      select,
      ...(expand && { expand }),
      ...(question.sort && { orderby: question.sort }),
      top: question.limit,
      skip: question.offset,
      count: question.count,
    }
  }

  function filterOf(entity: EntityDefinition, where: Question['where']): string {
    const fixed = (entity.input as QueryOptions).filter
    const asked = writeFilter(dialect, find(entity.operation).type, where)
    return [fixed && `(${fixed})`, asked].filter(Boolean).join(' and ')
  }

  function ask(entity: EntityDefinition, question: Question): OperationCall {
    const filter = filterOf(entity, question.where)
    const input = { ...sharedInput(entity, question), ...(filter && { filter }) }
    const { longestAddress } = dialect
    if (longestAddress === undefined || filter.length < longestAddress / 3)
      return { operation: entity.operation, input }
    const path = readPath(find(entity.operation).set, input)
    return path.length <= longestAddress
      ? { operation: entity.operation, input }
      : { operation: 'batch', input: { paths: [path] } }
  }

  function pageRows(entity: EntityDefinition, page: ODataPage): Rows {
    const { value, count, next } = page
    return { rows: value, total: count, ...(next && { next: { operation: entity.operation, input: { next } } }) }
  }

  return {
    operations,
    protocolVersion: dialect.version,
    csrf: { address: address(''), expected: csdl.sap },
    encode(operation, input): HttpCall {
      if (operation === 'batch') return dialect.batch(address('$batch'), input.paths as string[])
      const { headers } = dialect
      if (operation.startsWith('call:'))
        return { ...functionCall(site.id, csdl, dialect, operation, input, address), headers }
      const { kind, set, type } = find(operation)
      if (kind === 'read') {
        if (typeof input.next !== 'string') return { method: 'GET', url: address(readPath(set, input)), headers }
        const next = new URL(input.next, address(''))
        // The address of the next page comes from the answer; the token must not follow it elsewhere.
        if (next.origin !== new URL(address('')).origin)
          throw new InputFault(`${site.id}: the next page lies at another origin`)
        for (const [name, value] of new URL(address('')).searchParams)
          if (!next.searchParams.has(name)) next.search += `&${name}=${encodeURIComponent(value)}`
        return { method: 'GET', url: next.toString(), headers }
      }
      const one = (): string => address(set + writeKey(dialect, type, input.key))
      if (kind === 'get') return { method: 'GET', url: one(), headers }
      const body = JSON.stringify(dialect.writeBody((input.body ?? {}) as Row, type, types))
      const sending = { ...headers, 'content-type': dialect.contentType }
      if (kind === 'create') return { method: 'POST', url: address(set), headers: sending, body }
      const { method, headers: update } = dialect.update
      const match: Record<string, string> = typeof input.etag === 'string' ? { 'if-match': input.etag } : {}
      return { method, url: one(), headers: { ...sending, ...update, ...match }, body }
    },
    decode(operation, answer) {
      const failed = refusal(site.id, answer, answer.status >= 400 ? dialect.readError(tryJson(answer)) : {})
      if (failed) throw failed
      if (operation === 'batch') return dialect.readBatch(site.id, answer)
      const body = parseJson(site.id, answer)
      if (operation.startsWith('call:')) return functionResult(site.id, csdl, dialect, operation, body)
      const { kind, type } = find(operation)
      if (kind === 'read') return dialect.readPage(site.id, body, type, types)
      return body === null ? null : dialect.readEntity(site.id, body, type, types)
    },
    contract: operation => odataContract(csdl, operation),
    check(entity, paths) {
      if (!operations.has(entity.operation) || !entity.operation.startsWith('read:'))
        throw new MappingFault(
          `${site.id} has no operation ${entity.operation}; its entity sets are ${[...sets.keys()].join(', ')}`,
        )
      const { type } = find(entity.operation)
      const given = Object.values(entity.filter).flatMap(filter =>
        typeof filter === 'string' ? [filter] : [...(filter.field ? [filter.field] : []), ...(filter.any ?? [])],
      )
      for (const [argument, filter] of Object.entries(entity.filter))
        for (const inputs of typeof filter === 'string' ? [] : Object.values(filter.when ?? {}))
          for (const [name, value] of typeof inputs === 'string' ? [] : Object.entries(inputs))
            checkInput(dialect, type, `filter ${argument}: ${site.id}.${entity.operation}`, name, value)
      const sums = Object.values(entity.aggregate?.measures ?? {}).flatMap(one => (one.sum ? [one.sum] : []))
      const groups = entity.aggregate ? [entity.aggregate.by, entity.aggregate.currency] : []
      for (const name of [...given, ...sums, ...groups])
        if (!type.properties.has(name)) throw new MappingFault(`${site.id}.${entity.operation} has no property ${name}`)
      if (entity.aggregate && !options.has('apply'))
        throw new MappingFault(`${site.id}.${entity.operation}: OData ${dialect.version} cannot sum`)
      if (entity.aggregate) return
      for (const path of paths)
        if (!hasPath(type, path, types))
          throw new MappingFault(`${site.id}.${entity.operation} has no property ${path}`)
    },
    ask,
    // A question whose address was too long went into a batch of its own.
    rows: (entity, answer) =>
      pageRows(
        entity,
        Array.isArray(answer)
          ? dialect.readPage(site.id, answer[0], find(entity.operation).type, types)
          : (answer as ODataPage),
      ),
    askTogether(entity, questions) {
      const { set } = find(entity.operation)
      const [first] = questions
      if (!first) return { operation: 'batch', input: { paths: [] } }
      const { filter: _filter, ...shared } = sharedInput(entity, first)
      const rest = writeQuery(dialect, shared)
      const paths = questions.map(({ where }) => {
        const filter = filterOf(entity, where)
        return set + (filter === '' ? rest : `${rest || '?'}${rest ? '&' : ''}$filter=${encodeURIComponent(filter)}`)
      })
      return { operation: 'batch', input: { paths } }
    },
    rowsTogether(entity, answer) {
      const { type } = find(entity.operation)
      return (answer as unknown[]).map(body => pageRows(entity, dialect.readPage(site.id, body, type, types)))
    },
    ...(options.has('apply') &&
      ({
        askSums(entity, sums) {
          const { type } = find(entity.operation)
          const fixed = (entity.input as QueryOptions).filter
          const filter = [fixed && `(${fixed})`, writeFilter(dialect, type, sums.where)].filter(Boolean).join(' and ')
          const aggregates = [
            ...Object.entries(sums.sum).map(([name, property]) => `${property} with sum as ${name}`),
            ...(sums.count ? [`$count as ${sums.count}`] : []),
          ]
          const aggregate = `aggregate(${aggregates.join(',')})`
          const grouped = sums.by.length > 0 ? `groupby((${sums.by.join(',')}),${aggregate})` : aggregate
          return { operation: entity.operation, input: { apply: filter ? `filter(${filter})/${grouped}` : grouped } }
        },
      } satisfies Pick<Description, 'askSums'>)),
  }
}

/** Addresses below the service's root. What stands in the query of the endpoint (SAP's client) stands in all of them. */
function addresses(site: Site): (path: string) => string {
  const given = site.endpoint ?? (site.documentUrl ?? '').replace(/\$metadata/, '')
  const [root = '', query] = given.split('?')
  const base = `${root.replace(/\/$/, '')}/`
  if (!query) return path => base + path
  return path => `${base}${path}${path.includes('?') ? '&' : '?'}${query}`
}

function operationsOf({ sets, functions }: Csdl): Map<string, { safe: boolean }> {
  const operations = new Map<string, { safe: boolean }>([['batch', { safe: true }]])
  for (const set of sets.keys())
    for (const kind of kinds) operations.set(`${kind}:${set}`, { safe: kind === 'read' || kind === 'get' })
  for (const [name, { method }] of functions) operations.set(`call:${name}`, { safe: method === 'GET' })
  return operations
}

function functionCall(
  system: string,
  { functions }: Csdl,
  dialect: ODataDialect,
  operation: string,
  input: Record<string, unknown>,
  address: (path: string) => string,
): Pick<HttpCall, 'method' | 'url'> {
  const name = operation.slice('call:'.length)
  const called = functions.get(name)
  if (!called) throw new InputFault(`${system} has no operation ${operation}`)
  const parameters = Object.entries(input).map(([key, value]) => {
    const parameter = called.parameters.get(key)
    if (!parameter) throw new InputFault(`${system}.${operation} takes no ${key}`)
    return `${key}=${encodeURIComponent(literalOf(dialect, parameter.type, key, value as Scalar))}`
  })
  return { method: called.method, url: address(name + (parameters.length > 0 ? `?${parameters.join('&')}` : '')) }
}

/** A value that is no entity stands under the function's name. */
function functionResult(
  system: string,
  { functions, types }: Csdl,
  dialect: ODataDialect,
  operation: string,
  body: unknown,
): unknown {
  if (body === null) return null
  const name = operation.slice('call:'.length)
  const type = types.get(functions.get(name)?.result ?? '')
  const d = (body as { d?: unknown }).d
  const named = d !== null && typeof d === 'object' && Object.hasOwn(d, name) ? { d: (d as Row)[name] } : body
  return dialect.readEntity(system, named, type, types)
}

/** What a filter stands for when it is given a value: a property, and a value that it can have. */
function checkInput(dialect: ODataDialect, type: CsdlEntityType, place: string, name: string, value: Scalar): void {
  if (!type.properties.has(name)) throw new MappingFault(`${place} has no property ${name}`)
  if (typeof value === 'string' && value.startsWith('$')) return
  try {
    literal(dialect, type, name, value)
  } catch (error) {
    throw new MappingFault(`${place}: ${(error as Error).message}`)
  }
}

function hasPath(type: CsdlEntityType, path: string, types: CsdlTypes): boolean {
  let at: CsdlEntityType | undefined = type
  const parts = path.split('.')
  for (const [index, part] of parts.entries()) {
    const to: { type: string } | undefined = at?.properties.get(part) ?? at?.navigations.get(part)
    if (index === parts.length - 1) return to !== undefined
    at = types.get(to?.type ?? '')
  }
  return false
}
