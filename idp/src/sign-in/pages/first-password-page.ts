import type { Context } from 'koa'
import type { Config } from '../../config.ts'
import { html } from './html.ts'
import { sendPage } from './layout.ts'
import { languageOf, texts } from './texts.ts'

/** The form that sets the first password; plain HTML, fields `password` and `again`. */
export function firstPasswordPage(ctx: Context, form: { fault?: string }, config: Config): void {
  const language = languageOf(ctx)
  const text = texts[language]
  sendPage(
    ctx,
    {
      language,
      title: text.firstPasswordTitle,
      note: text.firstPasswordNote,
      formTargets: [new URL(config.PORTAL_URL).origin],
      content: html`<form method="post"><h1 class="lede">${text.firstPasswordTitle}</h1>
<div class="field"><label for="password">${text.newPassword}</label><input class="input" id="password" name="password" type="password" autocomplete="new-password" required minlength="12" maxlength="200" autofocus></div>
<div class="field"><label for="again">${text.passwordAgain}</label><input class="input" id="again" name="again" type="password" autocomplete="new-password" required maxlength="200">${form.fault ? html`<p class="fault" role="alert">${form.fault}</p>` : ''}</div>
<button class="btn main wide" type="submit">${text.setPassword}</button></form>`,
    },
    config,
    form.fault ? 400 : 200,
  )
}

/** A link that was used, has expired, or never was. */
export function linkSpentPage(ctx: Context, config: Config): void {
  const language = languageOf(ctx)
  const text = texts[language]
  sendPage(
    ctx,
    {
      language,
      title: text.linkSpentTitle,
      content: html`<h1 class="lede">${text.linkSpentTitle}</h1><p>${text.linkSpentText}</p><a class="btn main wide" href="${config.PORTAL_URL}/">${text.toPortal}</a>`,
    },
    config,
    410,
  )
}
