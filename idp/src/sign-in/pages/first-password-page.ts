import type { Context } from 'koa'
import type { Config } from '../../config.ts'
import { html } from './html.ts'
import { sendPage } from './layout.ts'
import { passwordForm, secretInAddress } from './reset-pages.ts'
import { resetTexts } from './reset-texts.ts'
import { languageOf, texts } from './texts.ts'

/** The form that sets the first password; plain HTML, fields `password` and `again`. */
export function firstPasswordPage(
  ctx: Context,
  form: { username: string; minLength: number; faults: string[]; status?: number },
  config: Config,
): void {
  const language = languageOf(ctx)
  const text = texts[language]
  const reset = resetTexts[language]
  sendPage(
    ctx,
    {
      language,
      title: text.firstPasswordTitle,
      note: text.firstPasswordNote,
      formTargets: [new URL(config.PORTAL_URL).origin],
      content: html`<h1 class="lede">${text.firstPasswordTitle}</h1>${passwordForm({ ...form, field: reset.field(form.minLength), again: reset.again, set: reset.set })}`,
    },
    config,
    form.status ?? 200,
  )
  ctx.set('Referrer-Policy', secretInAddress)
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
