import { createHmac, hkdfSync } from 'node:crypto'
import type { Config } from '../../config.ts'

/** Who we are to an authenticator (Web Authentication Level 3 §5.4.2): the host name of the issuer, without port. */
export function relyingPartyId(config: Config): string {
  return new URL(config.ISSUER).hostname
}

/** The origin of the sign-in pages, the only one a sign-in may come from. */
export function signInOrigin(config: Config): string {
  return new URL(config.ISSUER).origin
}

/** Where a passkey may be made: on the sign-in pages, and on a person's own page in the portal. */
export function enrolmentOrigins(config: Config): string[] {
  return [signInOrigin(config), new URL(config.PORTAL_URL).origin]
}

/**
 * By what an authenticator knows a person (§5.4.3, `user.id`). The same for all of a person's passkeys, so that an authenticator
 * keeps one; keyed, because it may tell nobody an employee's id (§14.6.1).
 */
export function userHandle(personId: string, config: Config): Uint8Array<ArrayBuffer> {
  const key = Buffer.from(hkdfSync('sha256', config.ENCRYPTION_KEY, '', 'atrium passkey user handle', 32))
  return new Uint8Array(createHmac('sha256', key).update(personId).digest())
}
