import type { Context } from 'koa'
import type { Config } from '../../config.ts'
import { lookOf } from '../branding/look.ts'
import { passkeyScript } from '../passkey/form.ts'
import { type Html, html, raw } from './html.ts'
import { sendPage } from './layout.ts'
import { type Stranger, strangerCard } from './stranger.ts'
import { type Language, texts } from './texts.ts'

/** What the form shows again after a failed attempt. */
export type SignInForm = {
  username: string
  remember: boolean
  fault?: string
  status?: number
  passkey?: Html
  stranger?: Stranger
}

const eye = raw(
  '<svg class="i" viewBox="0 0 20 20" aria-hidden="true"><path d="M2.5 10C4 7 6.7 5 10 5s6 2 7.5 5c-1.5 3-4.2 5-7.5 5s-6-2-7.5-5z"/><circle cx="10" cy="10" r="2.3"/></svg>',
)

/** The sign-in form. Plain HTML: `username`, `password`, `remember`. The fault stands under the fields and names neither. */
export function signInPage(
  ctx: Context,
  language: Language,
  form: SignInForm,
  returnOrigin: string | undefined,
  config: Config,
): void {
  const text = texts[language]
  const fault = form.fault ? html`<p class="fault" id="fault" role="alert">${form.fault}</p>` : undefined
  const described = fault ? raw(' aria-invalid="true" aria-describedby="fault"') : ''
  // The cursor goes where something is to be typed.
  const focusName = form.username === ''
  sendPage(
    ctx,
    {
      language,
      title: text.signIn,
      note: text.shared,
      scripts: form.passkey ? ['reveal.js', passkeyScript] : ['reveal.js'],
      ...(form.stranger?.logo ? { imageOrigins: [new URL(form.stranger.logo).origin] } : {}),
      formTargets: returnOrigin ? [returnOrigin] : [],
      content: html`<form method="post"><h1 class="lede">${text.lede[0]}<br>${text.lede[1]}</h1>
<div class="field"><label for="username">${text.username}</label><input class="input" id="username" name="username" autocomplete="username webauthn" autocapitalize="none" spellcheck="false" required maxlength="200" value="${form.username}"${focusName ? raw(' autofocus') : ''}${described}></div>
<div class="field"><label for="password">${text.password}</label><span class="pick"><input class="input" id="password" name="password" type="password" autocomplete="current-password" required maxlength="1000"${focusName ? '' : raw(' autofocus')}${described}><button type="button" class="iconic s reveal" data-reveal hidden aria-controls="password" aria-pressed="false" aria-label="${text.showPassword}">${eye}</button></span>${fault}</div>
<label class="check"><input type="checkbox" name="remember" value="yes"${form.remember ? raw(' checked') : ''}>${text.remember}</label>
<button class="btn main wide" type="submit">${text.signIn}</button></form>${lookOf(ctx, config).selfServiceReset ? forgotLink(ctx, language, config) : ''}${form.passkey}${form.stranger ? strangerCard(form.stranger, language) : ''}`,
    },
    config,
    form.status,
  )
}

/** Leads to the page for a forgotten password, which leads back to this sign-in. */
function forgotLink(ctx: Context, language: Language, config: Config): Html {
  const from = /^\/sign-in\/([\w-]+)/.exec(ctx.path)?.[1] ?? ''
  const query = new URLSearchParams({ from, ui_locales: texts[language].htmlLang })
  const address = `${new URL(config.ISSUER).pathname}/forgot-password?${query}`
  return html`<a class="link forgot" href="${address}">${texts[language].forgot}</a>`
}
