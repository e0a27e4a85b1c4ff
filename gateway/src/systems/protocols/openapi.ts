import { parse } from 'yaml'
import { namedInput } from './named-input.ts'
import { type Description, follow, InputFault, MappingFault, type Row, type Site } from './protocol.ts'
import { badAnswer, parseJson, refusal, tryJson } from './refusal.ts'

type Json = Record<string, unknown>

interface Parameter {
  name: string
  in: 'path' | 'query' | 'header' | 'cookie'
  required?: boolean
  explode?: boolean
}

interface Operation {
  safe: boolean
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  parameters: Parameter[]
  bodyProperties: ReadonlySet<string>
  bodyOpen: boolean
  bodyType: string | undefined
  result: Json | undefined
}

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const

/**
 * Reads an OpenAPI 3.0/3.1 document (JSON or YAML). An operation is called by its operationId with a flat input: path,
 * query and body properties by name. https://spec.openapis.org/oas/v3.1.1.html
 * @throws MappingFault when the document is no OpenAPI 3 document
 */
export function describeOpenApi(text: string, site: Site): Description {
  let document: Json
  try {
    document = parse(text) as Json
  } catch (error) {
    throw new MappingFault(`${site.id}: the OpenAPI document cannot be parsed: ${(error as Error).message}`)
  }
  if (typeof document?.openapi !== 'string' || !document.openapi.startsWith('3.')) {
    throw new MappingFault(`${site.id}: the document is no OpenAPI 3 document`)
  }
  const resolve = resolver(document)
  const operations = new Map<string, Operation>()
  for (const [path, rawItem] of Object.entries((document.paths ?? {}) as Record<string, Json>)) {
    const item = resolve(rawItem)
    for (const method of methods) {
      const raw = item[method] as Json | undefined
      if (!raw || typeof raw.operationId !== 'string') continue
      operations.set(raw.operationId, readOperation(method, path, item, raw, resolve))
    }
  }
  const base = (site.endpoint ?? serverUrl(document, site)).replace(/\/$/, '')

  function find(name: string): Operation {
    const operation = operations.get(name)
    if (!operation) throw new InputFault(`${site.id} has no operation ${name}`)
    return operation
  }

  return {
    operations,
    encode(name, input) {
      const operation = find(name)
      const { path, rest } = fillPath(site.id, name, operation, input)
      const query: string[] = []
      const body: Json = {}
      for (const [key, value] of Object.entries(rest)) {
        if (value === undefined) continue
        const parameter = operation.parameters.find(one => one.name === key && one.in === 'query')
        if (parameter) query.push(...queryPairs(parameter, value))
        else if (operation.bodyOpen || operation.bodyProperties.has(key)) body[key] = value
        else throw new InputFault(`${site.id}.${name} takes no ${key}`)
      }
      const url = base + path + (query.length > 0 ? `?${query.join('&')}` : '')
      const headers: Record<string, string> = { accept: 'application/json' }
      if (operation.bodyType === undefined) return { method: operation.method, url, headers }
      headers['content-type'] = operation.bodyType
      return { method: operation.method, url, headers, body: JSON.stringify(body) }
    },
    decode(name, answer) {
      find(name)
      const failed = refusal(site.id, answer, answer.status >= 400 ? problemOf(tryJson(answer)) : {})
      if (failed) throw failed
      return parseJson(site.id, answer)
    },
    check(entity, paths) {
      const operation = operations.get(entity.operation)
      if (!operation)
        throw new MappingFault(
          `${site.id} has no operation ${entity.operation}; it has ${[...operations.keys()].join(', ')}`,
        )
      const takes = new Set([...operation.parameters.map(one => one.name), ...operation.bodyProperties])
      namedInput.check(site.id, entity, name => takes.has(name))
      const item = arrayItem(operation.result && schemaAt(operation.result, entity.rows, resolve), resolve)
      if (!item) throw new MappingFault(`${site.id}.${entity.operation} answers no list at "${entity.rows}"`)
      for (const path of paths) {
        if (!schemaAt(item, path, resolve))
          throw new MappingFault(`${site.id}.${entity.operation} answers no property ${path}`)
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

function readOperation(
  method: (typeof methods)[number],
  path: string,
  item: Json,
  raw: Json,
  resolve: (value: unknown) => Json,
): Operation {
  const parameters = [...((item.parameters as unknown[]) ?? []), ...((raw.parameters as unknown[]) ?? [])].map(
    one => resolve(one) as unknown as Parameter,
  )
  const content = raw.requestBody ? ((resolve(raw.requestBody).content ?? {}) as Record<string, Json>) : {}
  const bodyType = Object.keys(content).find(type => /[/+]json\b/.test(type))
  const bodySchema = bodyType ? resolve(content[bodyType]?.schema) : undefined
  const responses = (raw.responses ?? {}) as Record<string, unknown>
  const good = Object.keys(responses).find(status => status.startsWith('2'))
  const answers = good ? ((resolve(responses[good]).content ?? {}) as Record<string, Json>) : {}
  const answerType = Object.keys(answers).find(type => /[/+]json\b/.test(type))
  const properties = bodySchema ? propertiesOf(bodySchema, resolve) : {}
  return {
    safe: method === 'get',
    method: method.toUpperCase() as Operation['method'],
    path,
    parameters,
    bodyProperties: new Set(Object.keys(properties)),
    bodyOpen: bodySchema !== undefined && Object.keys(properties).length === 0,
    bodyType,
    result: answerType ? resolve(answers[answerType]?.schema) : undefined,
  }
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

function queryPairs(parameter: Parameter, value: unknown): string[] {
  if (value === null) return []
  const key = encodeURIComponent(parameter.name)
  if (!Array.isArray(value)) return [`${key}=${encodeURIComponent(String(value))}`]
  if (value.length === 0) throw new InputFault(`${parameter.name}: an empty list would read as no condition at all`)
  const items = value.map(item => encodeURIComponent(String(item)))
  // Explode is the default for arrays only; a string parameter that takes several values takes them with commas.
  const schema = (parameter as { schema?: Json }).schema
  const exploded = schema?.type === 'array' && parameter.explode !== false
  return exploded ? items.map(item => `${key}=${item}`) : [`${key}=${items.join(',')}`]
}

function problemOf(body: unknown): { reason?: string; reasonCode?: string } {
  if (body === null || typeof body !== 'object') return {}
  const { detail, title, code, type } = body as Record<string, unknown>
  const reason = [detail, title].find(one => typeof one === 'string') as string | undefined
  const reasonCode = [code, type].find(one => typeof one === 'string') as string | undefined
  return { ...(reason && { reason }), ...(reasonCode && { reasonCode }) }
}

function resolver(document: Json): (value: unknown) => Json {
  return value => {
    let at = (value ?? {}) as Json
    for (let depth = 0; typeof at.$ref === 'string' && depth < 32; depth += 1) {
      const parts = at.$ref
        .replace(/^#\//, '')
        .split('/')
        .map(part => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
      let target: unknown = document
      for (const part of parts) target = (target as Json | undefined)?.[part]
      if (target === undefined)
        throw new MappingFault(`the OpenAPI document refers to ${at.$ref}, which it does not have`)
      at = target as Json
    }
    return at
  }
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
    if (next === undefined) return undefined
    at = resolve(next)
  }
  return at
}

function arrayItem(schema: Json | undefined, resolve: (value: unknown) => Json): Json | undefined {
  return schema?.items === undefined ? undefined : resolve(schema.items)
}

function serverUrl(document: Json, site: Site): string {
  const first = (document.servers as { url?: string }[] | undefined)?.[0]?.url ?? '/'
  return new URL(first, site.documentUrl).toString()
}
