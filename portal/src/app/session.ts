/** Who is signed in, whatever library does it. Tokens live in memory only. */
export interface Session {
  /** employee id */
  readonly personId: string
  readonly name: string
  /** whether the person has just come back from `signInAgain` with what it asked for */
  readonly proved: boolean
  /**
   * An access token that is good for half a minute at least, and another than `refused`, which a server did not take although it had not
   * expired: its key was taken back. Throws SessionEnded when there is none any more.
   */
  token(refused?: string): Promise<string>
  /**
   * Lets the person prove anew who they are: leaves for the sign-in page, which asks for what is missing or too long ago, and
   * comes back to this address.
   */
  signInAgain(proof: Proof): void
  /** Ends the session at the identity provider and with it in every system. */
  signOut(): void
  /** Hears that the session ended elsewhere: signed out in another tab, ended by an administrator, expired. */
  onEnded(listener: () => void): void
}

/** What something grave asks of the last sign-in: its level (`2` is a password with a second factor, or a passkey) and its age. */
export type Proof = { acr: string; maxAgeSeconds: number }

export class SessionEnded extends Error {}

/** What opening a session came to. `redirecting`: the sign-in page is about to be shown. */
export type SessionOutcome = { kind: 'open'; session: Session } | { kind: 'redirecting' } | { kind: 'unreachable' }

const deepLinkKey = 'atrium.deep-link'
const provingAgainKey = 'atrium.proving-again'

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

/** Keeps the address while somebody who is signed in proves again who they are. */
export function rememberProvingAgain(location: Location): void {
  rememberDeepLink(location)
  sessionStorage.setItem(provingAgainKey, 'yes')
}

/** Whether the browser went to the sign-in page for a new proof; told once, so that a refusal there is never repeated in a circle. */
export function takeProvingAgain(): boolean {
  const was = sessionStorage.getItem(provingAgainKey) !== null
  sessionStorage.removeItem(provingAgainKey)
  return was
}
