import type { IncomingMessage } from 'node:http'
import { audit } from '@atrium/platform/audit'
import Router from '@koa/router'
import type { Context, Next } from 'koa'
import type { Kysely } from 'kysely'
import { IssuerUnavailable } from '../access/authenticate.ts'
import { Unauthenticated, type Viewer } from '../access/person.ts'
import { type Systems, UpstreamError } from '../systems/types.ts'
import { type Accounts, accountsOf } from './accounts.ts'
import type { ProvisioningTargets } from './definition.ts'
import { ScimError, scimErrorOf } from './scim-error.ts'
import { readListQuery } from './scim-list.ts'
import { patchAccount } from './scim-patch.ts'
import { type Account, readScimUser, toScimUser, versionOf } from './scim-user.ts'

const bodyLimit = 256 * 1024
const scope = 'scim'

export type ScimFacadeDeps<DB> = {
  db: Kysely<DB>
  systems: Systems
  targets: ProvisioningTargets
  authenticate: (authorization: string | undefined) => Promise<Viewer>
  /** origin under which the gateway is reached, for `meta.location` */
  origin?: string
}

type Request = { ctx: Context; clientId: string; system: string; base: string; accounts: Accounts }

/**
 * `/systems/<id>/scim/v2/…`: SCIM 2.0 (RFC 7644) for systems that do not speak it, translated to their own operations.
 * Needs a client's token with the scope `scim`.
 */
export function scimFacadeRoutes<DB>(deps: ScimFacadeDeps<DB>): Router {
  const router = new Router({ prefix: '/systems/:system/scim/v2' })
  const handle = (work: (request: Request) => Promise<void>) => async (ctx: Context) =>
    await work(await admit(ctx, deps))
  router.use(scimErrors)
  router.get('/ServiceProviderConfig', handle(serviceProviderConfig))
  router.get('/Users', handle(listUsers))
  router.get('/Users/:id', handle(readUser))
  router.post(
    '/Users',
    handle(request => createUser(request, deps.db)),
  )
  router.put(
    '/Users/:id',
    handle(request => replaceUser(request, deps.db)),
  )
  router.patch(
    '/Users/:id',
    handle(request => patchUser(request, deps.db)),
  )
  router.delete(
    '/Users/:id',
    handle(async () => {
      throw new ScimError(
        405,
        'Accounts are deactivated (active: false), never deleted: records of the system go on naming them',
      )
    }),
  )
  return router
}

async function admit<DB>(
  ctx: Context,
  { authenticate, targets, systems, origin }: ScimFacadeDeps<DB>,
): Promise<Request> {
  const viewer = await authenticate(ctx.get('authorization') || undefined)
  if (viewer.kind !== 'client' || !viewer.scopes.includes(scope))
    throw new ScimError(403, `The token needs the scope "${scope}"`)
  const system = String(ctx.params.system)
  const target = Object.hasOwn(targets, system) ? targets[system] : undefined
  if (!target || !systems.has(system))
    throw new ScimError(404, `No accounts are provisioned to "${system.slice(0, 60)}" here`)
  return {
    ctx,
    clientId: viewer.clientId,
    system,
    base: `${origin ?? ctx.origin}/systems/${system}/scim/v2/Users`,
    accounts: accountsOf(system, target, systems),
  }
}

async function listUsers({ ctx, accounts, base }: Request): Promise<void> {
  const query = readListQuery(ctx.query)
  let found: Account[]
  let total: number
  if (query.filter) {
    const { attribute, value } = query.filter
    const one = attribute === 'externalId' ? await accounts.byExternalId(value) : await accounts.byUserName(value)
    found = one ? [one] : []
    total = found.length
  } else if (query.count === 0) {
    found = []
    total = (await accounts.page(0, 1)).total
  } else {
    ;({ accounts: found, total } = await accounts.page(query.startIndex - 1, query.count))
  }
  send(ctx, 200, {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: total,
    startIndex: query.startIndex,
    itemsPerPage: found.length,
    Resources: found.map(account => toScimUser(account, base)),
  })
}

async function readUser(request: Request): Promise<void> {
  sendUser(request, 200, await existing(request))
}

async function createUser<DB>(request: Request, db: Kysely<DB>): Promise<void> {
  const account = readScimUser(await readJson(request.ctx.req))
  if (await request.accounts.byUserName(account.userName)) {
    throw new ScimError(
      409,
      `${request.system} has an account "${account.userName}" already; change it with PUT or PATCH`,
      { scimType: 'uniqueness' },
    )
  }
  await save(request, db, account, 'account.created')
  request.ctx.set('Location', `${request.base}/${encodeURIComponent(account.userName)}`)
  sendUser(request, 201, account)
}

async function replaceUser<DB>(request: Request, db: Kysely<DB>): Promise<void> {
  const before = await existing(request)
  const account = readScimUser(await readJson(request.ctx.req))
  if (account.userName !== before.userName)
    throw new ScimError(400, 'userName is the account’s key in the system and cannot be changed', {
      scimType: 'mutability',
    })
  checkVersion(request.ctx, before)
  await save(request, db, account, 'account.replaced')
  sendUser(request, 200, account)
}

async function patchUser<DB>(request: Request, db: Kysely<DB>): Promise<void> {
  const before = await existing(request)
  const account = patchAccount(before, await readJson(request.ctx.req))
  checkVersion(request.ctx, before)
  if (versionOf(account) !== versionOf(before)) await save(request, db, account, 'account.patched')
  sendUser(request, 200, account)
}

async function existing({ ctx, accounts, system }: Request): Promise<Account> {
  const id = String(ctx.params.id)
  const account = await accounts.byUserName(id)
  if (!account) throw new ScimError(404, `${system} has no account "${id.slice(0, 80)}"`)
  return account
}

// The outcome of a call that failed half-way is recorded too: the account may have changed.
async function save<DB>(
  { accounts, system, clientId, ctx }: Request,
  db: Kysely<DB>,
  account: Account,
  action: string,
): Promise<void> {
  const entry = {
    actor: { id: clientId, kind: 'client' as const },
    action,
    target: { type: 'account', id: `${system}/${account.userName}`, name: account.displayName },
    detail: { active: account.active, roles: account.roles },
    ...(ctx.ip ? { ip: ctx.ip } : {}),
  }
  try {
    await accounts.save(account)
  } catch (error) {
    const outcome = error instanceof UpstreamError && error.outcome === 'refused' ? 'refused' : 'failed'
    await audit(db, {
      ...entry,
      outcome,
      detail: { ...entry.detail, code: error instanceof UpstreamError ? error.code : 'INTERNAL' },
    })
    throw error
  }
  await audit(db, { ...entry, outcome: 'success' })
}

function checkVersion(ctx: Context, account: Account): void {
  const expected = ctx.get('if-match')
  if (expected && expected !== '*' && expected !== versionOf(account))
    throw new ScimError(412, 'The account has changed since it was read')
}

async function serviceProviderConfig({ ctx, base }: Request): Promise<void> {
  const no = { supported: false }
  send(ctx, 200, {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
    patch: { supported: true },
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: 200 },
    changePassword: no,
    sort: no,
    etag: { supported: true },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'OAuth 2.0',
        description: `A client-credentials token with the scope "${scope}"`,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: base.replace(/Users$/, 'ServiceProviderConfig') },
  })
}

function sendUser({ ctx, base }: Request, status: number, account: Account): void {
  ctx.set('ETag', versionOf(account))
  send(ctx, status, toScimUser(account, base))
}

function send(ctx: Context, status: number, body: object): void {
  ctx.status = status
  ctx.body = JSON.stringify(body)
  ctx.type = 'application/scim+json'
}

async function scimErrors(ctx: Context, next: Next): Promise<void> {
  try {
    await next()
  } catch (error) {
    const refusal = asScimError(error)
    if (!refusal) throw error
    ctx.set(refusal.headers)
    send(ctx, refusal.status, refusal.toJSON())
  }
}

function asScimError(error: unknown): ScimError | undefined {
  if (error instanceof ScimError) return error
  if (error instanceof UpstreamError) return scimErrorOf(error)
  if (error instanceof Unauthenticated)
    return new ScimError(401, error.reason.en, { headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' } })
  if (error instanceof IssuerUnavailable)
    return new ScimError(503, 'The issuer of tokens cannot be asked; try again later', {
      headers: { 'Retry-After': '5' },
    })
  return undefined
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > bodyLimit) throw new ScimError(413, `A body has at most ${bodyLimit / 1024} KiB`)
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw new ScimError(400, 'The body is no JSON', { scimType: 'invalidSyntax' })
  }
}
