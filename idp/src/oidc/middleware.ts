import type { ProviderMiddleware } from './context.ts'
import { routes } from './paths.ts'

/** keycloak-js sends its token requests with credentials; the library allows the origin but never says so. */
export const allowCredentials: ProviderMiddleware = async (ctx, next) => {
  await next()
  // After the route: a header set before it would switch the library's own CORS off.
  const origin = ctx.response.get('Access-Control-Allow-Origin')
  if (origin && origin !== '*' && ctx.path.startsWith(routes.token)) ctx.set('Access-Control-Allow-Credentials', 'true')
}

/**
 * The library lets the session cookie end with the idle time as it was at the last sign-in, but refreshes keep the session
 * alive without passing by the browser's cookie jar. So the cookie lives as long as the session may at most; what counts is the row.
 */
export function keepSessionCookie(cookieName: string, seconds: number): ProviderMiddleware {
  return async (ctx, next) => {
    await next()
    const cookies = ctx.response.headers['set-cookie']
    if (!cookies) return
    const lasting = [cookies].flat().map(cookie => {
      const ours = cookie.startsWith(`${cookieName}=`) || cookie.startsWith(`${cookieName}.sig=`)
      const cleared = /expires=Thu, 01 Jan 1970/i.test(cookie)
      return ours && !cleared && /expires=/i.test(cookie) ? `${cookie}; max-age=${seconds}` : cookie
    })
    ctx.set('Set-Cookie', lasting)
  }
}
