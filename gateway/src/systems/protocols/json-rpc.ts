import type { EntityDefinition } from '../configuration.ts'
import { evaluate, prepareExpression } from '../expressions/evaluate.ts'
import { UpstreamError } from '../types.ts'
import { readDomain, writeDomain } from './domain.ts'
import { dataOf, errorInAnswer } from './error-in-answer.ts'
import {
  type Description,
  follow,
  InputFault,
  MappingFault,
  type OperationCall,
  type Question,
  type Row,
  type Site,
} from './protocol.ts'
import { badAnswer, parseJson, refusal } from './refusal.ts'
import { rpcDialect } from './rpc-dialect.ts'
import { checkFields, fieldsContract, modelOf, readRpcFields } from './rpc-fields.ts'
import { fillTemplate } from './wire-template.ts'

/**
 * A system spoken to by JSON-RPC (2.0, or 1.x that leaves the version out): one endpoint, `operation` is the method, the
 * input is {params: […]}. Such a system does not describe itself; with `typeTag` set, objects that carry that member are
 * decimals, dates and times, in both directions; `rpc` describes a dialect that wraps its calls.
 * @param document what it told of its fields when it was asked (described-by-calls.ts); empty when it was not
 */
export function describeJsonRpc(document: string, site: Site): Description {
  if (!site.endpoint) throw new MappingFault(`${site.id}: a json-rpc system needs its endpoint`)
  const { endpoint, jsonrpc, typeTag, id, settings } = site
  const dialect = site.rpc && rpcDialect(site.rpc, site)
  const told = readRpcFields(document, id)
  /** what a call asks for, so that it can be read on */
  const asked = new WeakMap<OperationCall, Question>()
  let sequence = 0

  return {
    operations: new Map(told?.operations.map(name => [name, { safe: true }])),
    encode(operation, input, session) {
      const params = (input.params ?? []) as unknown[]
      if (!Array.isArray(params)) throw new InputFault(`${id}.${operation} takes {params: […]}`)
      sequence = (sequence + 1) % 1_000_000
      const body = JSON.stringify({
        // Some 1.x systems answer a call with any further member by the bare result.
        ...(jsonrpc === '2.0' && { jsonrpc }),
        id: sequence,
        ...(dialect?.wrap(operation, params, session) ?? {
          method: operation,
          params: typeTag ? params.map(one => tagged(one, typeTag)) : params,
        }),
      })
      return {
        method: 'POST',
        url: endpoint,
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body,
      }
    },
    decode(operation, answer) {
      const failed = refusal(id, answer)
      if (failed) throw failed
      const body = parseJson(id, answer) as { result?: unknown; error?: unknown } | null
      if (body === null || typeof body !== 'object')
        throw badAnswer(id, `${operation} answered no JSON-RPC response`, answer)
      if (body.error !== undefined && body.error !== null) {
        throw dialect?.error(operation, body.error) ?? rpcError(id, operation, body.error)
      }
      if (!('result' in body)) throw badAnswer(id, `${operation} answered neither result nor error`, answer)
      const hidden = errorInAnswer(id, operation, body.result, site.answers)
      if (hidden) throw hidden
      const result = dataOf(body.result, site.answers)
      if (dialect) return dialect.read(result)
      return typeTag ? untagged(result, typeTag) : result
    },
    contract(operation) {
      const fields = told?.models.get(modelOf(operation))
      return fields && fieldsContract(fields)
    },
    check(entity, paths) {
      checkFields(id, entity, paths, told?.models)
      if (!entity.parameters)
        throw new MappingFault(
          `${id}.${entity.operation}: the mapping needs "parameters", JSONata over {where, offset, limit, sort, fields} or a structure`,
        )
      for (const one of [entity.parameters, entity.count?.parameters])
        if (typeof one === 'string') prepareExpression(one)
      for (const [name, filter] of Object.entries(entity.filter)) {
        if (typeof filter === 'string' || !filter.when) continue
        if (typeof entity.parameters === 'string')
          throw new MappingFault(
            `filter ${name}: ${id}.${entity.operation}: "when" takes "parameters" as a structure with $domain in it`,
          )
        for (const one of Object.values(filter.when))
          if (typeof one === 'string') checkRaw(`filter ${name}: ${id}`, entity, one)
      }
    },
    ask,
    rows(entity, answer, call) {
      const rows = follow(answer, entity.rows)
      if (!Array.isArray(rows)) throw badAnswer(id, `${entity.operation} answered no list`)
      const said = entity.total === undefined ? Number.NaN : Number(follow(answer, entity.total))
      const total = Number.isSafeInteger(said) ? said : null
      const question = call && asked.get(call)
      // Only a page that is as long as the system lets it be may have been cut off.
      if (!question || question.limit <= entity.max || rows.length < entity.max) return { rows: rows as Row[], total }
      const { offset, limit } = question
      const next = ask(entity, { ...question, offset: offset + rows.length, limit: limit - rows.length })
      return { rows: rows as Row[], total, next }
    },
  }

  function ask(entity: EntityDefinition, question: Question): OperationCall | Promise<OperationCall> {
    const call = askPage(entity, { ...question, limit: Math.min(question.limit, entity.max) })
    const remember = (made: OperationCall): OperationCall => {
      asked.set(made, question)
      return made
    }
    return call instanceof Promise ? call.then(remember) : remember(call)
  }

  function askPage(entity: EntityDefinition, question: Question): OperationCall | Promise<OperationCall> {
    const { parameters = '[]' } = entity
    if (typeof parameters === 'string') return askByExpression(entity, parameters, question)
    const { offset, limit, sort } = question
    const domain = dialect ? dialect.domain(question.where) : writeDomain(question.where, (_field, value) => value)
    // A path into a record is answered with the whole of its first property.
    const fields = [...new Set(question.select.map(path => path.split('.')[0]))]
    const scope = { domain, offset, limit, sort, fields, settings }
    return { operation: entity.operation, input: { params: fillTemplate(parameters, scope) } }
  }

  async function askByExpression(
    entity: EntityDefinition,
    parameters: string,
    question: Question,
  ): Promise<OperationCall> {
    const where = question.where.map(condition => {
      if ('field' in condition)
        return {
          field: condition.field,
          op: condition.op,
          value: condition.op === 'in' ? [...condition.values] : condition.values[0],
        }
      if ('any' in condition) return { any: condition.any, op: 'contains', value: condition.contains }
      throw new InputFault(`${id}.${entity.operation}: this filter cannot be told to a json-rpc system`)
    })
    const { offset, limit } = question
    const scope = { where, offset, limit, sort: question.sort ?? null, fields: [...question.select] }
    const params = await evaluate(parameters, scope).catch((error: unknown) => {
      throw new UpstreamError(
        'UPSTREAM_REFUSED',
        id,
        `${entity.operation}: its parameters ${(error as Error).message}`,
        {
          outcome: 'not_sent',
          retryable: false,
          cause: error,
        },
      )
    })
    // JSONata marks its sequences with members of their own, which must not reach the wire.
    return { operation: entity.operation, input: { params: JSON.parse(JSON.stringify(params)) as unknown[] } }
  }
}

/** A condition that a mapping gives as text must be a domain. */
function checkRaw(system: string, entity: EntityDefinition, text: string): void {
  try {
    readDomain(text)
  } catch (error) {
    throw new MappingFault(`${system}.${entity.operation}: ${(error as Error).message}`)
  }
}

/** An error member: the system understood the call and refused it. 1.x systems answer ["Type", [words]], 2.0 an object. */
function rpcError(system: string, operation: string, error: unknown): UpstreamError {
  const { code, message } = Array.isArray(error)
    ? { code: String(error[0] ?? ''), message: firstText(error[1]) }
    : {
        code: String((error as { code?: unknown }).code ?? ''),
        message: firstText((error as { message?: unknown }).message),
      }
  const known = /^(-32\d{3}|'.*')$/.test(code)
  if (known)
    return new UpstreamError('UPSTREAM_BAD_ANSWER', system, `${operation} is not understood there: ${code}`, {
      outcome: 'refused',
      retryable: false,
    })
  return new UpstreamError('UPSTREAM_REFUSED', system, `${operation} was refused: ${code} ${message ?? ''}`, {
    outcome: 'refused',
    retryable: false,
    reasonCode: code,
    ...(message && { reason: message }),
  })
}

function firstText(value: unknown): string | undefined {
  const found = Array.isArray(value) ? value.find(one => typeof one === 'string' && one !== '') : value
  return typeof found === 'string' ? found.slice(0, 300) : undefined
}

const pad = (value: unknown, width = 2): string => String(value ?? 0).padStart(width, '0')

function untagged(value: unknown, tag: string): unknown {
  if (Array.isArray(value)) return value.map(one => untagged(one, tag))
  if (value === null || typeof value !== 'object') return value
  const row = value as Row
  const date = `${pad(row.year, 4)}-${pad(row.month)}-${pad(row.day)}`
  const time = `${pad(row.hour)}:${pad(row.minute)}:${pad(row.second)}`
  switch (row[tag]) {
    case undefined:
      return Object.fromEntries(Object.entries(row).map(([key, one]) => [key, untagged(one, tag)]))
    case 'Decimal':
      return String(row.decimal)
    case 'date':
      return date
    case 'datetime':
      return `${date}T${time}.${pad(Math.floor(Number(row.microsecond ?? 0) / 1000), 3)}Z`
    case 'time':
      return time
    case 'timedelta':
      return Number(row.seconds ?? 0)
    case 'bytes':
      return String(row.base64)
    default:
      return null
  }
}

/** The way out: {decimal}, {date} and {datetime} wrappers of a caller become the system's tagged objects. */
function tagged(value: unknown, tag: string): unknown {
  if (Array.isArray(value)) return value.map(one => tagged(one, tag))
  if (value === null || typeof value !== 'object') return value
  const row = value as Row
  const keys = Object.keys(row)
  if (keys.length === 1 && typeof row.$decimal === 'string') return { [tag]: 'Decimal', decimal: row.$decimal }
  if (keys.length === 1 && typeof row.$date === 'string') {
    const [year, month, day] = row.$date.split('-').map(Number)
    return { [tag]: 'date', year, month, day }
  }
  if (keys.length === 1 && typeof row.$datetime === 'string') {
    const at = new Date(row.$datetime)
    return {
      [tag]: 'datetime',
      year: at.getUTCFullYear(),
      month: at.getUTCMonth() + 1,
      day: at.getUTCDate(),
      hour: at.getUTCHours(),
      minute: at.getUTCMinutes(),
      second: at.getUTCSeconds(),
      microsecond: at.getUTCMilliseconds() * 1000,
    }
  }
  return Object.fromEntries(Object.entries(row).map(([key, one]) => [key, tagged(one, tag)]))
}
