import { log } from '@atrium/platform/log'
import type { Context, Middleware } from 'koa'
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  calculatePKCECodeChallenge,
  randomPKCECodeVerifier,
} from 'openid-client'
import type { Issuer } from './issuer.ts'
import { randomToken, type WebSession, type WebSessions } from './sessions.ts'

/** Cookies ignore ports, so their names carry system and port. */
export function cookieNames(system: string, publicUrl: string): { session: string; browser: string } {
  const { port, protocol } = new URL(publicUrl)
  const name = `huaxin_${system}_${port || (protocol === 'https:' ? '443' : '80')}`
  return { session: name, browser: `${name}_browser` }
}

export type SignInOptions = {
  system: string
  publicUrl: string
  issuer: Issuer
  sessions: WebSessions
  /** Shows a page that says why nobody is signed in. */
  refuse(ctx: Context, status: number, reason: 'no_account' | 'failed' | 'expired' | 'issuer_unavailable'): void
}

/** The person's session, if the browser has one. */
export function sessionOf(
  ctx: Context,
  options: Pick<SignInOptions, 'system' | 'publicUrl' | 'sessions'>,
): WebSession | undefined {
  return options.sessions.find(ctx.cookies.get(cookieNames(options.system, options.publicUrl).session))
}

/** Sends the browser to the issuer (authorization code flow with PKCE, state and nonce, RFC 9700). */
export function beginSignIn(options: SignInOptions): Middleware {
  const cookies = cookieNames(options.system, options.publicUrl)
  return async ctx => {
    const configuration = await options.issuer.configuration().catch(() => undefined)
    if (!configuration) return options.refuse(ctx, 503, 'issuer_unavailable')
    let browser = ctx.cookies.get(cookies.browser)
    if (!browser) {
      browser = randomToken()
      ctx.cookies.set(cookies.browser, browser, cookieOptions(options.publicUrl))
    }
    const login = {
      state: randomToken(),
      nonce: randomToken(),
      verifier: randomPKCECodeVerifier(),
      returnTo: localPath(ctx.query.return_to),
    }
    options.sessions.rememberLogin(login, browser)
    const url = buildAuthorizationUrl(configuration, {
      redirect_uri: `${options.publicUrl}/oidc/callback`,
      scope: 'openid profile',
      state: login.state,
      nonce: login.nonce,
      code_challenge: await calculatePKCECodeChallenge(login.verifier),
      code_challenge_method: 'S256',
    })
    ctx.set('Cache-Control', 'no-store')
    ctx.redirect(url.href)
  }
}

/** Takes the code, checks the ID token and begins this system's own session. */
export function finishSignIn(options: SignInOptions): Middleware {
  const cookies = cookieNames(options.system, options.publicUrl)
  const logger = log(options.system)
  return async ctx => {
    ctx.set('Cache-Control', 'no-store')
    const state = typeof ctx.query.state === 'string' ? ctx.query.state : ''
    const login = options.sessions.takeLogin(state, ctx.cookies.get(cookies.browser) ?? '')
    if (!login) return options.refuse(ctx, 400, 'expired')
    let session: WebSession | undefined
    try {
      const tokens = await authorizationCodeGrant(
        await options.issuer.configuration(),
        new URL(`${options.publicUrl}/oidc/callback?${ctx.querystring}`),
        {
          pkceCodeVerifier: login.verifier,
          expectedState: login.state,
          expectedNonce: login.nonce,
          idTokenExpected: true,
        },
      )
      const claims = tokens.claims()!
      if (typeof claims.native_id === 'string')
        session = { userId: claims.native_id, sub: claims.sub, sid: typeof claims.sid === 'string' ? claims.sid : null }
    } catch (error) {
      logger.warn({ reason: error instanceof Error ? error.message : String(error) }, 'sign-in failed')
      return options.refuse(ctx, 400, 'failed')
    }
    if (!session) return options.refuse(ctx, 403, 'no_account')
    const token = options.sessions.begin(session)
    if (!token) return options.refuse(ctx, 400, 'expired')
    ctx.cookies.set(cookies.session, token, cookieOptions(options.publicUrl))
    ctx.redirect(login.returnTo)
  }
}

/** Ends this system's session and asks the issuer to end its own (RP-Initiated Logout 1.0). */
export function signOut(options: SignInOptions): Middleware {
  const cookies = cookieNames(options.system, options.publicUrl)
  return async ctx => {
    const token = ctx.cookies.get(cookies.session)
    if (token) options.sessions.end(token)
    ctx.cookies.set(cookies.session, null, cookieOptions(options.publicUrl))
    const configuration = await options.issuer.configuration().catch(() => undefined)
    if (!configuration?.serverMetadata().end_session_endpoint) return ctx.redirect('/')
    const url = buildEndSessionUrl(configuration, { post_logout_redirect_uri: `${options.publicUrl}/` })
    ctx.redirect(url.href)
  }
}

const cookieOptions = (publicUrl: string) =>
  ({ httpOnly: true, sameSite: 'lax', path: '/', overwrite: true, secure: publicUrl.startsWith('https:') }) as const

/** Only a path of our own: an open redirect would lend our name to others. */
const localPath = (value: unknown): string =>
  typeof value === 'string' && /^\/(?![/\\])[^\s]*$/.test(value) ? value : '/'
