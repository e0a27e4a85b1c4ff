import type { Context } from 'koa'
import type { Config } from '../../config.ts'
import { type Html, html, raw } from './html.ts'
import { sendPage } from './layout.ts'
import { resetTexts } from './reset-texts.ts'
import { languageOf, texts } from './texts.ts'

/** Asks which account it is; field `account`. `back` is the sign-in the person came from. */
export function forgotPage(
  ctx: Context,
  page: { account: string; back: string; fault?: string; status?: number },
  config: Config,
): void {
  const language = languageOf(ctx)
  const text = resetTexts[language]
  const fault = page.fault ? html`<p class="fault" id="fault" role="alert">${page.fault}</p>` : ''
  const described = page.fault ? raw(' aria-invalid="true" aria-describedby="fault"') : ''
  send(ctx, config, page.status ?? 200, {
    title: text.forgotTitle,
    content: html`<p>${text.forgotText}</p>
<form method="post"><div class="field"><label for="account">${text.account}</label><input class="input" id="account" name="account" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="320" value="${page.account}" autofocus${described}>${fault}</div>
<button class="btn main wide" type="submit">${text.sendLink}</button></form>
<a class="btn bare" href="${page.back}">${text.back}</a>`,
  })
}

/** The one answer to every request, whoever was named. */
export function linkSentPage(ctx: Context, page: { back: string; minutes: number }, config: Config): void {
  const text = resetTexts[languageOf(ctx)]
  send(ctx, config, 200, {
    title: text.sentTitle,
    content: html`<p role="status">${text.sentText(page.minutes)}</p><a class="btn main wide" href="${page.back}">${text.back}</a>`,
  })
}

/** Where links by mail are not offered. */
export function resetOffPage(ctx: Context, page: { back: string }, config: Config): void {
  const text = resetTexts[languageOf(ctx)]
  send(ctx, config, 404, {
    title: text.offTitle,
    content: html`<p>${text.offText}</p><a class="btn main wide" href="${page.back}">${text.back}</a>`,
  })
}

/** The form behind a link; fields `password` and `again`. */
export function resetPage(
  ctx: Context,
  page: { username: string; minLength: number; faults: string[]; status?: number },
  config: Config,
): void {
  const text = resetTexts[languageOf(ctx)]
  send(ctx, config, page.status ?? 200, {
    title: text.title,
    note: text.note,
    content: html`<p class="small dimmer">${text.as(page.username)}</p>${passwordForm({ ...page, ...text, field: text.field(page.minLength) })}`,
  })
}

/** The password is set. */
export function resetDonePage(ctx: Context, config: Config): void {
  const text = resetTexts[languageOf(ctx)]
  send(ctx, config, 200, {
    title: text.doneTitle,
    content: html`<p role="status">${text.doneText}</p><a class="btn main wide" href="${config.PORTAL_URL}/">${text.signIn}</a>`,
  })
}

/** A link that was used, has expired, was replaced, or never was. */
export function resetSpentPage(ctx: Context, page: { again: boolean }, config: Config): void {
  const language = languageOf(ctx)
  const text = resetTexts[language]
  const again = `${new URL(config.ISSUER).pathname}/forgot-password?ui_locales=${texts[language].htmlLang}`
  send(ctx, config, 410, {
    title: text.spentTitle,
    fixedLanguage: true,
    content: html`<p>${text.spentText}</p>${page.again ? html`<a class="btn main wide" href="${again}">${text.askAgain}</a>` : ''}
<a class="btn wide" href="${config.PORTAL_URL}/">${texts[language].toPortal}</a>`,
  })
}

/** For pages whose address holds a secret: it is told to nobody, and forms still say whose page they were sent from. */
export const secretInAddress = 'strict-origin'

/** Two fields for a new password, with everything that is wrong with the one that was sent. */
export function passwordForm(form: {
  username: string
  field: string
  again: string
  set: string
  faults: string[]
}): Html {
  const wrong = form.faults.length > 0 ? raw(' aria-invalid="true" aria-describedby="fault"') : ''
  const faults = html`<div id="fault" role="alert">${form.faults.map(fault => html`<p class="fault">${fault}</p>`)}</div>`
  return html`<form method="post"><input type="text" name="username" value="${form.username}" autocomplete="username" hidden>
<div class="field"><label for="password">${form.field}</label><input class="input" id="password" name="password" type="password" autocomplete="new-password" required maxlength="1000" autofocus${wrong}></div>
<div class="field"><label for="again">${form.again}</label><input class="input" id="again" name="again" type="password" autocomplete="new-password" required maxlength="1000"${wrong}>${form.faults.length > 0 ? faults : ''}</div>
<button class="btn main wide" type="submit">${form.set}</button></form>`
}

function send(
  ctx: Context,
  config: Config,
  status: number,
  { title, content, note, fixedLanguage }: { title: string; content: Html; note?: string; fixedLanguage?: boolean },
): void {
  const page = {
    language: languageOf(ctx),
    title: title.replace(/[。.]$/, ''),
    content: html`<h1 class="lede">${title}</h1>${content}`,
    ...(note ? { note } : {}),
    ...(fixedLanguage ? { fixedLanguage } : {}),
  }
  sendPage(ctx, page, config, status)
  ctx.set('Referrer-Policy', secretInAddress)
}
