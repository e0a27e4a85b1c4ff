import { type Html, html, raw } from '../pages/html.ts'
import type { Language } from '../pages/texts.ts'
import { passkeyTexts } from './texts.ts'

/** The script of every page with a passkey on it. */
export const passkeyScript = 'passkey.js'

/** What a page offers a passkey for: to sign in with it alone, as the second factor, or to make one. */
export type PasskeyUse = 'alone' | 'factor' | 'enrol'

const key = raw(
  '<svg class="i" viewBox="0 0 20 20" aria-hidden="true"><circle cx="6.8" cy="10" r="3.2"/><path d="M10 10h7v3M14 10v2.3"/></svg>',
)

/**
 * The part of a page that a passkey needs. Hidden until the script finds a browser that can: without JavaScript the sign-in page shows
 * nothing of it, and the pages of the second factor say why.
 * Its answer goes, as the field `response`, to the page itself.
 * @param options where the script gets a challenge
 */
export function passkeyForm(language: Language, use: PasskeyUse, options: string, fault?: string): Html {
  const text = passkeyTexts[language]
  const make = use === 'enrol'
  const cannot = make ? text.cannotEnrol : text.cannotFactor
  const main = use === 'alone' ? '' : ' main'
  const label = { alone: text.alone, factor: text.useIt, enrol: text.makeIt }[use]
  const above =
    use === 'alone' ? html`<p class="or"><span>${text.or}</span></p>` : html`<p>${make ? text.enrol : text.factor}</p>`
  const words = html` data-cancelled="${text.cancelled}" data-offline="${text.offline}" data-broken="${text.broken}" data-known="${text.known}"`
  return html`${use === 'alone' ? '' : html`<p data-no-passkey>${text.cannot}${language === 'en' ? ' ' : ''}${cannot}</p>`}
<form method="post" data-passkey="${make ? 'create' : 'get'}" data-options="${options}"${use === 'alone' ? raw(' data-autofill') : ''}${words} hidden>${above}
<input type="hidden" name="response"><input type="hidden" name="remember">
<button class="btn${main} wide" type="submit"${fault ? raw(' aria-describedby="passkey-fault"') : ''}${use === 'alone' ? '' : raw(' autofocus')}>${key}${label}</button>
<p class="fault" id="passkey-fault" role="alert"${fault ? '' : raw(' hidden')}>${fault ?? ''}</p></form>`
}
