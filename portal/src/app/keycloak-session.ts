import Keycloak from 'keycloak-js'
import type { BrowserConfig } from './config.ts'
import {
  rememberDeepLink,
  rememberProvingAgain,
  type Session,
  SessionEnded,
  type SessionOutcome,
  takeDeepLink,
  takeProvingAgain,
} from './session.ts'

const initTimeoutMs = 12_000
const spareSeconds = 30
// Whoever is refused for another reason would otherwise have a new token made for every question.
const renewAtMostEveryMs = 30_000

/**
 * Opens the session by keycloak-js in its native mode: silently when the identity provider knows the browser, by its
 * sign-in page otherwise. Call once, before the router: the library rewrites the address.
 */
export async function openKeycloakSession(config: BrowserConfig, locale: string): Promise<SessionOutcome> {
  const keycloak = new Keycloak({ url: config.url, realm: config.realm, clientId: config.clientId })
  const home = `${location.origin}/`
  const provingAgain = takeProvingAgain()
  const proved = provingAgain && /[#&]code=/.test(location.hash)
  let authenticated: boolean
  try {
    authenticated = await within(
      initTimeoutMs,
      keycloak.init({
        onLoad: 'check-sso',
        silentCheckSsoRedirectUri: `${location.origin}/silent-check-sso.html`,
        pkceMethod: 'S256',
        checkLoginIframe: true,
        checkLoginIframeInterval: 3,
      }),
    )
  } catch {
    if (!provingAgain) return { kind: 'unreachable' }
    // The sign-in page was left without the proof: whoever was signed in before still is, and goes on where they were.
    location.replace(takeDeepLink() ?? '/')
    return { kind: 'redirecting' }
  }
  if (!authenticated) {
    rememberDeepLink(location)
    await keycloak.login({ redirectUri: home, locale })
    return { kind: 'redirecting' }
  }
  const deepLink = takeDeepLink()
  if (deepLink) history.replaceState(null, '', deepLink)
  return { kind: 'open', session: sessionOf(keycloak, home, proved) }
}

function sessionOf(keycloak: Keycloak, home: string, proved: boolean): Session {
  const ended = new Set<() => void>()
  let leaving = false
  let renewedAt = 0
  keycloak.onAuthLogout = () => {
    if (!leaving) for (const listener of ended) listener()
  }
  const claims = keycloak.idTokenParsed ?? {}
  return {
    personId: keycloak.subject ?? '',
    name: String(claims.name ?? claims.preferred_username ?? ''),
    proved,
    async token(refused) {
      const renew = refused !== undefined && refused === keycloak.token && Date.now() - renewedAt > renewAtMostEveryMs
      await keycloak.updateToken(renew ? -1 : spareSeconds)
      if (renew) renewedAt = Date.now()
      if (!keycloak.token) throw new SessionEnded('the session has ended')
      return keycloak.token
    },
    signInAgain({ acr, maxAgeSeconds }) {
      leaving = true
      rememberProvingAgain(location)
      void keycloak.login({
        redirectUri: home,
        locale: document.documentElement.lang,
        loginHint: String(claims.preferred_username ?? ''),
        maxAge: maxAgeSeconds,
        acr: { values: [acr], essential: true },
      })
    },
    signOut() {
      leaving = true
      void keycloak.logout({ redirectUri: home })
    },
    onEnded(listener) {
      ended.add(listener)
    },
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
  })
  return await Promise.race([work, late]).finally(() => clearTimeout(timer))
}
