import type { Context, Next } from 'koa'
import type { Provider } from 'oidc-provider'
import { routes } from './paths.ts'

/**
 * A code that is posted, or a sign-in for a device that is resumed, by a browser without our session starts again at the page that
 * asks for the code: the library would show that page under a session that it never stored, and fail.
 */
export function startDeviceFlowAnew(provider: Provider) {
  return async (ctx: Context, next: Next): Promise<void> => {
    const posted = ctx.method === 'POST' && ctx.path === routes.code_verification
    const resumed =
      (ctx.method === 'GET' || ctx.method === 'HEAD') && ctx.path.startsWith(`${routes.code_verification}/`)
    if (!posted && !resumed) return await next()
    const session = await provider.Session.get(ctx as never)
    if (session.exp !== undefined) return await next()
    ctx.status = 303
    ctx.redirect(`${new URL(provider.issuer).pathname}${routes.code_verification}`)
  }
}
