import { sha256 } from '@atrium/platform/secrets'
import { bodyParser } from '@koa/bodyparser'
import type { Context, Middleware } from 'koa'
import { errors, type Provider } from 'oidc-provider'
import type { Config } from '../../config.ts'
import { AuthorizationWork, asAuthorizationWork, type RowKey, type StoredRow } from '../../oidc/request-work.ts'
import { expiredPage } from '../pages/provider-pages.ts'
import type { Interaction, SignInParts } from './proved.ts'

/** A request to one of the pages below `/sign-in/:uid`. */
export type PageContext = Context & { params: Record<string, string> }

/** The interaction of this page's cookie, if it is the one in the address and still waiting. */
export async function findInteraction(ctx: PageContext, provider: Provider): Promise<Interaction | undefined> {
  try {
    const interaction = await provider.interactionDetails(ctx.req, ctx.res)
    return interaction.uid === ctx.params.uid ? interaction : undefined
  } catch (error) {
    if (error instanceof errors.SessionNotFound) return undefined
    throw error
  }
}

/** The row of the same, by the page's cookie alone: to be read with something else. */
export function interactionKey(ctx: PageContext, provider: Provider): RowKey | undefined {
  const id = ctx.cookies.get(provider.cookieName('interaction'), { signed: true })
  return id && id === ctx.params.uid ? { model: 'Interaction', id_hash: sha256(id) } : undefined
}

/** The same as `findInteraction`, of a row that was read. */
export async function interactionOf(
  ctx: PageContext,
  provider: Provider,
  ahead: { key: RowKey; row: StoredRow },
): Promise<Interaction | undefined> {
  let found: Interaction | undefined
  await asAuthorizationWork(Object.assign(new AuthorizationWork(), { ahead }), async () => {
    found = await findInteraction(ctx, provider)
  })
  return found
}

/** Whether nothing but a level is missing in the session that the application's request found. */
export function isStepUp({ session, prompt }: Interaction): boolean {
  return session?.accountId !== undefined && prompt.reasons.every(reason => reason === 'level')
}

/** Answers that this page can be used no longer. */
export function expired(ctx: Context, config: Config): void {
  ctx.status = 410
  expiredPage(ctx, { error: 'invalid_request', error_description: 'interaction session not found' }, config)
}

/** Sends the browser to a page of this sign-in, in the language that was chosen; without `step` to the first one. */
export function goTo(ctx: Context, parts: SignInParts, uid: string, step?: string, fault?: string): void {
  const query = new URLSearchParams()
  if (typeof ctx.query.ui_locales === 'string') query.set('ui_locales', ctx.query.ui_locales)
  if (fault) query.set('fault', fault)
  const path = `${new URL(parts.config.ISSUER).pathname}/sign-in/${uid}${step ? `/${step}` : ''}`
  ctx.status = 303
  ctx.redirect(query.size > 0 ? `${path}?${query}` : path)
}

/** Where a form of this sign-in may lead to in the end: Chrome applies `form-action` to redirects as well. */
export function formTargets({ params }: Interaction): string[] {
  return typeof params.redirect_uri === 'string' ? [new URL(params.redirect_uri).origin] : []
}

/** A form of a few hundred bytes; anything else counts as an empty one and is answered by the page. */
export function formBody(): Middleware {
  return bodyParser({
    enableTypes: ['form'],
    formLimit: '8kb',
    onError: (_error, ctx) => {
      ctx.request.body = {}
    },
  })
}

/** What a form holds. A field that was sent twice, or is no text, counts as missing. */
export function field(ctx: Context, name: string): string | undefined {
  const value = (ctx.request.body as Record<string, unknown> | undefined)?.[name]
  return typeof value === 'string' ? value : undefined
}
