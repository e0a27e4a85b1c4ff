import { openApiContract } from '../drift/openapi-contract.ts'
import { dataOf, errorInAnswer } from './error-in-answer.ts'
import { namedInput } from './named-input.ts'
import { readOpenApiDocument, serverUrl } from './openapi-document.ts'
import { formBody, headerValue, mergeParameters, type Parameter, queryPairs } from './openapi-parameters.ts'
import { linkOf, nextPage, takePage } from './paging.ts'
import { type Description, follow, InputFault, MappingFault, type Row, type Site } from './protocol.ts'
import { badAnswer, parseJson, refusal, tryJson } from './refusal.ts'
import { open, overrideAnswer, schemaOf, type TypeOverrides } from './type-overrides.ts'

type Json = Record<string, unknown>

interface Operation {
  safe: boolean
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  parameters: Parameter[]
  body: Json | undefined
  bodyProperties: ReadonlySet<string>
  bodyOpen: boolean
  bodyType: string | undefined
  result: Json | undefined
}

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const
const formType = 'application/x-www-form-urlencoded'
const takenIn = new Set(['query', 'header'])
/** headers that belong to the way a call is sent */
const ownHeaders = new Set([
  'accept',
  'content-type',
  'authorization',
  'host',
  'content-length',
  'connection',
  'cookie',
])

/**
 * Reads an OpenAPI 3.0/3.1 or Swagger 2.0 document (JSON or YAML). An operation is called by its operationId, or `GET /path`
 * where it has none, with a flat input: path, query, header and body properties by name.
 * https://spec.openapis.org/oas/v3.1.1.html
 * @throws MappingFault when the document is no such document
 */
export function describeOpenApi(text: string, site: Site): Description {
  const { document, version, resolve } = readOpenApiDocument(text, site.id)
  const operations = new Map<string, Operation>()
  for (const [path, rawItem] of Object.entries((document.paths ?? {}) as Record<string, Json>)) {
    const item = resolve(rawItem)
    for (const method of methods) {
      const raw = item[method] as Json | undefined
      if (!raw) continue
      const told = typeof raw.operationId === 'string' && !operations.has(raw.operationId) ? raw.operationId : undefined
      const name = told ?? `${method.toUpperCase()} ${path}`
      operations.set(name, corrected(readOperation(method, path, item, raw, resolve), site.types?.[name], resolve))
    }
  }
  const base = (site.endpoint ?? serverUrl(document, site.documentUrl)).replace(/\/$/, '')

  /** the next page of an answer, where its headers tell it */
  const links = new WeakMap<object, string>()

  function find(name: string): Operation {
    const operation = operations.get(name)
    if (!operation) throw new InputFault(`${site.id} has no operation ${name}`)
    return operation
  }

  return {
    operations,
    protocolVersion: version,
    textInOneInput: true,
    encode(name, input) {
      const operation = find(name)
      if (typeof input[nextPage] === 'string') {
        const next = new URL(input[nextPage], `${base}/`)
        // The address of the next page comes from the answer; the token must not follow it elsewhere.
        if (next.origin !== new URL(base).origin)
          throw new InputFault(`${site.id}: the next page lies at another origin`)
        return { method: 'GET', url: next.toString(), headers: { accept: 'application/json' } }
      }
      const { path, rest } = fillPath(site.id, name, operation, input)
      const query: string[] = []
      const headers: Record<string, string> = { accept: 'application/json' }
      const body: Json = {}
      for (const [key, value] of Object.entries(rest)) {
        if (value === undefined) continue
        const parameter = operation.parameters.find(one => one.name === key && takenIn.has(one.in))
        if (parameter?.in === 'query') query.push(...queryPairs(parameter, value))
        else if (parameter && !ownHeaders.has(key.toLowerCase()))
          headers[key.toLowerCase()] = headerValue(parameter, value)
        else if (operation.bodyOpen || operation.bodyProperties.has(key)) body[key] = value
        else throw new InputFault(`${site.id}.${name} takes no ${key}`)
      }
      const { method, bodyType } = operation
      const url = base + path + (query.length > 0 ? `?${query.join('&')}` : '')
      if (bodyType === undefined) return { method, url, headers }
      if (bodyType.startsWith('multipart/'))
        throw new InputFault(`${site.id}.${name} takes a body in parts (${bodyType}), which is not written`)
      headers['content-type'] = bodyType
      return { method, url, headers, body: bodyType === formType ? formBody(body) : JSON.stringify(body) }
    },
    decode(name, answer) {
      find(name)
      const failed = refusal(site.id, answer, answer.status >= 400 ? problemOf(tryJson(answer)) : {})
      if (failed) throw failed
      const body = parseJson(site.id, answer)
      const hidden = errorInAnswer(site.id, name, body, site.answers)
      if (hidden) throw hidden
      const result = dataOf(body, site.answers)
      const link = answer.headers && linkOf(answer.headers.link)
      if (link !== undefined && result !== null && typeof result === 'object') links.set(result, link)
      return result
    },
    contract(name) {
      const operation = operations.get(name)
      return operation && openApiContract(operation, resolve, schema => propertiesOf(schema, resolve))
    },
    check(entity, paths) {
      const operation = operations.get(entity.operation)
      if (!operation)
        throw new MappingFault(
          `${site.id} has no operation ${entity.operation}; it has ${[...operations.keys()].join(', ')}`,
        )
      const takes = new Set([...operation.parameters.map(one => one.name), ...operation.bodyProperties])
      namedInput.check(site.id, entity, name => takes.has(name))
      const place = [site.answers?.data, entity.rows].filter(Boolean).join('.')
      const item = arrayItem(operation.result && schemaAt(operation.result, place, resolve), resolve)
      if (!item) throw new MappingFault(`${site.id}.${entity.operation} answers no list at "${entity.rows}"`)
      for (const path of paths) {
        if (!schemaAt(item, path, resolve))
          throw new MappingFault(`${site.id}.${entity.operation} answers no property ${path}`)
      }
    },
    ask: (entity, question) => namedInput.ask(entity, question),
    rows(entity, answer, call) {
      const rows = follow(answer, entity.rows)
      if (!Array.isArray(rows)) throw badAnswer(site.id, `${entity.operation} answered no list at "${entity.rows}"`)
      const link = links.get(answer as object) ?? links.get(rows)
      return takePage(site.id, entity, rows as Row[], namedInput.total(entity, answer), answer, call, link)
    },
  }
}

function readOperation(
  method: (typeof methods)[number],
  path: string,
  item: Json,
  raw: Json,
  resolve: (value: unknown) => Json,
): Operation {
  const parameters = mergeParameters(item, raw, resolve)
  const content = raw.requestBody ? ((resolve(raw.requestBody).content ?? {}) as Record<string, Json>) : {}
  const bodyType = Object.keys(content).find(isJson) ?? [formType, 'multipart/form-data'].find(type => type in content)
  const bodySchema = bodyType ? resolve(content[bodyType]?.schema) : undefined
  const responses = (raw.responses ?? {}) as Record<string, unknown>
  const good =
    Object.keys(responses).find(status => status.startsWith('2')) ?? ('default' in responses ? 'default' : undefined)
  const answers = good ? ((resolve(responses[good]).content ?? {}) as Record<string, Json>) : {}
  const answerType =
    Object.keys(answers).find(isJson) ?? Object.keys(answers).find(type => /^(\*|application)\/\*/.test(type))
  const properties = bodySchema ? propertiesOf(bodySchema, resolve) : {}
  return {
    safe: method === 'get',
    method: method.toUpperCase() as Operation['method'],
    path,
    parameters,
    body: bodySchema,
    bodyProperties: new Set(Object.keys(properties)),
    bodyOpen: bodySchema !== undefined && Object.keys(properties).length === 0,
    bodyType,
    result: answerType ? resolve(answers[answerType]?.schema) : undefined,
  }
}

/** The operation as the mapping says it is in truth. */
function corrected(
  operation: Operation,
  told: TypeOverrides[string] | undefined,
  resolve: (value: unknown) => Json,
): Operation {
  if (!told) return operation
  const takes = Object.entries(told.takes).map(([name, kind]) => ({
    name,
    in: 'query' as const,
    ...operation.parameters.find(one => one.name === name),
    schema: schemaOf(kind),
  }))
  const others = operation.parameters.filter(one => !(one.name in told.takes))
  const result = overrideAnswer(operation.result, told.answers, resolve, schema => propertiesOf(schema, resolve))
  return { ...operation, parameters: [...others, ...takes], result }
}

/** Path parameters are taken out of the input; the rest goes into query and body. */
function fillPath(system: string, name: string, operation: Operation, input: Json): { path: string; rest: Json } {
  const rest = { ...input }
  const path = operation.path.replace(/\{([^}]+)\}/g, (_, parameter: string) => {
    const value = rest[parameter]
    if (value === undefined || value === null || value === '')
      throw new InputFault(`${system}.${name} needs ${parameter}`)
    delete rest[parameter]
    // "." and ".." survive encoding and would climb to another resource.
    const segment = encodeURIComponent(String(value)).replace(/^\.{1,2}$/, dots => dots.replaceAll('.', '%2E'))
    return segment
  })
  return { path, rest }
}

function problemOf(body: unknown): { reason?: string; reasonCode?: string } {
  if (body === null || typeof body !== 'object') return {}
  const { detail, title, code, type } = body as Record<string, unknown>
  const reason = [detail, title].find(one => typeof one === 'string') as string | undefined
  const reasonCode = [code, type].find(one => typeof one === 'string') as string | undefined
  return { ...(reason && { reason }), ...(reasonCode && { reasonCode }) }
}

function isJson(type: string): boolean {
  return /[/+]json\b/.test(type)
}

function propertiesOf(schema: Json, resolve: (value: unknown) => Json, depth = 0): Record<string, unknown> {
  if (depth > 16) return {}
  const own = (schema.properties ?? {}) as Record<string, unknown>
  const parts = [
    ...((schema.allOf as unknown[]) ?? []),
    ...((schema.oneOf as unknown[]) ?? []),
    ...((schema.anyOf as unknown[]) ?? []),
  ]
  return Object.assign({}, ...parts.map(part => propertiesOf(resolve(part), resolve, depth + 1)), own)
}

function schemaAt(schema: Json, path: string, resolve: (value: unknown) => Json): Json | undefined {
  let at: Json = schema
  for (const part of path === '' ? [] : path.split('.')) {
    const next = propertiesOf(at, resolve)[part]
    if (next === undefined) return at[open] === true ? at : undefined
    at = resolve(next)
  }
  return at
}

function arrayItem(schema: Json | undefined, resolve: (value: unknown) => Json): Json | undefined {
  return schema?.items === undefined ? undefined : resolve(schema.items)
}
