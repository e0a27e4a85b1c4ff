import type { EntityDefinition } from '../configuration.ts'
import { dataOf, errorInAnswer } from './error-in-answer.ts'
import { firstPage, nextPage, pageInputs } from './paging.ts'
import {
  type Condition,
  type Description,
  follow,
  type HttpAnswer,
  type HttpCall,
  InputFault,
  MappingFault,
  type Row,
  type Scalar,
  type Site,
} from './protocol.ts'
import { badAnswer, parseJson, refusal } from './refusal.ts'
import { restConditions } from './rest-conditions.ts'
import type { RestOperation } from './rest-definition.ts'
import { takeRestPage } from './rest-pages.ts'
import { byName, restValues } from './rest-values.ts'
import { fillTemplate } from './wire-template.ts'

/** Names of the inputs that a question about rows brings along; an operation may leave any of them out. */
const ofQuestions = new Set(['where', 'offset', 'limit', 'page', 'cursor', 'sort', 'fields', nextPage])

/**
 * A system of plain REST and JSON without a description document: the configuration tells its operations, how conditions
 * are put on the wire, how pages follow one another and what an error looks like.
 * @throws MappingFault
 */
export function describeRest(site: Site): Description {
  const { id, rest, endpoint } = site
  if (!rest || !endpoint || !URL.canParse(endpoint))
    throw new MappingFault(`${id}: a rest system needs its endpoint, an address, and "rest"`)
  const base = new URL(endpoint)
  const values = restValues(rest, id)
  const conditions = restConditions(rest.conditions, values, id)
  const operations = new Map(
    Object.entries(rest.operations).map(([name, one]) => [name, { safe: one.safe ?? one.method === 'GET' }]),
  )
  const inputs = new Map(Object.entries(rest.operations).map(([name, one]) => [name, inputsOf(one)]))

  function find(name: string): RestOperation {
    const operation = Object.hasOwn(rest?.operations ?? {}, name) ? rest?.operations[name] : undefined
    if (!operation) throw new InputFault(`${id} has no operation ${name}`)
    return operation
  }

  function fixedConditions(entity: EntityDefinition): Condition[] {
    const told = entity.input.where ?? []
    if (!Array.isArray(told)) throw new MappingFault(`${id}.${entity.operation}: "where" is a list of conditions`)
    return told.flatMap(one => fixedCondition(`${id}.${entity.operation}`, one, site.settings ?? {}))
  }

  return {
    operations,
    encode(name, input, session) {
      const operation = find(name)
      const known = inputs.get(name) as ReadonlySet<string>
      for (const [key, value] of Object.entries(input))
        if (value !== undefined && !known.has(key) && !ofQuestions.has(key))
          throw new InputFault(`${id}.${name} takes no ${key}`)
      for (const key of operation.needs)
        if (input[key] === undefined || input[key] === null || input[key] === '')
          throw new InputFault(`${id}.${name} needs ${key}`)
      const scope: Record<string, unknown> = { ...input, session, settings: site.settings }
      if (rest.select !== undefined && Array.isArray(input.fields)) scope.fields = input.fields.join(rest.select)
      const link = input[nextPage]
      const headers: Record<string, string> = { accept: 'application/json' }
      for (const [header, told] of Object.entries(operation.headers)) {
        const value = fillTemplate(told, scope)
        if (value !== undefined && value !== null) headers[header.toLowerCase()] = String(value)
      }
      const url = typeof link === 'string' ? followed(id, base, link) : addressOf(id, name, base, operation, scope)
      const call: HttpCall = { method: operation.method, url, headers }
      if (operation.body === undefined) return call
      const body = fillTemplate(operation.body, scope)
      headers['content-type'] = operation.form ? 'application/x-www-form-urlencoded' : 'application/json'
      return { ...call, body: operation.form ? formOf(body) : JSON.stringify(body) }
    },
    decode(name, answer) {
      const operation = find(name)
      const { errorText } = rest
      if (errorText !== undefined && answer.body.trimStart().startsWith(errorText))
        throw badAnswer(id, `${name} answered ${answer.body.trimStart().slice(0, 300)}`, answer)
      const failed = refusal(id, answer)
      if (failed) throw failed
      const body = parseJson(id, rest.anyContentType && answer.body !== '' ? asJson(answer) : answer)
      const told = errorInAnswer(id, name, body, site.answers)
      if (told) throw told
      const result = operation.result === undefined ? dataOf(body, site.answers) : follow(body, operation.result)
      if (result === undefined) throw badAnswer(id, `${name} answered nothing at "${operation.result}"`, answer)
      if (operation.headersOfAnswer.length === 0) return result
      const of = operation.headersOfAnswer.map(header => [header, String(answer.headers?.[header] ?? '')])
      return { body: result, headers: Object.fromEntries(of) }
    },
    check(entity, paths) {
      const where = `${id}.${entity.operation}`
      const operation = rest.operations[entity.operation]
      if (!operation)
        throw new MappingFault(
          `${id} has no operation ${entity.operation}; it has ${Object.keys(rest.operations).join(', ')}`,
        )
      const known = inputs.get(entity.operation) as ReadonlySet<string>
      for (const name of neededBy(entity, rest.conditions?.as !== 'parameters'))
        if (!known.has(name)) throw new MappingFault(`${where} takes no ${name}`)
      const counting = entity.count && inputs.get(entity.count.operation)
      if (entity.count && !counting) throw new MappingFault(`${id} has no operation ${entity.count.operation}`)
      for (const name of Object.keys(entity.input))
        if (name !== 'where' && counting && !counting.has(name))
          throw new MappingFault(`${id}.${entity.count?.operation} takes no ${name}`)
      if (operation.byPosition) {
        if (!known.has('fields')) throw new MappingFault(`${where} answers by position, so it must be told $fields`)
        for (const path of paths)
          if (paths.some(other => other.startsWith(`${path}.`)))
            throw new MappingFault(`${where}: ${path} cannot be asked for together with a property of its own`)
      }
      conditions.write(fixedConditions(entity))
      for (const [name, filter] of Object.entries(entity.filter)) {
        const place = `filter ${name}: ${where}`
        if (typeof filter === 'string') conditions.check(place, 'in')
        else if (filter.any) conditions.check(place, 'any', filter.any.length)
        else if (filter.when)
          for (const one of Object.values(filter.when)) conditions.check(place, typeof one === 'string' ? 'raw' : 'eq')
        else conditions.check(place, filter.op)
      }
    },
    ask(entity, question) {
      const operation = find(entity.operation)
      // A path into a record without positions is answered with the whole of its first property.
      const fields = operation.byPosition
        ? [...question.select]
        : [...new Set(question.select.map(path => path.split('.')[0]))]
      const where = conditions.write([...fixedConditions(entity), ...question.where])
      const sort = question.sort === undefined ? {} : { sort: question.sort }
      const { input, reading } = firstPage(entity, question)
      return { operation: entity.operation, input: { ...entity.input, ...input, ...sort, fields, where }, reading }
    },
    rows(entity, answer, call) {
      const operation = find(entity.operation)
      const found = follow(answer, entity.rows)
      if (!Array.isArray(found)) throw badAnswer(id, `${entity.operation} answered no list at "${entity.rows}"`)
      const fields = (call?.input.fields ?? []) as string[]
      const named = operation.byPosition ? found.map(row => byName(row, fields)) : found
      const rows = named.map(values.read) as Row[]
      const said = entity.total === undefined ? Number.NaN : numberOf(follow(answer, entity.total))
      const total = Number.isSafeInteger(said) && said >= 0 ? said : null
      return takeRestPage(id, entity, rows, total, answer, call)
    },
  }
}

/** Inputs that an operation must have a place for: what is left out of a question makes it another question. */
function neededBy(entity: EntityDefinition, inPlace: boolean): string[] {
  const asked = Object.keys(entity.filter).length > 0 || entity.input.where !== undefined
  return [
    ...Object.keys(entity.input).filter(name => name !== 'where'),
    ...(asked && inPlace ? ['where'] : []),
    ...(entity.sort === undefined ? [] : ['sort']),
    ...pageInputs(entity),
  ]
}

/** Inputs that an operation has a place for. */
function inputsOf(operation: RestOperation): ReadonlySet<string> {
  const names = new Set<string>([...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string))
  const collect = (template: unknown): void => {
    if (typeof template === 'string') {
      const name = /^(?:\.\.\.)?\$(\w+)/.exec(template)?.[1]
      if (name) names.add(name)
    } else if (template !== null && typeof template === 'object') Object.values(template).forEach(collect)
  }
  for (const part of [operation.query, operation.headers, operation.body]) collect(part)
  return names
}

function addressOf(
  system: string,
  name: string,
  base: URL,
  operation: RestOperation,
  scope: Readonly<Record<string, unknown>>,
): string {
  const path = operation.path.replace(/\{(\w+)\}/g, (_, input: string) => {
    const value = scope[input]
    if (value === undefined || value === null || value === '' || typeof value === 'object')
      throw new InputFault(`${system}.${name} needs ${input}`)
    // "." and ".." survive encoding and would climb to another resource.
    return encodeURIComponent(String(value)).replace(/^\.{1,2}$/, dots => dots.replaceAll('.', '%2E'))
  })
  const query: string[] = []
  const give = (key: string, value: unknown): void => {
    if (value === undefined || value === null) return
    if (Array.isArray(value) && value.length === 0)
      throw new InputFault(`${key}: an empty list would read as no condition at all`)
    const items = (Array.isArray(value) ? value : [value]).map(one => encodeURIComponent(String(one)))
    const pairs = operation.lists === 'comma' ? [items.join(',')] : items
    query.push(...pairs.map(one => `${encodeURIComponent(key)}=${one}`))
  }
  for (const [key, told] of Object.entries(operation.query)) give(key, fillTemplate(told, scope))
  // Conditions that are parameters have names of their own.
  const { where } = scope
  if (where !== null && typeof where === 'object' && !Array.isArray(where))
    for (const [key, value] of Object.entries(where)) give(key, value)
  const root = base.href.replace(/\/$/, '')
  return root + path + (query.length > 0 ? `?${query.join('&')}` : '')
}

/** The credentials of a system go nowhere else, whatever its answers say. */
function followed(system: string, base: URL, link: string): string {
  const url = URL.canParse(link, base) ? new URL(link, base) : undefined
  if (url?.origin !== base.origin) throw new InputFault(`${system} told a next page elsewhere`)
  return url.href
}

function formOf(body: unknown): string {
  const form = new URLSearchParams()
  for (const [key, value] of Object.entries((body ?? {}) as Record<string, unknown>))
    for (const one of Array.isArray(value) ? value : [value])
      form.append(key, one !== null && typeof one === 'object' ? JSON.stringify(one) : String(one))
  return form.toString()
}

function asJson(answer: HttpAnswer): HttpAnswer {
  return { ...answer, contentType: 'application/json' }
}

function numberOf(value: unknown): number {
  return typeof value === 'number' || (typeof value === 'string' && /^\d{1,15}$/.test(value))
    ? Number(value)
    : Number.NaN
}

const operators = ['in', 'eq', 'ge', 'gt', 'le', 'lt', 'contains'] as const

/** A condition that every question has: an expression of the system's own, or {field, eq: value}; none for a setting not given. */
function fixedCondition(where: string, told: unknown, settings: Readonly<Record<string, Scalar>>): Condition[] {
  if (typeof told === 'string') return [{ raw: told }]
  const { field, ...rest } = (told ?? {}) as Record<string, unknown>
  const op = operators.find(one => one in rest)
  if (typeof field !== 'string' || !op || Object.keys(rest).length !== 1)
    throw new MappingFault(
      `${where}: a condition of "where" is a text, or has a field and one of ${operators.join(', ')}`,
    )
  const filled = [rest[op]].flat().map(one => fillTemplate(one, { settings }))
  const values = filled.filter(one => one !== undefined && one !== '') as Scalar[]
  return values.length === 0 ? [] : [{ field, op, values }]
}
