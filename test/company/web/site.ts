import Router from '@koa/router'
import type { Context } from 'koa'
import type { Text } from '../data/types.ts'
import { backchannelLogout } from './backchannel-logout.ts'
import type { Issuer } from './issuer.ts'
import { type Html, html, type Language, languageOf, type PageUser, page, stylesheet } from './page.ts'
import type { WebSessions } from './sessions.ts'
import { beginSignIn, finishSignIn, type SignInOptions, sessionOf, signOut } from './sign-in.ts'

export type SiteOptions = {
  /** `crm`, `oa` or `erp`. */
  system: string
  name: Text
  accent: 'blue' | 'green' | 'amber'
  publicUrl: string
  issuer: Issuer
  sessions: WebSessions
  /** The user as this system's own store knows them now, or undefined when unknown or inactive. Asked at each request. */
  findUser(userId: string): PageUser | undefined
  /** What the signed-in person finds on the first page. */
  work(user: PageUser, language: Language): Html
}

const refusals: Record<Parameters<SignInOptions['refuse']>[2], Text> = {
  no_account: {
    zh: '您在本系统没有账号。如需使用，请联系管理员。',
    en: 'You have no account in this system. Ask an administrator if you need one.',
  },
  failed: { zh: '登录没有完成，请重新登录。', en: 'The sign-in was not completed. Please sign in again.' },
  expired: {
    zh: '登录页面已过期或已使用过，请重新登录。',
    en: 'This sign-in has expired or was used already. Please sign in again.',
  },
  issuer_unavailable: {
    zh: '统一登录暂时没有应答，请稍后再试。',
    en: 'The sign-in service does not answer at the moment. Please try again later.',
  },
}

/**
 * The pages every sample system has: `/`, `/session`, `/style.css`, `/oidc/sign-in`, `/oidc/callback`,
 * `/oidc/sign-out`, `/oidc/backchannel-logout`. Needs a body parser for forms in front.
 */
export function siteRoutes(options: SiteOptions): Router {
  const frame = (ctx: Context, status: number, content: Html, user?: PageUser) => {
    ctx.status = status
    ctx.type = 'html'
    ctx.set('Cache-Control', 'no-store')
    const issuerOrigin = new URL(options.issuer.issuer).origin
    ctx.set(
      'Content-Security-Policy',
      // The sign-out form ends at the issuer, and browsers hold redirects of forms to form-action, too.
      `default-src 'none'; style-src 'self'; form-action 'self' ${issuerOrigin}; base-uri 'none'; frame-ancestors 'none'`,
    )
    const { name, accent } = options
    ctx.body = page({ system: name, accent, language: languageOf(ctx), content, ...(user && { user }) })
  }
  const signIn: SignInOptions = {
    ...options,
    refuse: (ctx, status, reason) => {
      const language = languageOf(ctx)
      const again = language === 'zh' ? '重新登录' : 'Sign in again'
      frame(
        ctx,
        status,
        html`<section role="alert"><p>${refusals[reason][language]}</p><p><a href="/oidc/sign-in">${again}</a></p></section>`,
      )
    },
  }

  const router = new Router()
  router.get('/', async (ctx, next) => {
    const session = sessionOf(ctx, options)
    if (!session) return await beginSignIn(signIn)(ctx, next)
    const user = options.findUser(session.userId)
    if (!user) return signIn.refuse(ctx, 403, 'no_account')
    frame(ctx, 200, options.work(user, languageOf(ctx)), user)
  })
  router.get('/session', ctx => {
    const session = sessionOf(ctx, options)
    const user = session && options.findUser(session.userId)
    ctx.set('Cache-Control', 'no-store')
    ctx.status = user ? 200 : 401
    ctx.body = user ? { userId: user.userId, roles: user.roles } : { error: 'not signed in' }
  })
  router.get('/style.css', ctx => {
    ctx.type = 'css'
    ctx.set('Cache-Control', 'max-age=3600')
    ctx.body = stylesheet
  })
  router.get('/oidc/sign-in', beginSignIn(signIn))
  router.get('/oidc/callback', finishSignIn(signIn))
  router.post('/oidc/sign-out', signOut(signIn))
  router.post('/oidc/backchannel-logout', backchannelLogout(options))
  return router
}
