type Json = Record<string, unknown>

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const
const styles: Record<string, { style: string; explode: boolean }> = {
  csv: { style: 'form', explode: false },
  ssv: { style: 'spaceDelimited', explode: false },
  tsv: { style: 'tabDelimited', explode: false },
  pipes: { style: 'pipeDelimited', explode: false },
  multi: { style: 'form', explode: true },
}
/** members of a 2.0 parameter that say what its values are; in 3.x they stand in its schema */
const ofSchema = ['type', 'format', 'items', 'enum', 'default', 'maximum', 'minimum', 'maxLength', 'pattern'] as const

/**
 * A Swagger 2.0 document in the shape of OpenAPI 3, as far as calls need it; references stay as they are, since what they
 * lead to stays too. https://spec.openapis.org/oas/v2.0.html
 * @param resolve follows a reference within the document
 */
export function fromSwagger2(document: Json, resolve: (value: unknown) => Json): Json {
  const consumes = list(document.consumes)
  const produces = list(document.produces)
  const paths: Json = {}
  for (const [path, raw] of Object.entries((document.paths ?? {}) as Json)) {
    const item = resolve(raw)
    const shared = parametersOf(item, resolve)
    const written: Json = {}
    for (const method of methods) {
      const operation = item[method] as Json | undefined
      if (operation === undefined) continue
      const own = parametersOf(operation, resolve)
      const all = [...shared.filter(one => !own.some(other => other.name === one.name && other.in === one.in)), ...own]
      written[method] = {
        ...operation,
        parameters: all.filter(one => one.in !== 'body' && one.in !== 'formData').map(parameter),
        ...body(all, list(operation.consumes) ?? consumes),
        responses: responses(operation, list(operation.produces) ?? produces, resolve),
      }
    }
    paths[path] = written
  }
  return { ...document, openapi: '3.0.3', paths, servers: servers(document) }
}

function parametersOf(owner: Json, resolve: (value: unknown) => Json): Json[] {
  return (list(owner.parameters) ?? []).map(one => resolve(one))
}

function parameter(one: Json): Json {
  const format = typeof one.collectionFormat === 'string' ? one.collectionFormat : 'csv'
  return { ...one, schema: schemaOf(one), ...(one.type === 'array' && (styles[format] ?? styles.csv)) }
}

function schemaOf(one: Json): Json {
  return Object.fromEntries(ofSchema.flatMap(name => (one[name] === undefined ? [] : [[name, one[name]]])))
}

function body(parameters: Json[], consumes: unknown[] | undefined): Json {
  const whole = parameters.find(one => one.in === 'body')
  if (whole) {
    const type = (consumes ?? []).map(String).find(one => /[/+]json\b/.test(one)) ?? 'application/json'
    return { requestBody: { required: whole.required, content: { [type]: { schema: whole.schema ?? {} } } } }
  }
  const fields = parameters.filter(one => one.in === 'formData')
  if (fields.length === 0) return {}
  const files =
    fields.some(one => one.type === 'file') || (consumes ?? []).every(one => String(one).includes('multipart'))
  const multipart = files && (consumes !== undefined || fields.some(one => one.type === 'file'))
  const properties = Object.fromEntries(fields.map(one => [String(one.name), schemaOf(one)]))
  const required = fields.filter(one => one.required === true).map(one => one.name)
  const type = multipart ? 'multipart/form-data' : 'application/x-www-form-urlencoded'
  return { requestBody: { content: { [type]: { schema: { type: 'object', properties, required } } } } }
}

function responses(operation: Json, produces: unknown[] | undefined, resolve: (value: unknown) => Json): Json {
  const types = (produces ?? ['application/json']).map(String)
  return Object.fromEntries(
    Object.entries((operation.responses ?? {}) as Json).map(([status, raw]) => {
      const response = resolve(raw)
      if (response.schema === undefined) return [status, response]
      return [
        status,
        { ...response, content: Object.fromEntries(types.map(type => [type, { schema: response.schema }])) },
      ]
    }),
  )
}

function servers(document: Json): { url: string }[] {
  const base = typeof document.basePath === 'string' ? document.basePath : '/'
  if (typeof document.host !== 'string') return [{ url: base }]
  const schemes = (list(document.schemes) ?? []).map(String)
  // Without a scheme it is the one by which the document was had.
  const scheme = schemes.includes('https') ? 'https:' : schemes.includes('http') ? 'http:' : ''
  return [{ url: `${scheme}//${document.host}${base}` }]
}

function list(value: unknown): unknown[] | undefined {
  return Array.isArray(value) ? value : undefined
}
