/** Who is signed in, whatever library does it. Tokens live in memory only. */
export interface Session {
  /** employee id */
  readonly personId: string
  readonly name: string
  /** An access token that is good for half a minute at least. Throws SessionEnded when there is none any more. */
  token(): Promise<string>
  /** Ends the session at the identity provider and with it in every system. */
  signOut(): void
  /** Hears that the session ended elsewhere: signed out in another tab, ended by an administrator, expired. */
  onEnded(listener: () => void): void
}

export class SessionEnded extends Error {}

/** What opening a session came to. `redirecting`: the sign-in page is about to be shown. */
export type SessionOutcome = { kind: 'open'; session: Session } | { kind: 'redirecting' } | { kind: 'unreachable' }

const deepLinkKey = 'atrium.deep-link'

/** Keeps the address asked for while the browser is away at the sign-in page. */
export function rememberDeepLink(location: Location): void {
  const path = location.pathname + location.search
  if (path !== '/') sessionStorage.setItem(deepLinkKey, path)
}

/** The address asked for before the sign-in, once. Only a path of this portal is taken. */
export function takeDeepLink(): string | undefined {
  const path = sessionStorage.getItem(deepLinkKey) ?? undefined
  sessionStorage.removeItem(deepLinkKey)
  return path && /^\/(?![/\\])/.test(path) ? path : undefined
}
