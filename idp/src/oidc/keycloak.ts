import type { Kysely } from '@atrium/platform/database'
import Router from '@koa/router'
import type { Context } from 'koa'
import type { Provider } from 'oidc-provider'
import type { Config } from '../config.ts'
import type { Schema } from '../database/schema.ts'
import { assetUrl } from '../sign-in/assets.ts'
import { keycloakRoutes } from './paths.ts'
import { registeredOrigins } from './registered-origins.ts'

type Parts = { provider: Provider; db: Kysely<Schema>; config: Config }

/** The two frames that Keycloak's client library opens beside the standard: is the session alive, and may frames have cookies. */
export function keycloakFrames(parts: Parts): Router {
  const { provider, db, config } = parts
  const router = new Router()
  const probe = `${provider.cookieName('session')}_probe`
  const probePath = new URL(config.ISSUER).pathname + keycloakRoutes.cookieStep1.replace(/\/[^/]*$/, '')

  router.get(keycloakRoutes.statusFrame, async ctx => {
    await sendFrame(ctx, 'status-frame.js', '', parts)
  })

  router.get(keycloakRoutes.statusInit, async ctx => {
    ctx.set('Cache-Control', 'no-store')
    ctx.body = ''
    ctx.status = await sessionStatus(ctx, parts)
  })

  router.get(keycloakRoutes.cookieStep1, ctx => {
    ctx.cookies.set(probe, 'yes', { path: probePath, httpOnly: true, sameSite: 'lax', signed: false, overwrite: true })
    ctx.redirect('step2.html')
  })

  router.get(keycloakRoutes.cookieStep2, async ctx => {
    const found = ctx.cookies.get(probe, { signed: false }) === 'yes'
    await sendFrame(ctx, 'third-party-cookies.js', found ? ' data-cookie="yes"' : '', { provider, db, config })
  })

  return router
}

/** 204 when the session that `sid` belongs to is the browser's, 200 when it is gone or another's, 403 for strangers. */
async function sessionStatus(ctx: Context, { provider }: Parts): Promise<number> {
  const { client_id: clientId, sid, origin } = ctx.query
  if (typeof clientId !== 'string' || typeof sid !== 'string' || typeof origin !== 'string') return 400
  const client = await provider.Client.find(clientId)
  if (!client?.redirectUris?.some(uri => new URL(uri).origin === origin)) return 403
  const session = await provider.Session.get(ctx as never)
  return session.accountId && session.sidFor(clientId) === sid ? 204 : 200
}

async function sendFrame(ctx: Context, script: string, attributes: string, { db, config }: Parts): Promise<void> {
  const ancestors = [...(await registeredOrigins(db, config))].join(' ')
  ctx.type = 'html'
  ctx.set({
    'Cache-Control': 'no-store',
    'Content-Security-Policy': `default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors ${ancestors}`,
  })
  ctx.body = `<!doctype html><html lang="en"${attributes}><head><meta charset="utf-8"><title>Atrium</title><script src="${assetUrl(config, script)}"></script></head><body></body></html>`
}
