import type { Context } from 'koa'
import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider'
import type { Config } from '../../config.ts'
import { html, raw } from './html.ts'
import { sendPage } from './layout.ts'
import { languageOf, texts } from './texts.ts'

/** What oidc-provider cannot answer by a redirect: an expired page, or a request that names no registered address. */
export function expiredPage(ctx: Context, out: ErrorOut, config: Config): void {
  const expired = out.error === 'invalid_request' && /session|expired|interaction/i.test(out.error_description ?? '')
  const language = languageOf(ctx)
  const text = texts[language]
  sendPage(
    ctx,
    {
      language,
      title: expired ? text.expiredTitle : text.refusedTitle,
      fixedLanguage: true,
      content: html`<h1 class="lede">${expired ? text.expiredTitle : text.refusedTitle}</h1>
<p>${expired ? text.expiredText : text.refusedText}</p>
${expired ? '' : html`<p class="small dimmer">${out.error}: ${out.error_description}</p>`}
<a class="btn main wide" href="${config.PORTAL_URL}/">${text.toPortal}</a>`,
    },
    config,
    Math.max(ctx.status, 400),
  )
}

/** Confirms a sign-out. Whoever comes with the ID token of the session itself is not asked: the script confirms at once. */
export function logoutPage(ctx: KoaContextWithOIDC, form: string, config: Config): void {
  const language = languageOf(ctx, ctx.oidc.params?.ui_locales)
  const text = texts[language]
  const hint = ctx.oidc.entities.IdTokenHint as { payload?: { sub?: string } } | undefined
  const known = hint?.payload?.sub !== undefined && hint.payload.sub === ctx.oidc.session?.accountId
  const back = ctx.oidc.params?.post_logout_redirect_uri
  sendPage(
    ctx,
    {
      language,
      title: text.signOutTitle,
      scripts: known ? ['submit.js'] : [],
      formTargets: typeof back === 'string' ? [new URL(back).origin] : [],
      content: html`<h1 class="lede">${text.signOutTitle}</h1><p>${text.signOutText}</p>${raw(form)}
<button class="btn main wide" type="submit" form="op.logoutForm" name="logout" value="yes" data-submit>${text.signOut}</button>
${known ? '' : html`<a class="btn wide" href="${config.PORTAL_URL}/">${text.stay}</a>`}`,
    },
    config,
  )
}

/** The end of a sign-out that named no address to go to. */
export function signedOutPage(ctx: Context, config: Config): void {
  const language = languageOf(ctx)
  const text = texts[language]
  sendPage(
    ctx,
    {
      language,
      title: text.signedOutTitle,
      content: html`<h1 class="lede">${text.signedOutTitle}</h1><p>${text.signedOutText}</p>
<a class="btn main wide" href="${config.PORTAL_URL}/">${text.signIn}</a>`,
    },
    config,
  )
}
