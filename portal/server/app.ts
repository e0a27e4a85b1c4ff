import { createApp } from '@atrium/platform/http'
import type Koa from 'koa'
import type { Context, Middleware } from 'koa'
import type { Asset } from './assets.ts'
import type { PortalConfig } from './config.ts'
import { contentSecurityPolicy } from './csp.ts'

/** The portal's server: the built files, what the browser must know to start, and the page for every other address. */
export function portalApp(config: PortalConfig, assets: ReadonlyMap<string, Asset>): Koa {
  const app = createApp({ name: 'portal' })
  app.use(readOnly())
  app.use(pageSecurity(config))
  app.use(browserConfig(config))
  app.use(builtFiles(assets))
  app.use(page(assets))
  return app
}

function readOnly(): Middleware {
  return async (ctx, next) => {
    if (ctx.method === 'GET' || ctx.method === 'HEAD') return await next()
    ctx.set('Allow', 'GET, HEAD')
    ctx.throw(405, 'the portal only gives out files', { expose: true })
  }
}

function pageSecurity(config: PortalConfig): Middleware {
  const open = contentSecurityPolicy(config, "'none'")
  const framed = contentSecurityPolicy(config, "'self'")
  return async (ctx, next) => {
    ctx.set({
      'Content-Security-Policy': ctx.path === '/silent-check-sso.html' ? framed : open,
      'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
      'Cross-Origin-Opener-Policy': 'same-origin',
    })
    await next()
  }
}

function browserConfig(config: PortalConfig): Middleware {
  const [, url, realm] = /^(.*)\/realms\/([^/]+)$/.exec(config.ISSUER) ?? []
  const body = JSON.stringify({
    issuer: config.ISSUER,
    url,
    realm,
    clientId: config.CLIENT_ID,
    gateway: config.GATEWAY_URL.replace(/\/$/, ''),
    company: { zh: config.COMPANY_NAME_ZH, en: config.COMPANY_NAME_EN },
  })
  return async (ctx, next) => {
    if (ctx.path !== '/config.json') return await next()
    ctx.set('Cache-Control', 'no-store')
    ctx.type = 'application/json'
    ctx.body = body
  }
}

function builtFiles(assets: ReadonlyMap<string, Asset>): Middleware {
  return async (ctx, next) => {
    const asset = ctx.path === '/index.html' ? undefined : assets.get(ctx.path)
    if (asset) return await send(ctx, asset)
    // A file that is gone must not be answered by the page: the browser would take HTML for a script after a deployment.
    if (ctx.path.startsWith('/assets/')) ctx.throw(404, 'this file belongs to another build', { expose: true })
    await next()
  }
}

function page(assets: ReadonlyMap<string, Asset>): Middleware {
  return async ctx => {
    const index = assets.get('/index.html')
    if (!index) return ctx.throw(500, 'the portal has not been built')
    await send(ctx, index)
  }
}

async function send(ctx: Context, asset: Asset): Promise<void> {
  ctx.set('Cache-Control', asset.immutable ? 'public, max-age=31536000, immutable' : 'no-cache')
  ctx.set('ETag', asset.etag)
  ctx.vary('Accept-Encoding')
  ctx.type = asset.type
  ctx.status = 200
  if (ctx.fresh) {
    ctx.status = 304
    return
  }
  const compressible = /^(text|application|image\/svg)/.test(asset.type)
  const encoding = (compressible && ctx.acceptsEncodings('br', 'gzip', 'identity')) || 'identity'
  if (encoding !== 'identity') ctx.set('Content-Encoding', encoding)
  ctx.body = await asset.body(encoding as 'br' | 'gzip' | 'identity')
}
