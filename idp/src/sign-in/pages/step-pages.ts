import type { Context } from 'koa'
import type { Config } from '../../config.ts'
import type { FactorKind } from '../policy.ts'
import type { TotpEnrolment } from '../totp.ts'
import { type Html, html, raw } from './html.ts'
import { sendPage } from './layout.ts'
import { stepTexts } from './step-texts.ts'
import { type Language, languageOf, texts } from './texts.ts'

/** What every page of a step is made with. */
export type StepPage = {
  language: Language
  username: string
  /** The page where another account may sign in; none when only a level is missing. */
  startAgain?: string
  formTargets: string[]
  fault?: string
  status?: number
  /** What a passkey needs on this page, and the scripts for it. */
  passkey?: { content: Html; scripts: string[] }
}

/** A way to prove a second factor. */
export type Way = FactorKind | 'recovery'

/** The second factor: one way, and links to the others. Fields `otp` and `recovery`. */
export function factorPage(
  ctx: Context,
  page: StepPage & { way: Way; others: Way[]; trustedDays: number },
  config: Config,
): void {
  const text = stepTexts[page.language]
  const note = page.trustedDays > 0 ? text.trusted(page.trustedDays) : text.noWay
  const form = page.way === 'passkey' ? page.passkey?.content : codeForm(page, page.way)
  send(ctx, page, config, {
    title: text.factorTitle,
    note,
    content: html`${form}${otherWays(page.language, page.others)}`,
  })
}

function codeForm(page: StepPage, way: 'totp' | 'recovery'): Html {
  const text = stepTexts[page.language]
  const input =
    way === 'totp'
      ? html`<div class="field"><label for="otp">${text.otp}</label><input class="input code" id="otp" name="otp" inputmode="numeric" autocomplete="one-time-code" required maxlength="11" autofocus${described(page)}>${faultOf(page)}</div>`
      : html`<div class="field"><label for="recovery">${text.recovery}</label><input class="input code" id="recovery" name="recovery" autocomplete="off" autocapitalize="characters" spellcheck="false" required maxlength="40" autofocus${described(page, 'hint')}><p class="micro dimmer" id="hint">${text.recoveryNote}</p>${faultOf(page)}</div>`
  return html`<form method="post">${input}<button class="btn main wide" type="submit">${text.goOn}</button></form>`
}

function otherWays(language: Language, ways: Way[]): Html {
  if (ways.length === 0) return html``
  const text = stepTexts[language]
  const label = { totp: text.withTotp, passkey: text.withPasskey, recovery: text.withRecovery }
  const link = (way: Way): Html =>
    html`<a class="btn" href="?with=${way}&amp;ui_locales=${texts[language].htmlLang}">${label[way]}</a>`
  return html`<p class="or"><span>${text.or}</span></p><div class="others">${ways.map(link)}</div>`
}

/** A new password, because the old one has to go. Fields `password` and `again`. */
export function newPasswordPage(
  ctx: Context,
  page: StepPage & { minLength: number; maxAgeDays: number; mustChange: boolean; faults: string[] },
  config: Config,
): void {
  const text = stepTexts[page.language]
  const wrong = page.faults.length > 0 ? raw(' aria-invalid="true" aria-describedby="fault"') : ''
  const faults = html`<div id="fault" role="alert">${page.faults.map(fault => html`<p class="fault">${fault}</p>`)}</div>`
  send(ctx, page, config, {
    title: text.newPasswordTitle,
    note: text.newPasswordNote,
    content: html`<p>${page.mustChange ? text.newPasswordMust : text.newPasswordOld(page.maxAgeDays)}</p>
<form method="post"><input type="text" name="username" value="${page.username}" autocomplete="username" hidden>
<div class="field"><label for="password">${text.newPasswordField(page.minLength)}</label><input class="input" id="password" name="password" type="password" autocomplete="new-password" required maxlength="1000" autofocus${wrong}></div>
<div class="field"><label for="again">${text.again}</label><input class="input" id="again" name="again" type="password" autocomplete="new-password" required maxlength="1000"${wrong}>${page.faults.length > 0 ? faults : ''}</div>
<button class="btn main wide" type="submit">${text.changePassword}</button></form>`,
  })
}

/** The first factor of somebody who must have one: an authenticator application, or a passkey. Field `otp`. */
export function enrolPage(
  ctx: Context,
  page: StepPage & { reason: 'role' | 'level'; totp: TotpEnrolment | undefined; others: Way[] },
  config: Config,
): void {
  const text = stepTexts[page.language]
  send(ctx, page, config, {
    title: text.enrolTitle,
    content: html`<p>${page.reason === 'role' ? text.enrolRole : text.enrolLevel}</p>
${page.totp ? totpForm(page, page.totp) : page.passkey?.content}${otherWays(page.language, page.others)}`,
  })
}

function totpForm(page: StepPage, { secret, uri, qr }: TotpEnrolment): Html {
  const text = stepTexts[page.language]
  return html`<form method="post"><p class="small">${text.enrolScan}</p>
<div class="qr" role="img" aria-label="${text.qr}">${raw(qr)}</div>
<p class="small">${text.secret}<br><code class="secret">${secret.replace(/(.{4})(?=.)/g, '$1 ')}</code><br><a class="link" href="${uri}">${text.openApp}</a></p>
<div class="field"><label for="otp">${text.enrolOtp}</label><input class="input code" id="otp" name="otp" inputmode="numeric" autocomplete="one-time-code" required maxlength="11"${described(page)}>${faultOf(page)}</div>
<button class="btn main wide" type="submit">${text.finishEnrol}</button></form>`
}

/** New recovery codes, to be read once. */
export function recoveryCodesPage(ctx: Context, page: StepPage & { codes: string[] }, config: Config): void {
  const text = stepTexts[page.language]
  // Nobody is led away from here: the codes are seen once.
  const { startAgain: _startAgain, ...stay } = page
  send(ctx, stay, config, {
    title: text.codesTitle,
    note: text.codesOnce,
    content: html`<p>${text.codesText}</p>
<ol class="codes">${page.codes.map(code => html`<li><code>${code}</code></li>`)}</ol>
<form method="post"><button class="btn main wide" type="submit">${text.codesKept}</button></form>`,
  })
}

/** A form that did not come from a page of ours. */
export function strangeFormPage(ctx: Context, config: Config): void {
  const language = languageOf(ctx)
  const text = stepTexts[language]
  sendPage(
    ctx,
    {
      language,
      title: text.strangeTitle,
      fixedLanguage: true,
      content: html`<h1 class="lede">${text.strangeTitle}</h1><p>${text.strangeText}</p><a class="btn main wide" href="${config.PORTAL_URL}/">${texts[language].toPortal}</a>`,
    },
    config,
    403,
  )
}

function send(
  ctx: Context,
  page: StepPage,
  config: Config,
  { title, note, content }: { title: string; note?: string; content: Html },
): void {
  const text = stepTexts[page.language]
  const again = page.startAgain ? html` · <a class="link" href="${page.startAgain}">${text.startAgain}</a>` : ''
  sendPage(
    ctx,
    {
      language: page.language,
      title: title.replace(/[。.]$/, ''),
      ...(note ? { note } : {}),
      scripts: page.passkey?.scripts ?? [],
      formTargets: page.formTargets,
      content: html`<div class="step"><h1 class="lede">${title}</h1><p class="small dimmer as">${text.as(page.username)}${again}</p></div>${content}`,
    },
    config,
    page.status ?? 200,
  )
}

function faultOf({ fault }: StepPage): Html {
  return fault ? html`<p class="fault" id="fault" role="alert">${fault}</p>` : html``
}

function described({ fault }: StepPage, hint = ''): Html {
  const ids = [hint, fault ? 'fault' : ''].filter(id => id !== '').join(' ')
  return raw(`${fault ? ' aria-invalid="true"' : ''}${ids ? ` aria-describedby="${ids}"` : ''}`)
}
