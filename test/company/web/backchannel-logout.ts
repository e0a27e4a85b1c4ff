import { now } from '@atrium/platform/clock'
import { log } from '@atrium/platform/log'
import type {} from '@koa/bodyparser'
import { jwtVerify } from 'jose'
import type { Middleware } from 'koa'
import type { Issuer } from './issuer.ts'
import type { WebSessions } from './sessions.ts'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const MAX_AGE_MS = 10 * 60_000

/**
 * Receives a logout token and ends the sessions it names (OpenID Connect Back-Channel Logout 1.0 §2.5 – §2.8).
 * Expects the form fields in `ctx.request.body`. Answers 200 also when no session is left, 400 for a token that is none.
 */
export function backchannelLogout(options: { system: string; issuer: Issuer; sessions: WebSessions }): Middleware {
  const logger = log(options.system)
  return async ctx => {
    ctx.set('Cache-Control', 'no-store')
    const token = (ctx.request.body as { logout_token?: unknown } | undefined)?.logout_token
    try {
      if (typeof token !== 'string') throw new Error('the form field logout_token is missing')
      const claims = await verifyLogoutToken(token, options.issuer)
      const ended = options.sessions.endByIssuer(claims)
      logger.info({ sub: claims.sub, ended }, 'sessions ended by the issuer')
      ctx.status = 200
      ctx.body = ''
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unreadable'
      logger.warn({ reason }, 'logout token refused')
      ctx.status = 400
      ctx.body = { error: 'invalid_request', error_description: reason }
    }
  }
}

/** @throws with a reason when a rule of the specification's §2.6 is broken */
export async function verifyLogoutToken(
  token: string,
  issuer: Issuer,
): Promise<{ jti: string; sub?: string; sid?: string }> {
  const { payload, protectedHeader } = await jwtVerify(token, await issuer.keys(), {
    issuer: issuer.issuer,
    audience: issuer.clientId,
    algorithms: ['ES256', 'RS256', 'PS256', 'EdDSA'],
    requiredClaims: ['iat', 'jti'],
    clockTolerance: 30,
    currentDate: now(),
  })
  if (protectedHeader.typ && !/^(application\/)?(logout\+jwt|jwt)$/i.test(protectedHeader.typ))
    throw new Error('this is a token of another type')
  const events = payload.events as Record<string, unknown> | undefined
  if (typeof events?.[EVENT] !== 'object') throw new Error('the logout event is missing')
  if ('nonce' in payload) throw new Error('a logout token has no nonce')
  // A queue may deliver late, so a token that says how long it lives is believed; one that does not must be young.
  if (!payload.exp && now().getTime() - payload.iat! * 1000 > MAX_AGE_MS) throw new Error('the token is too old')
  const { sub, sid, jti } = payload as { sub?: string; sid?: string; jti: string }
  if (!sub && !sid) throw new Error('neither sub nor sid says whose sessions end')
  return { jti, ...(sub && { sub }), ...(sid && { sid }) }
}
