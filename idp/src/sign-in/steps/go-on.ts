/**
 * The last step of a sign-in is answered with what the application is waiting for. The library would have the browser come back for
 * it to an address of its own: another request, which reads what the one before it has just written.
 */
import type { Kysely } from '@atrium/platform/database'
import { sha256 } from '@atrium/platform/secrets'
import type Router from '@koa/router'
import type { Context, Middleware, Next } from 'koa'
import type { Provider } from 'oidc-provider'
import type { Schema } from '../../database/schema.ts'
import type { SessionIds } from '../../oidc/begun-session.ts'
import { routes } from '../../oidc/paths.ts'
import type { AuthorizationWork } from '../../oidc/request-work.ts'
import { readSessionByUid } from '../../oidc/rows.ts'
import { beginWork } from '../../oidc/token-requests.ts'
import type { SignInPolicy } from '../policy.ts'
import type { Interaction } from './proved.ts'
import { isOvertaken } from './still-holds.ts'

const ended = new WeakMap<Context, { interaction: Interaction; overtaken: () => Promise<void> }>()

/**
 * Whether a sign-in can go on at once. Where a session is there already, or is to be the only one, the browser comes back: what
 * happens to the other session is a matter of its own.
 */
export function mayGoOn(
  ctx: Context,
  provider: Provider,
  { session, returnTo, uid, result }: Interaction,
  { oneSession }: SignInPolicy,
): boolean {
  const cookie = ctx.cookies.get(provider.cookieName('session'), { signed: false })
  const plain = returnTo.endsWith(`${routes.authorization}/${uid}`) || result?.ended
  return Boolean(plain) && !session && cookie === undefined && !oneSession
}

/**
 * Whether the session that a sign-in began lives still. Who sends the form again without its cookie has lost the answer, as by a double
 * click, and joins it.
 */
export async function joins(db: Kysely<Schema>, work: AuthorizationWork, { uid }: SessionIds): Promise<boolean> {
  if (!(await readSessionByUid(db, uid, new Date()))) return false
  work.sessions.add(uid)
  return true
}

/**
 * What stays of a sign-in that goes on: that it is over. Who sends its form a second time, by a double click, is led on by the session
 * they have got, and by nothing else.
 */
export function leaveTrace({ jti }: Interaction, work: AuthorizationWork): void {
  work.instead = { model: 'Interaction', id_hash: sha256(jti), payload: trace }
}

// The address holds the sign-in's id, and what stays for a while should not.
const trace = JSON.stringify({ result: { ended: true }, returnTo: '' })

/** Where a sign-in that is over leads on. */
export function onward({ returnTo, uid }: Interaction, issuer: string): string {
  return returnTo || `${new URL(issuer).pathname}${routes.authorization}/${uid}`
}

/** Whether a sign-in has come to its end, so that its pages only lead on. */
export function isOver({ result }: Interaction): boolean {
  return Boolean(result?.login || result?.ended)
}

/**
 * Leaves a sign-in that ended, and what it has to write, to the authorization request.
 * @param overtaken answers instead, when what was proved counts no more by the time it is written
 */
export function goOn(
  ctx: Context,
  interaction: Interaction,
  work: AuthorizationWork,
  overtaken: () => Promise<void>,
): void {
  ended.set(ctx, { interaction, overtaken })
  beginWork(ctx, work)
}

/** Middleware: the pages of a sign-in, and when they have come to its end, what comes after them as the request for its outcome. */
export function goingOn(provider: Provider, router: Router): Middleware {
  const pages = router.routes() as unknown as Middleware
  return async (ctx: Context, next: Next) => {
    let passed = false
    await pages(ctx, async () => {
      passed = true
      await next()
    })
    const end = ended.get(ctx)
    if (passed || !end) return
    const { interaction, overtaken } = end
    ctx.method = 'GET'
    ctx.url = `${routes.authorization}/${interaction.uid}`
    ctx.req.headers.cookie = `${ctx.get('cookie')}; ${resumeCookie(ctx, provider, interaction.uid)}`
    ctx.status = 404
    try {
      await next()
    } catch (error) {
      if (!isOvertaken(error)) throw error
      // The cookies are those of a session that did not come to be.
      ctx.remove('Set-Cookie')
      ctx.body = null
      return await overtaken()
    }
    keepResumeCookie(ctx, provider)
  }
}

// The library takes it back; but who sends the form again is led on to that address.
function keepResumeCookie(ctx: Context, provider: Provider): void {
  const name = provider.cookieName('resume')
  const taken = (cookie: string): boolean =>
    (cookie.startsWith(`${name}=`) || cookie.startsWith(`${name}.sig=`)) && /expires=Thu, 01 Jan 1970/i.test(cookie)
  const cookies = [ctx.response.headers['set-cookie'] ?? []].flat()
  ctx.set(
    'Set-Cookie',
    cookies.filter(one => !taken(one)),
  )
}

// The browser keeps this cookie for the other address; the one of the page, which it did send, was given with it and names the same sign-in.
function resumeCookie(ctx: Context, provider: Provider, uid: string): string {
  const cookie = `${provider.cookieName('resume')}=${uid}`
  return `${cookie}; ${provider.cookieName('resume')}.sig=${(ctx.app.keys as { sign(data: string): string }).sign(cookie)}`
}
