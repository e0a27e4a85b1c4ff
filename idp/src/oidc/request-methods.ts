import { Problem } from '@atrium/platform/problem'
import { bodyParser } from '@koa/bodyparser'
import type { Context, Next } from 'koa'
import { routes } from './paths.ts'

// Half of what a server takes as headers, where the address will come back with the cookies.
const longestQuery = 8000

const parse = bodyParser({
  enableTypes: ['form'],
  formLimit: '16kb',
  onError: (_error, ctx) => {
    ctx.request.body = {}
  },
})

/**
 * OpenID Connect wants the authorization and the sign-out endpoint to take POST as well as GET. The library does so only with
 * cookies that every foreign site may send (SameSite=None). Here a posted form is sent on as the GET it stands for: the browser
 * then comes by a top-level navigation, which strict cookies allow, and nothing can be done by POST that cannot be done by a link.
 */
export async function postedAsGet(ctx: Context, next: Next): Promise<void> {
  if (ctx.method !== 'POST' || (ctx.path !== routes.authorization && ctx.path !== routes.end_session))
    return await next()
  await parse(ctx, async () => {
    const query = new URLSearchParams(ctx.querystring)
    const form = (ctx.request.body ?? {}) as Record<string, string | string[]>
    for (const [name, value] of Object.entries(form)) for (const one of [value].flat()) query.append(name, String(one))
    if (query.toString().length > longestQuery)
      throw new Problem(413, 'request_too_large', {
        zh: '请求太长，请改用推送的授权请求（PAR）',
        en: 'The request is too long: push it (PAR) instead',
      })
    ctx.set('Cache-Control', 'no-store')
    ctx.status = 303
    ctx.redirect(`${new URL(ctx.originalUrl, 'http://any').pathname}?${query}`)
  })
}
