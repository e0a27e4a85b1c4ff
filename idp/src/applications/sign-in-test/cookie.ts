import { randomBytes } from 'node:crypto'
import type { Context } from 'koa'
import type { Config } from '../../config.ts'

/** The secret by which a browser that opened a test is known again. */
export function testCookie(ctx: Context, config: Config): string | undefined {
  const kept = ctx.cookies.get(cookieName(config), { signed: false })
  return kept && /^[\w-]{43}$/.test(kept) ? kept : undefined
}

/** The same; a browser that has none yet gets one, for the session of the browser. */
export function keepTestCookie(ctx: Context, config: Config): string {
  const issuer = new URL(config.ISSUER)
  const secret = testCookie(ctx, config) ?? randomBytes(32).toString('base64url')
  ctx.cookies.set(cookieName(config), secret, {
    signed: false,
    httpOnly: true,
    sameSite: 'lax',
    secure: issuer.protocol === 'https:',
    path: issuer.pathname,
    overwrite: true,
  })
  return secret
}

/** Named like the provider's own cookies: cookies ignore ports. */
function cookieName(config: Config): string {
  const issuer = new URL(config.ISSUER)
  return `atrium_idp_${issuer.port || (issuer.protocol === 'https:' ? '443' : '80')}_test`
}
