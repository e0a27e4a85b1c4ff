import type { Kysely } from '@atrium/platform/database'
import { Problem } from '@atrium/platform/problem'
import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import type { Context, Next } from 'koa'
import type { Provider } from 'oidc-provider'
import type { Config } from '../config.ts'
import type { Schema } from '../database/schema.ts'
import type { AccessClaims, AccessTokens } from './access-token.ts'
import type { accounts, PersonAccount } from './account.ts'
import type { Keys } from './keys.ts'
import { keycloakRoutes, routes } from './paths.ts'
import { proofHolds } from './proof.ts'
import { registeredOrigins } from './registered-origins.ts'
import { tokenLives } from './token-lives.ts'
import { signedUserinfo, userinfoClaims } from './userinfo.ts'

type Parts = {
  provider: Provider
  db: Kysely<Schema>
  config: Config
  keys: Keys
  tokens: AccessTokens
  findAccount: ReturnType<typeof accounts>
}

const form = bodyParser({
  enableTypes: ['form'],
  formLimit: '16kb',
  onError: (_error, ctx) => {
    ctx.request.body = {}
  },
})

/**
 * What an access token tells about its person: OpenID Connect's userinfo and Keycloak's account document. The library
 * refuses tokens that have an audience at its own userinfo; all of ours have one.
 */
export function personEndpoints(parts: Parts): Router {
  const router = new Router()
  for (const path of [routes.userinfo, keycloakRoutes.account]) router.options(path, cors(parts), () => {})
  for (const method of ['get', 'post'] as const) {
    router[method](routes.userinfo, cors(parts), form, async ctx => {
      const { account, claims } = await authenticated(ctx, parts)
      if (!claims.scope?.split(' ').includes('openid')) throw insufficientScope()
      const body = userinfoClaims(account, claims)
      const jwt = await signedUserinfo(body, claims, { ...parts, issuer: parts.config.ISSUER })
      ctx.set('Cache-Control', 'no-store')
      ctx.body = jwt ?? body
      if (jwt) ctx.type = 'application/jwt'
    })
  }
  router.get(keycloakRoutes.account, cors(parts), async ctx => {
    // A browser that follows `accountManagement()` finds its own page: the portal.
    if (!ctx.get('authorization') && ctx.accepts('json', 'html') === 'html')
      return ctx.redirect(`${parts.config.PORTAL_URL}/account`)
    const { account } = await authenticated(ctx, parts)
    ctx.set('Cache-Control', 'no-store')
    ctx.body = accountDocument(account)
  })
  return router
}

async function authenticated(
  ctx: Context,
  { db, config, tokens, findAccount }: Parts,
): Promise<{ account: PersonAccount; claims: AccessClaims }> {
  const { scheme, token } = presented(ctx)
  if (!token)
    throw unauthenticated('Bearer', {
      zh: '请在 Authorization 头里给出访问令牌',
      en: 'Give an access token in the Authorization header',
    })
  const claims = await tokens.verifyAnyAccessToken(token)
  await requireProof(ctx, { scheme, token, claims }, { db, config })
  const account = await findAccount(claims.sub)
  if (!account || !(await tokenLives(db, claims))) {
    throw unauthenticated('Bearer error="invalid_token"', {
      zh: '这次登录已经结束',
      en: 'The session of this token has ended',
    })
  }
  return { account, claims }
}

/** The token, from the header in whatever case its scheme is written (keycloak-js uses lower case), or from a posted form (RFC 6750 §2.2). */
function presented(ctx: Context): { scheme: 'bearer' | 'dpop'; token: string | undefined } {
  const header = /^(bearer|dpop) (\S+)$/i.exec(ctx.get('authorization'))
  const typed = (ctx.request.body as { access_token?: unknown } | undefined)?.access_token
  const posted = typeof typed === 'string' ? typed : undefined
  if (header && posted)
    throw new Problem(400, 'invalid_request', {
      zh: '访问令牌只能用一种方式给出',
      en: 'Give the access token in one way only',
    })
  return { scheme: header?.[1]?.toLowerCase() === 'dpop' ? 'dpop' : 'bearer', token: header?.[2] ?? posted }
}

/** A token that is bound to a key comes with a proof of that key, any other one without (RFC 9449 §7). */
async function requireProof(
  ctx: Context,
  { scheme, token, claims }: { scheme: 'bearer' | 'dpop'; token: string; claims: AccessClaims },
  { db, config }: Pick<Parts, 'db' | 'config'>,
): Promise<void> {
  const thumbprint = claims.cnf?.jkt
  if (!thumbprint && scheme === 'bearer') return
  const url = new URL(config.ISSUER).origin + new URL(ctx.originalUrl, config.ISSUER).pathname
  const proof = ctx.get('dpop')
  if (thumbprint && scheme === 'dpop' && (await proofHolds(db, { proof, token, thumbprint, method: ctx.method, url })))
    return
  throw unauthenticated('DPoP error="invalid_token", algs="ES256 Ed25519 EdDSA"', {
    zh: '这个令牌要和一次性的 DPoP 证明一起使用',
    en: 'This token needs a DPoP proof of its key, made for this very request',
  })
}

function insufficientScope(): Problem {
  return new Problem(
    403,
    'insufficient_scope',
    { zh: '令牌缺少范围 openid', en: 'The token lacks the scope openid' },
    { headers: { 'WWW-Authenticate': 'Bearer error="insufficient_scope", scope="openid"' } },
  )
}

function unauthenticated(challenge: string, detail: { zh: string; en: string }): Problem {
  return new Problem(401, 'invalid_token', detail, { headers: { 'WWW-Authenticate': challenge } })
}

/** The shape that keycloak-js `loadUserProfile` expects. */
function accountDocument({ person }: PersonAccount): object {
  return {
    id: person.id,
    username: person.username,
    firstName: person.name.zh,
    lastName: '',
    email: person.email,
    emailVerified: Boolean(person.email),
    attributes: { locale: [person.locale ?? 'zh-CN'], name_en: [person.name.en] },
  }
}

/** For origins other than the portal's, which the outer application has answered already. */
function cors({ db, config }: Parts) {
  return async (ctx: Context, next: Next): Promise<void> => {
    const origin = ctx.get('origin')
    if (!origin || !(await registeredOrigins(db, config)).has(origin)) return await next()
    ctx.vary('Origin')
    ctx.set({ 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Credentials': 'true' })
    if (ctx.method !== 'OPTIONS') return await next()
    ctx.set({
      'Access-Control-Allow-Methods': 'GET, POST',
      'Access-Control-Allow-Headers': ctx.get('access-control-request-headers'),
      'Access-Control-Max-Age': '600',
    })
    ctx.status = 204
  }
}
