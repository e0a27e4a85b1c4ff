import type { Context } from 'koa'
import type { Client, KoaContextWithOIDC } from 'oidc-provider'
import type { Config } from '../../config.ts'
import { deviceTexts } from './device-texts.ts'
import { html } from './html.ts'
import { sendPage } from './layout.ts'
import { languageOf, texts } from './texts.ts'

/** Where a person types the code of a device (RFC 8628 §3.3). Plain HTML; a fault stands under the field. */
export function deviceCodePage(ctx: KoaContextWithOIDC, form: string, error: Error | undefined, config: Config): void {
  const language = languageOf(ctx)
  const text = deviceTexts[language]
  const { action, xsrf } = partsOf(form, ctx)
  const typed = (error as { userCode?: string } | undefined)?.userCode ?? ''
  const fault = faultOf(error)
  sendPage(
    ctx,
    {
      language,
      title: text.title,
      content: html`<form method="post" action="${action}"><h1 class="lede">${text.lede}</h1><p>${text.explain}</p>
<input type="hidden" name="xsrf" value="${xsrf}">
<div class="field"><label for="user_code">${text.code}</label><input class="input" id="user_code" name="user_code" autocomplete="off" autocapitalize="characters" spellcheck="false" required maxlength="40" value="${typed}" autofocus${fault ? html` aria-invalid="true" aria-describedby="fault"` : ''}>${fault ? html`<p class="fault" id="fault" role="alert">${text[fault]}</p>` : ''}</div>
<button class="btn main wide" type="submit">${text.next}</button></form>`,
    },
    config,
    fault ? 400 : 200,
  )
}

/** Asks whether the device may come in: the name of the client, the code to compare, where the request came from. */
export function deviceConfirmPage(
  ctx: KoaContextWithOIDC,
  request: { form: string; client: Client; device: unknown; code: string },
  config: Config,
): void {
  const language = languageOf(ctx)
  const text = deviceTexts[language]
  const { action, xsrf } = partsOf(request.form, ctx)
  const { ip } = request.device as { ip?: string }
  const hidden = html`<input type="hidden" name="xsrf" value="${xsrf}"><input type="hidden" name="user_code" value="${request.code}">`
  sendPage(
    ctx,
    {
      language,
      title: text.title,
      fixedLanguage: true,
      content: html`<h1 class="lede">${text.check}</h1>
<p>${text.asks(request.client.clientName ?? request.client.clientId)}${text.betweenSentences}${text.same}</p>
<p class="lede" translate="no"><code>${request.code}</code></p>
<p>${ip ? text.from(ip) + text.betweenSentences : ''}${text.warning}</p>
<form method="post" action="${action}">${hidden}<button class="btn main wide" type="submit" name="confirm" value="yes">${text.allow}</button></form>
<form method="post" action="${action}">${hidden}<button class="btn wide" type="submit" name="abort" value="yes">${text.deny}</button></form>`,
    },
    config,
  )
}

/** For an address that has typed too many wrong codes. */
export function deviceWaitPage(ctx: Context, seconds: number, config: Config): void {
  const language = languageOf(ctx)
  const text = deviceTexts[language]
  sendPage(
    ctx,
    {
      language,
      title: text.title,
      content: html`<h1 class="lede">${text.lede}</h1><p role="alert">${text.wait(Math.ceil(seconds / 60))}</p>`,
    },
    config,
    429,
  )
}

/** The end of it: the device goes on by itself. */
export function deviceDonePage(ctx: KoaContextWithOIDC, config: Config): void {
  const language = languageOf(ctx)
  const text = deviceTexts[language]
  sendPage(
    ctx,
    {
      language,
      title: text.done,
      fixedLanguage: true,
      content: html`<h1 class="lede">${text.done}</h1><p role="status">${text.doneText}</p>`,
    },
    config,
  )
}

/** Where the library wants the form to go, and the secret against forged requests in it; both are its own, not a caller's. */
function partsOf(form: string, ctx: KoaContextWithOIDC): { action: string; xsrf: string } {
  const action = /action="([^"]*)"/.exec(form)?.[1]?.replaceAll('&amp;', '&') ?? ''
  // Whoever changed the language keeps it to the last page.
  const chosen = ctx.query.ui_locales ? `?ui_locales=${texts[languageOf(ctx)].htmlLang}` : ''
  return {
    action: action + chosen,
    xsrf: /name="xsrf" value="([^"]*)"/.exec(form)?.[1] ?? '',
  }
}

type Fault = 'wrong' | 'expired' | 'used' | 'missing' | 'refused' | 'failed'

const faults: Record<string, Fault> = {
  NotFoundError: 'wrong',
  ExpiredError: 'expired',
  AlreadyUsedError: 'used',
  NoCodeError: 'missing',
  AbortedError: 'refused',
}

function faultOf(error: Error | undefined): Fault | undefined {
  return error && (faults[error.name] ?? 'failed')
}
