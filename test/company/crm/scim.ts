import type { DatabaseSync } from 'node:sqlite'
import type {} from '@koa/bodyparser'
import Router from '@koa/router'
import type { Context, Middleware } from 'koa'
import { z } from 'zod'
import { type Caller, verifyBearer } from '../web/bearer.ts'
import type { Issuer } from '../web/issuer.ts'
import { type CrmUser, crmRoles, findUser, listUsers, saveUser, type UserInput } from './users.ts'

const CORE = 'urn:ietf:params:scim:schemas:core:2.0:User'
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const NATIVE = 'urn:atrium:scim:native'
const LIST = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'
const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error'

/** A refusal in SCIM's own form (RFC 7644 §3.12). */
class ScimError extends Error {
  readonly status: number
  readonly scimType: string | undefined
  constructor(status: number, detail: string, scimType?: string) {
    super(detail)
    this.status = status
    this.scimType = scimType
  }
}

const resource = z.object({
  userName: z.string().min(1).max(64),
  externalId: z.string().max(64).nullish(),
  displayName: z.string().max(200).nullish(),
  active: z.boolean().default(true),
  roles: z.array(z.union([z.string(), z.object({ value: z.string() })])).default([]),
  emails: z.array(z.object({ value: z.string() })).default([]),
  [ENTERPRISE]: z.object({ department: z.string().nullish() }).nullish(),
  [NATIVE]: z
    .object({
      departmentPath: z.array(z.string()).nullish(),
      managerNativeId: z.string().nullish(),
      scope: z.enum(['none', 'own', 'department', 'department_and_below', 'all']).nullish(),
    })
    .nullish(),
})

const patchRequest = z.object({
  Operations: z
    .array(
      z.object({
        op: z
          .string()
          .transform(op => op.toLowerCase())
          .pipe(z.enum(['add', 'replace', 'remove'])),
        path: z.string().optional(),
        value: z.unknown().optional(),
      }),
    )
    .min(1),
})

/** SCIM 2.0 service provider for the CRM's users (RFC 7643, RFC 7644). The user's id is the CRM's own: `U-1001`. */
export function scimRoutes({
  db,
  issuer,
  audience,
  publicUrl,
}: {
  db: DatabaseSync
  issuer: Issuer
  audience: string
  publicUrl: string
}): Router {
  const router = new Router({ prefix: '/scim/v2' })
  const base = `${publicUrl}/scim/v2`
  router.use(async (ctx, next) => {
    const caller = await verifyBearer(ctx.get('authorization'), issuer, audience)
    if (!mayProvision(caller)) throw new ScimError(403, 'Provisioning needs a client token with scope scim')
    ctx.type = 'application/scim+json'
    await next()
  })

  router.get('/Users', ctx => {
    const filter = parseFilter(ctx.query.filter)
    const startIndex = Math.max(1, wholeNumber(ctx.query.startIndex, 1))
    const count = Math.min(200, Math.max(0, wholeNumber(ctx.query.count, 100)))
    const { total, users } = listUsers(db, filter, startIndex - 1, count)
    ctx.body = {
      schemas: [LIST],
      totalResults: total,
      startIndex,
      itemsPerPage: users.length,
      Resources: users.map(user => toScim(user, base)),
    }
  })
  router.get('/Users/:id', ctx => answer(ctx, mustFind(db, ctx.params.id!), base))
  router.post('/Users', ctx => {
    const input = toInput(read(resource, ctx.request.body))
    if (findUser(db, input.userId)) throw new ScimError(409, `A user ${input.userId} exists`, 'uniqueness')
    const user = save(db, input)
    ctx.status = 201
    ctx.set('Location', `${base}/Users/${user.userId}`)
    answer(ctx, user, base)
  })
  router.put('/Users/:id', ctx => {
    const current = mustFind(db, ctx.params.id!)
    ifMatch(ctx, current)
    const input = toInput(read(resource, ctx.request.body), current)
    if (input.userId !== current.userId)
      throw new ScimError(400, 'userName is the id of the user and cannot change', 'mutability')
    answer(ctx, save(db, input), base)
  })
  router.patch('/Users/:id', ctx => {
    const current = mustFind(db, ctx.params.id!)
    ifMatch(ctx, current)
    const patched = read(patchRequest, ctx.request.body).Operations.reduce(applyOperation, plain(current))
    answer(ctx, save(db, toInput(read(resource, patched), current)), base)
  })
  router.get('/ServiceProviderConfig', ctx => {
    ctx.body = {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
      patch: { supported: true },
      bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
      filter: { supported: true, maxResults: 200 },
      changePassword: { supported: false },
      sort: { supported: false },
      etag: { supported: true },
      authenticationSchemes: [
        { type: 'oauthbearertoken', name: 'OAuth 2.0 bearer token', description: `Audience ${audience}, scope scim` },
      ],
    }
  })
  router.get('/ResourceTypes', ctx => {
    const type = {
      id: 'User',
      name: 'User',
      endpoint: '/Users',
      schema: CORE,
      schemaExtensions: [ENTERPRISE, NATIVE].map(schema => ({ schema, required: false })),
    }
    ctx.body = {
      schemas: [LIST],
      totalResults: 1,
      Resources: [{ schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'], ...type }],
    }
  })
  return router
}

const mayProvision = (caller: Caller) =>
  caller.kind === 'service' && (caller.scopes.includes('scim') || caller.clientId === 'gateway')

/** Puts refusals below /scim into SCIM's own form; stands before the body is read. */
export function scimErrors(): Middleware {
  return async (ctx, next) => {
    if (!ctx.path.startsWith('/scim/')) return await next()
    try {
      await next()
    } catch (error) {
      const { status, message, scimType } = error as { status?: number; message: string; scimType?: string }
      if (!status || status >= 500) throw error
      ctx.status = status
      ctx.body = JSON.stringify({
        schemas: [ERROR],
        status: String(status),
        detail: message,
        ...(scimType && { scimType }),
      })
      ctx.type = 'application/scim+json'
    }
  }
}

function parseFilter(filter: unknown): { userId?: string; externalId?: string } {
  if (filter === undefined) return {}
  const match = /^\s*(userName|id|externalId)\s+eq\s+("(?:[^"\\]|\\.)*")\s*$/i.exec(String(filter))
  if (!match) throw new ScimError(400, 'Only userName, id and externalId can be filtered, with eq', 'invalidFilter')
  const value = JSON.parse(match[2]!) as string
  return match[1]!.toLowerCase() === 'externalid' ? { externalId: value } : { userId: value }
}

const wholeNumber = (value: unknown, fallback: number) => {
  if (value === undefined) return fallback
  const number = Number(value)
  if (!Number.isInteger(number)) throw new ScimError(400, 'startIndex and count are whole numbers', 'invalidValue')
  return number
}

function mustFind(db: DatabaseSync, userId: string): CrmUser {
  const user = findUser(db, userId)
  if (!user) throw new ScimError(404, `There is no user ${userId}`)
  return user
}

function ifMatch(ctx: Context, { version }: CrmUser) {
  const expected = ctx.get('if-match')
  if (expected && expected !== '*' && expected !== etag(version)) throw new ScimError(412, 'The user has changed since')
}

function read<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  throw new ScimError(
    400,
    result.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('; '),
    'invalidValue',
  )
}

function toInput(body: z.output<typeof resource>, current?: CrmUser): UserInput {
  const roles = body.roles.map(role => (typeof role === 'string' ? role : role.value))
  const unknown = roles.filter(role => !(crmRoles as readonly string[]).includes(role))
  if (unknown.length)
    throw new ScimError(400, `The CRM has no role ${unknown.join(', ')}; it has ${crmRoles.join(', ')}`, 'invalidValue')
  const native = body[NATIVE]
  const department = body[ENTERPRISE]?.department ?? native?.departmentPath?.at(-1) ?? current?.department ?? ''
  return {
    userId: body.userName,
    externalId: body.externalId ?? null,
    name: body.displayName ?? body.userName,
    email: body.emails[0]?.value ?? null,
    department,
    departmentPath: native?.departmentPath ?? (department ? [department] : []),
    managerId: native?.managerNativeId ?? null,
    scope: native?.scope ?? null,
    active: body.active,
    roles: roles as UserInput['roles'],
  }
}

function save(db: DatabaseSync, input: UserInput): CrmUser {
  const holder = input.externalId ? listUsers(db, { externalId: input.externalId }, 0, 1).users[0] : undefined
  if (holder && holder.userId !== input.userId)
    throw new ScimError(409, `${holder.userId} has externalId ${input.externalId} already`, 'uniqueness')
  return saveUser(db, input)
}

type Plain = Record<string, unknown> & { roles: { value: string }[] }

const plain = (user: CrmUser): Plain => {
  const { meta: _meta, id: _id, schemas: _schemas, ...rest } = toScim(user, '')
  return rest
}

type Operation = z.output<typeof patchRequest>['Operations'][number]

/** RFC 7644 §3.5.2 for the attributes the CRM keeps; `roles[value eq "Rep"]` names one role. */
function applyOperation(user: Plain, { op, path, value }: Operation): Plain {
  if (!path) {
    if (op === 'remove' || typeof value !== 'object' || !value)
      throw new ScimError(400, 'An operation without path needs an object', 'noTarget')
    return { ...user, ...value }
  }
  const one = /^roles\[\s*value\s+eq\s+"([^"]*)"\s*\]$/i.exec(path)
  if (one && op === 'remove') return { ...user, roles: user.roles.filter(role => role.value !== one[1]) }
  if (!['active', 'displayName', 'externalId', 'roles', 'emails', ENTERPRISE, NATIVE].includes(path))
    throw new ScimError(400, `The path ${path} is not supported`, 'invalidPath')
  if (path === 'roles' && op === 'add')
    return { ...user, roles: [...user.roles, ...((Array.isArray(value) ? value : [value]) as Plain['roles'])] }
  if (op === 'remove')
    return { ...user, [path]: path === 'roles' || path === 'emails' ? [] : path === 'active' ? false : null }
  return { ...user, [path]: value }
}

const etag = (version: number) => `W/"${version}"`

function answer(ctx: Context, user: CrmUser, base: string) {
  ctx.set('ETag', etag(user.version))
  ctx.body = toScim(user, base)
}

const toScim = (user: CrmUser, base: string) => ({
  schemas: [CORE, ENTERPRISE, NATIVE],
  id: user.userId,
  userName: user.userId,
  externalId: user.externalId,
  displayName: user.name,
  active: user.active,
  emails: user.email ? [{ value: user.email, type: 'work', primary: true }] : [],
  roles: user.roles.map(value => ({ value })),
  [ENTERPRISE]: { department: user.department },
  [NATIVE]: { departmentPath: user.departmentPath, managerNativeId: user.managerId, scope: user.scope },
  meta: {
    resourceType: 'User',
    created: user.createdAt,
    lastModified: user.updatedAt,
    version: etag(user.version),
    location: `${base}/Users/${user.userId}`,
  },
})
