import type { Provider } from 'oidc-provider'
import { registeredPrefix } from '../../oidc/registered-clients.ts'
import { type Html, html } from './html.ts'
import type { Language } from './texts.ts'

/** An application that registered itself: what it says of itself (OpenID Connect Dynamic Client Registration §2). */
export type Stranger = { name: string; logo?: string; policy?: string; terms?: string }

const words = {
  zh: { for: '登录后进入', policy: '隐私政策', terms: '使用条款' },
  en: { for: 'Signs you in to', policy: 'Privacy policy', terms: 'Terms of use' },
}

/** Who asks for a sign-in, when it is nobody of the company: people must see whom they are about to tell who they are. */
export async function strangerOf(provider: Provider, clientId: unknown): Promise<Stranger | undefined> {
  if (typeof clientId !== 'string' || !clientId.startsWith(registeredPrefix)) return undefined
  const client = await provider.Client.find(clientId)
  if (!client) return undefined
  return {
    name: client.clientName ?? clientId,
    ...(client.logoUri ? { logo: client.logoUri } : {}),
    ...(client.policyUri ? { policy: client.policyUri } : {}),
    ...(client.tosUri ? { terms: client.tosUri } : {}),
  }
}

/** The lines under the form that say so. */
export function strangerCard(stranger: Stranger, language: Language): Html {
  const text = words[language]
  const link = (address: string | undefined, label: string): Html | '' =>
    address ? html` · <a class="link" href="${address}" rel="noreferrer">${label}</a>` : ''
  return html`<p class="stranger">${stranger.logo ? html`<img src="${stranger.logo}" alt="" referrerpolicy="no-referrer">` : ''}<span>${text.for} <b>${stranger.name}</b>${link(stranger.policy, text.policy)}${link(stranger.terms, text.terms)}</span></p>`
}
