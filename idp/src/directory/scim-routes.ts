import { Problem } from '@atrium/platform/problem'
import { Router } from '@koa/router'
import type { Context, Next } from 'koa'
import { type RawBuilder, sql } from 'kysely'
import { admit } from '../admin/caller.ts'
import { isStorable } from '../admin/faults.ts'
import type { Deps } from '../deps.ts'
import { ScimError } from './scim-error.ts'
import { parseFilter } from './scim-filter.ts'
import { mostResults, resourceTypes, schemas, serviceProviderConfig } from './scim-metadata.ts'
import { type Page, type PageQuery, type Resource, readGroups, readUsers } from './scim-read.ts'
import { type Attribute, filterSql, groupAttributes, userAttributes } from './scim-sql.ts'

const usualCount = 100

/** The SCIM 2.0 service of people and business roles (RFC 7643, RFC 7644), to be read. Who calls is asked at each request. */
export function scimRoutes(deps: Deps): Router {
  const router = new Router({ prefix: '/scim/v2' })
  const base = `${new URL(deps.config.ISSUER).origin}/scim/v2`
  router.use(scimErrors(), async (ctx, next) => {
    await admit(deps, ctx, ['scim:read', 'scim', 'admin'])
    await next()
  })
  const users = (query: PageQuery): Promise<Page> => readUsers(deps.db, base, query)
  const groups = (query: PageQuery): Promise<Page> => readGroups(deps.db, base, query)
  router.get('/Users', async ctx => answer(ctx, await list(ctx.query, userAttributes, users)))
  router.get('/Users/:id', async ctx => answerOne(ctx, await find('User', ctx.params.id!, sql`p.id`, users)))
  router.get('/Groups', async ctx => answer(ctx, await list(ctx.query, groupAttributes, groups)))
  router.get('/Groups/:id', async ctx => answerOne(ctx, await find('Group', ctx.params.id!, sql`b.id`, groups)))
  router.get('/ServiceProviderConfig', ctx => answer(ctx, serviceProviderConfig))
  router.get('/ResourceTypes', ctx => answer(ctx, envelope(resourceTypes, resourceTypes.length, 1)))
  router.get('/Schemas', ctx => answer(ctx, envelope(schemas, schemas.length, 1)))
  router.get('/Schemas/:id', ctx => {
    const schema = schemas.find(one => one.id === ctx.params.id)
    if (!schema) throw new ScimError(404, `There is no schema "${ctx.params.id}"`)
    answer(ctx, schema)
  })
  router.all('/{*rest}', ctx => {
    throw ctx.method === 'GET' || ctx.method === 'HEAD'
      ? new ScimError(404, `There is no resource at ${ctx.path}`)
      : new ScimError(405, 'This service is to be read; people come in by POST /admin/import')
  })
  return router
}

async function list(
  query: Record<string, string | string[] | undefined>,
  attributes: Record<string, Attribute>,
  read: (query: PageQuery) => Promise<Page>,
): Promise<Record<string, unknown>> {
  const filter = single(query, 'filter')
  const startIndex = Math.max(1, whole(query, 'startIndex') ?? 1)
  const count = Math.min(mostResults, Math.max(0, whole(query, 'count') ?? usualCount))
  const sortName = single(query, 'sortBy') ?? (/meta\.lastModified/i.test(filter ?? '') ? 'meta.lastModified' : 'id')
  const sort = attributes[sortName.toLowerCase()]
  if (!sort || sort.type === 'many') throw new ScimError(400, `Cannot sort by "${sortName}"`, 'invalidValue')
  const page = await read({
    where: filter ? filterSql(parseFilter(filter), attributes) : sql<boolean>`true`,
    sortBy: sort.value,
    descending: single(query, 'sortOrder')?.toLowerCase() === 'descending',
    offset: startIndex - 1,
    count,
  })
  const resources = page.resources.map(resource =>
    select(resource, single(query, 'attributes'), single(query, 'excludedAttributes')),
  )
  return envelope(resources, page.total, startIndex)
}

async function find(
  type: string,
  id: string,
  column: RawBuilder<unknown>,
  read: (query: PageQuery) => Promise<Page>,
): Promise<Resource> {
  const where = sql<boolean>`${column} = ${id}`
  const { resources } = isStorable(id)
    ? await read({ where, sortBy: column, descending: false, offset: 0, count: 1 })
    : { resources: [] }
  if (!resources[0]) throw new ScimError(404, `There is no ${type} "${id}"`)
  return resources[0]
}

function envelope(resources: unknown[], total: number, startIndex: number): Record<string, unknown> {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: total,
    startIndex,
    itemsPerPage: resources.length,
    Resources: resources,
  }
}

/** `attributes` and `excludedAttributes` (RFC 7644 §3.9); id, schemas and meta always come. */
function select(resource: Resource, wanted: string | undefined, unwanted: string | undefined): Record<string, unknown> {
  const names = (text: string): Set<string> => new Set(text.split(',').map(name => name.trim().toLowerCase()))
  const always = new Set(['id', 'schemas', 'meta'])
  const keep = wanted === undefined ? undefined : names(wanted)
  const drop = unwanted === undefined ? undefined : names(unwanted)
  return Object.fromEntries(
    Object.entries(resource).filter(([key]) => {
      const name = key.toLowerCase()
      if (always.has(name)) return true
      if (keep) return keep.has(name) || [...keep].some(one => one.startsWith(`${name}.`) || one.startsWith(`${name}:`))
      return !drop?.has(name)
    }),
  )
}

function single(query: Record<string, string | string[] | undefined>, name: string): string | undefined {
  const value = query[name]
  if (Array.isArray(value)) throw new ScimError(400, `"${name}" was given more than once`, 'invalidValue')
  return value === '' ? undefined : value
}

function whole(query: Record<string, string | string[] | undefined>, name: string): number | undefined {
  const text = single(query, name)
  if (text === undefined) return undefined
  if (!/^-?\d{1,9}$/.test(text)) throw new ScimError(400, `"${name}" must be a whole number`, 'invalidValue')
  return Number(text)
}

function answer(ctx: Context, body: unknown): void {
  ctx.set('cache-control', 'no-store')
  ctx.body = body
  ctx.type = 'application/scim+json'
}

function answerOne(ctx: Context, resource: Resource): void {
  const version = String(resource.meta.version)
  ctx.set('etag', version)
  if (ctx.get('if-none-match') === version) {
    ctx.status = 304
    return
  }
  answer(ctx, select(resource, single(ctx.query, 'attributes'), single(ctx.query, 'excludedAttributes')))
}

/** SCIM has an error form of its own; refusals of who calls come in it, too. */
function scimErrors() {
  return async (ctx: Context, next: Next): Promise<void> => {
    try {
      await next()
    } catch (error) {
      const refusal = error instanceof Problem ? new ScimError(error.status, error.detail.en) : error
      if (!(refusal instanceof ScimError)) throw error
      if (error instanceof Problem) ctx.set((error.extra.headers as Record<string, string> | undefined) ?? {})
      ctx.status = refusal.status
      ctx.body = refusal.toJSON()
      ctx.type = 'application/scim+json'
    }
  }
}
