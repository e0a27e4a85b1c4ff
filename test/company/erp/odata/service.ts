import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Caller } from '../access/rights.ts'
import type { Emit } from '../business/events.ts'
import { create, update, type Written } from '../business/write.ts'
import { inTransaction } from '../database/open.ts'
import { entitySet } from '../model/entities.ts'
import { type EntitySet, findProperty, type SqlValue } from '../model/types.ts'
import { negotiate } from './content.ts'
import { badRequest, notFound, ODataError } from './errors.ts'
import { metadataDocument, serviceDocument } from './metadata.ts'
import { parseOptions, type QueryOptions } from './query-options.ts'
import { countCollection, equals, type Page, type ReadContext, type Row, readCollection } from './read.ts'
import { type KeyValues, keyCondition, parseResourcePath } from './resource-path.ts'

/** One request, as HTTP or as a part of a batch. `url` is relative to the service root, still percent-encoded. */
export type ODataRequest = { method: string; url: string; headers: Record<string, string | undefined>; body?: unknown }
export type ODataResponse = { status: number; headers: Record<string, string>; body?: unknown }
/** What the service works with. `root` is its public address, without a slash at the end. */
export type Service = { db: DatabaseSync; root: string; today: () => string; emit: Emit }

const metadata = metadataDocument()

/**
 * Answers one OData request. Expected refusals become OData error bodies; a write and its events are one transaction.
 */
export function answer(request: ODataRequest, caller: Caller, service: Service): ODataResponse {
  try {
    return dispatch(request, caller, service)
  } catch (error) {
    if (!(error instanceof ODataError)) throw error
    return errorResponse(error)
  }
}

export const errorResponse = (error: ODataError): ODataResponse => ({
  status: error.status,
  headers: { 'content-type': 'application/json', 'odata-version': '4.0' },
  body: error.body(),
})

function dispatch(request: ODataRequest, caller: Caller, service: Service): ODataResponse {
  const [path = '', ...query] = request.url.split('?')
  const resource = parseResourcePath(path)
  const method = request.method.toUpperCase()
  const allow = (...methods: string[]) => {
    if (!methods.includes(method))
      throw new ODataError(405, 'MethodNotAllowed', `This resource takes ${methods.join(', ')}, not ${method}.`)
  }
  if (resource.kind === 'metadata') {
    allow('GET')
    return { status: 200, headers: { 'content-type': 'application/xml', 'odata-version': '4.0' }, body: metadata }
  }
  if (resource.kind === 'batch') throw badRequest('A batch cannot contain a batch.')
  const isQuery = resource.kind === 'query'
  if (isQuery) allow('POST')
  if (isQuery && typeof request.body !== 'string')
    throw badRequest('The body of $query is the query string as text/plain.')
  const options = parseOptions(
    [...(query.length > 0 ? [query.join('?')] : []), ...(isQuery ? [String(request.body)] : [])].join('&'),
  )
  const format = negotiate(request.headers, options)
  const context: ReadContext = {
    db: service.db,
    caller,
    ieee754Compatible: format.ieee754Compatible,
    maxPageSize: format.maxPageSize,
  }
  const ok = (body: unknown, headers: Record<string, string> = {}): ODataResponse => ({
    status: 200,
    headers: { ...format.headers, ...headers },
    body,
  })
  switch (resource.kind) {
    case 'service':
      allow('GET')
      return ok(serviceDocument(service.root))
    case 'count':
      allow('GET')
      return {
        status: 200,
        headers: { 'content-type': 'text/plain', 'odata-version': '4.0' },
        body: String(countCollection(resource.set, options, context)),
      }
    case 'collection':
    case 'query':
      if (method === 'POST' && !isQuery)
        return write(
          resource.set,
          () => create(resource.set, request.body, writeContext(service, caller)),
          request,
          context,
          format.headers,
          service,
        )
      allow('GET', 'POST')
      return ok(
        collectionBody(
          resource.set,
          readCollection(resource.set, options, context),
          options,
          service,
          resource.set.name,
        ),
      )
    case 'related':
      allow('GET')
      return related(resource, options, context, service, ok)
    case 'entity': {
      if (method === 'GET') return entity(resource.set, resource.key, options, context, service, ok)
      allow('GET', 'PATCH', 'PUT')
      const key = resource.key
      checkUnchanged(resource.set, key, request.headers['if-match'], context)
      const change = () =>
        update(resource.set, key, request.body, method === 'PUT' ? 'PUT' : 'PATCH', writeContext(service, caller))
      return write(resource.set, change, request, context, format.headers, service)
    }
  }
}

const writeContext = (service: Service, caller: Caller) => ({
  db: service.db,
  caller,
  today: service.today(),
  emit: service.emit,
})

function collectionBody(set: EntitySet, page: Page, options: QueryOptions, service: Service, path: string): unknown {
  const { rows } = page
  const next = { ...options, skiptoken: page.skiptoken, skip: undefined, top: undefined, format: undefined }
  const query = Object.entries(next).flatMap(([name, value]) =>
    value === undefined ? [] : [`$${name}=${encodeURIComponent(value)}`],
  )
  return {
    '@odata.context': `${service.root}/$metadata#${set.name}${projection(options, rows)}`,
    ...(page.count === undefined ? {} : { '@odata.count': page.count }),
    value: rows,
    ...(page.skiptoken ? { '@odata.nextLink': `${service.root}/${path}?${query.join('&')}` } : {}),
  }
}

/** The select list of a context URL (OData Protocol 4.01 §10.7). */
function projection(options: QueryOptions, rows: Row[]): string {
  if (options.select !== undefined && options.select.trim() !== '*') return `(${options.select.replace(/\s/g, '')})`
  return options.apply !== undefined && rows[0] ? `(${Object.keys(rows[0]).join(',')})` : ''
}

function entity(
  set: EntitySet,
  key: KeyValues,
  options: QueryOptions,
  context: ReadContext,
  service: Service,
  ok: (body: unknown, headers?: Record<string, string>) => ODataResponse,
): ODataResponse {
  const { select, expand } = options
  const { rows } = readCollection(
    set,
    { ...(select ? { select } : {}), ...(expand ? { expand } : {}) },
    context,
    keyCondition(key),
  )
  const row = rows[0]
  if (!row) throw notFound(`${set.name} has no entity with this key.`)
  const tag = etag(set, key, context)
  return ok(
    {
      '@odata.context': `${service.root}/$metadata#${set.name}${projection(options, [])}/$entity`,
      '@odata.etag': tag,
      ...row,
    },
    { etag: tag },
  )
}

function related(
  {
    set,
    key,
    navigation,
    count,
  }: { set: EntitySet; key: KeyValues; navigation: EntitySet['navigation'][number]; count: boolean },
  options: QueryOptions,
  context: ReadContext,
  service: Service,
  ok: (body: unknown) => ODataResponse,
): ODataResponse {
  const owner = readCollection(set, { select: navigation.local }, context, keyCondition(key)).rows[0]
  if (!owner) throw notFound(`${set.name} has no entity with this key.`)
  const target = entitySet(navigation.target)
  const link = equals(findProperty(target, navigation.foreign)!, owner[navigation.local] as SqlValue)
  if (count)
    return {
      status: 200,
      headers: { 'content-type': 'text/plain', 'odata-version': '4.0' },
      body: String(countCollection(target, options, context, link)),
    }
  const page = readCollection(target, options, context, link)
  const keyText = key
    .map(part => (key.length === 1 ? quote(part.value) : `${part.property.name}=${quote(part.value)}`))
    .join(',')
  if (navigation.many)
    return ok(collectionBody(target, page, options, service, `${set.name}(${keyText})/${navigation.name}`))
  if (!page.rows[0]) throw notFound(`${navigation.name} leads to nothing.`)
  return ok({ '@odata.context': `${service.root}/$metadata#${target.name}/$entity`, ...page.rows[0] })
}

const quote = (value: SqlValue) =>
  typeof value === 'string' ? `'${encodeURIComponent(value.replaceAll("'", "''"))}'` : String(value)

/** A weak tag over the stored row, for If-Match (RFC 9110 §13.1.1). */
function etag(set: EntitySet, key: KeyValues, { db }: ReadContext): string {
  const where = keyCondition(key)
  const row = db.prepare(`SELECT * FROM ${set.from} t WHERE ${where.text}`).get(...where.params)
  return row ? `W/"${createHash('sha256').update(JSON.stringify(row)).digest('base64url').slice(0, 22)}"` : ''
}

function checkUnchanged(set: EntitySet, key: KeyValues, ifMatch: string | undefined, context: ReadContext): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return
  if (!ifMatch.split(',').some(tag => tag.trim() === etag(set, key, context)))
    throw new ODataError(412, 'PreconditionFailed', 'The entity was changed since it was read; read it again.')
}

function write(
  set: EntitySet,
  work: () => Written,
  request: ODataRequest,
  context: ReadContext,
  headers: Record<string, string>,
  service: Service,
): ODataResponse {
  const written = inTransaction(service.db, work)
  // Provisioning may write users without being shown them; everybody else reads what they wrote.
  const reader: ReadContext =
    set.name === 'Users' ? { ...context, caller: { kind: 'service', clientId: '', mayProvision: true } } : context
  const status = written.created ? 201 : 200
  if (request.headers.prefer?.includes('return=minimal'))
    return { status: 204, headers: { 'odata-version': '4.0', 'preference-applied': 'return=minimal' } }
  const response = entity(set, written.key, {}, reader, service, (body, extra) => ({
    status,
    headers: { ...headers, ...extra },
    body,
  }))
  const path = `${service.root}/${set.name}(${written.key.map(part => (written.key.length === 1 ? quote(part.value) : `${part.property.name}=${quote(part.value)}`)).join(',')})`
  return written.created ? { ...response, headers: { ...response.headers, location: path } } : response
}
