import type { Context, Next } from 'koa'
import type { Config } from '../../config.ts'
import { routes } from '../../oidc/paths.ts'
import { strangeFormPage } from '../pages/step-pages.ts'

// Forms of ours that a person fills in or confirms. The endpoints of the protocol take posts from anywhere.
const forms = /^\/(sign-in|first-password|reset-password|forgot-password|device|sign-in-test\/confirm)(\/|$)/

/**
 * Refuses a form that was not sent from a page of ours. The cookies of a sign-in do not travel with a foreign form anyway
 * (SameSite=Lax, and a path of their own); this holds where a browser would not know that.
 */
export function sameOrigin(config: Config) {
  const own = new URL(config.ISSUER).origin
  return async (ctx: Context, next: Next): Promise<void> => {
    const isForm = forms.test(ctx.path) || ctx.path === `${routes.end_session}/confirm`
    if (ctx.method !== 'POST' || !isForm || isOurs(ctx, own)) return await next()
    strangeFormPage(ctx, config)
  }
}

function isOurs(ctx: Context, own: string): boolean {
  const origin = ctx.get('origin')
  const site = ctx.get('sec-fetch-site')
  if (site && site !== 'same-origin' && site !== 'none') return false
  // A page that sends no referrer has the origin "null"; only the browser's own word tells whose page it was.
  return origin === '' || origin === own || (origin === 'null' && site === 'same-origin')
}
