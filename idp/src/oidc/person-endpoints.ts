import type { Kysely } from '@atrium/platform/database'
import { Problem } from '@atrium/platform/problem'
import Router from '@koa/router'
import type { Context, Next } from 'koa'
import type { Config } from '../config.ts'
import type { Schema } from '../database/schema.ts'
import type { AccessClaims, AccessTokens } from './access-token.ts'
import { type accounts, nativeId, type PersonAccount, profile } from './account.ts'
import { keycloakRoutes, routes } from './paths.ts'
import { registeredOrigins } from './registered-origins.ts'
import { systemOf } from './resources.ts'
import { sessionLives } from './sessions.ts'

type Parts = { db: Kysely<Schema>; config: Config; tokens: AccessTokens; findAccount: ReturnType<typeof accounts> }

/**
 * What an access token tells about its person: OpenID Connect's userinfo and Keycloak's account document. The library
 * refuses tokens that have an audience at its own userinfo; all of ours have one.
 */
export function personEndpoints(parts: Parts): Router {
  const router = new Router()
  for (const path of [routes.userinfo, keycloakRoutes.account]) router.options(path, cors(parts), () => {})
  for (const method of ['get', 'post'] as const) {
    router[method](routes.userinfo, cors(parts), async ctx => {
      const { account, claims } = await authenticated(ctx, parts)
      const system = systemOf(String(claims.aud))
      ctx.set('Cache-Control', 'no-store')
      ctx.body = {
        ...profile(account.person),
        sid: claims.sid,
        ...(system ? { native_id: nativeId(account.person, system) } : {}),
      }
    })
  }
  router.get(keycloakRoutes.account, cors(parts), async ctx => {
    // A browser that follows `accountManagement()` finds its own page: the portal.
    if (!ctx.get('authorization') && ctx.accepts('json', 'html') === 'html')
      return ctx.redirect(`${parts.config.PORTAL_URL}/`)
    const { account } = await authenticated(ctx, parts)
    ctx.set('Cache-Control', 'no-store')
    ctx.body = accountDocument(account)
  })
  return router
}

async function authenticated(
  ctx: Context,
  { db, tokens, findAccount }: Parts,
): Promise<{ account: PersonAccount; claims: AccessClaims }> {
  // keycloak-js writes the scheme in lower case.
  const token = /^bearer (\S+)$/i.exec(ctx.get('authorization'))?.[1]
  if (!token)
    throw unauthenticated('Bearer', {
      zh: '请在 Authorization 头里给出访问令牌',
      en: 'Give an access token in the Authorization header',
    })
  const claims = await tokens.verifyAnyAccessToken(token)
  const account = await findAccount(claims.sub)
  if (!account || !claims.sid || !(await sessionLives(db, claims.sub, claims.sid))) {
    throw unauthenticated('Bearer error="invalid_token"', {
      zh: '这次登录已经结束',
      en: 'The session of this token has ended',
    })
  }
  return { account, claims }
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
