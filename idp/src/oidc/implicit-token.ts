import { randomBytes } from 'node:crypto'
import type { Provider } from 'oidc-provider'
import type { ProviderMiddleware } from './context.ts'
import { routes } from './paths.ts'
import { registeredPrefix } from './registered-clients.ts'

/** What an application is registered with that knows no better than `response_type=token` (RFC 6749 §4.2). */
export const implicitTokenClient = { response_types: ['id_token token'], grant_types: ['implicit'] }

/** Marks a request whose answer must not hold the ID token; the library keeps it through the sign-in. */
export const onlyToken = 'atrium_only_token'

/**
 * `response_type=token` for the applications that an administrator named so, as Odoo's built-in sign-in needs it. The library
 * knows `id_token token` only; so that is what it is asked for, and the ID token is taken out of the answer. Everybody else's request
 * passes unchanged and is refused as `unsupported_response_type`.
 */
export function implicitToken(provider: Provider): ProviderMiddleware {
  return async (ctx, next) => {
    if (ctx.path !== routes.authorization && !ctx.path.startsWith(`${routes.authorization}/`)) return await next()
    await askForBoth(provider, ctx)
    await next()
    const location = ctx.response.get('location')
    if (location && ctx.oidc?.params?.[onlyToken]) ctx.set('location', withoutIdToken(location))
  }
}

async function askForBoth(provider: Provider, ctx: Parameters<ProviderMiddleware>[0]): Promise<void> {
  const query = new URLSearchParams(ctx.querystring)
  query.delete(onlyToken)
  const id = query.get('client_id')
  if (query.get('response_type') !== 'token' || !id || id.startsWith(registeredPrefix)) return
  const client = await provider.Client.find(id).catch(() => undefined)
  if (!client?.responseTypes?.includes('id_token token')) return
  query.set('response_type', 'id_token token')
  query.set(onlyToken, 'yes')
  const scopes = new Set((query.get('scope') ?? '').split(' ').filter(Boolean)).add('openid')
  query.set('scope', [...scopes].join(' '))
  // Nobody reads the ID token, so nobody compares this; the library wants one.
  if (!query.has('nonce')) query.set('nonce', randomBytes(16).toString('base64url'))
  ctx.querystring = query.toString()
}

function withoutIdToken(location: string): string {
  const [address, fragment] = location.split('#', 2)
  if (!fragment) return location
  const params = new URLSearchParams(fragment)
  params.delete('id_token')
  return `${address}#${params}`
}

type Invalidate = (this: unknown, message: string, code?: string) => void

/**
 * Lets such an application live on the intranet: the library wants TLS and no `localhost` of every client with the implicit grant, which
 * for a self-registered one stays so. An administrator may name a host without TLS, as for every other application.
 */
export function allowIntranet(provider: Provider): void {
  const schema = (provider.Client as unknown as { Schema: { prototype: { invalidate: Invalidate } } }).Schema.prototype
  const refuse = schema.invalidate
  schema.invalidate = function invalidate(message, code) {
    const id = (this as { client_id?: string }).client_id
    const intranet = code === 'implicit-force-https' || code === 'implicit-forbid-localhost'
    if (intranet && id && !id.startsWith(registeredPrefix)) return
    refuse.call(this, message, code)
  }
}
