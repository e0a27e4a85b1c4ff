import { randomUUID } from 'node:crypto'
import { Problem } from '@atrium/platform/problem'
import { decodeProtectedHeader, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import type { KeyRing } from './keys.ts'
import { apiAudience } from './resources.ts'

/** The claims of an access token of this provider (RFC 9068). */
export type AccessClaims = JWTPayload & {
  /** Employee id of a person, or the client's id when a client acts for itself. */
  sub: string
  client_id: string
  scope?: string
  sid?: string
  preferred_username?: string
  name?: string
  realm_access?: { roles: string[] }
  resource_access?: Record<string, { roles: string[] }>
  native_id?: string
  act?: { sub: string }
  /** The key that must prove itself beside the token (RFC 9449); then it is no bearer token. */
  cnf?: { jkt: string }
  /** The grant it came from, as a hash. */
  grant?: string
  /** What the `claims` parameter asked userinfo for. */
  userinfo_claims?: string[]
}

/** Seconds that every access token lives. */
export const accessTokenSeconds = 300

/**
 * Signs and verifies access tokens with this provider's own keys, without a request to itself.
 * @param isRevoked whether a client gave a token back, or its key was taken back (`revocation.ts`)
 */
export function accessTokens(issuer: string, ring: KeyRing, isRevoked: (jti: string, kid: string) => Promise<boolean>) {
  /** Signs an `at+jwt` that lives 5 minutes. */
  async function signAccessToken(
    claims: { sub: string; client_id: string; aud: string } & Record<string, unknown>,
  ): Promise<string> {
    const { alg, kid, key } = ring.current.signing
    return await new SignJWT({ ...claims, jti: randomUUID() })
      .setProtectedHeader({ alg, kid, typ: 'at+jwt' })
      .setIssuer(issuer)
      .setIssuedAt()
      .setExpirationTime(`${accessTokenSeconds}s`)
      .sign(key)
  }

  /**
   * Verifies an access token for our own API.
   * @throws Problem 401 `invalid_token`
   */
  async function verifyAccessToken(jwt: string): Promise<AccessClaims> {
    const claims = await verify(jwt, { audience: apiAudience })
    // Our own API asks for no proof, so it takes no token that needs one.
    if (claims.cnf) throw invalidToken()
    return claims
  }

  /** Verifies an access token for whatever resource: the userinfo endpoint takes them all. */
  async function verifyAnyAccessToken(jwt: string): Promise<AccessClaims> {
    return await verify(jwt, {})
  }

  async function verify(jwt: string, options: { audience?: string }): Promise<AccessClaims> {
    const found = await signed(jwt, options)
    // Of ours each names its key: without a name, nobody could ask whether the key was taken back.
    if (!found?.kid || (await isRevoked(found.claims.jti ?? '', found.kid))) throw invalidToken()
    return found.claims
  }

  async function signed(
    jwt: string,
    options: { audience?: string },
  ): Promise<{ claims: AccessClaims; kid: string | undefined } | undefined> {
    try {
      const { payload, protectedHeader } = await jwtVerify<AccessClaims>(jwt, ring.current.verify, {
        issuer,
        typ: 'at+jwt',
        requiredClaims: ['sub', 'exp', 'client_id'],
        ...options,
      })
      return { claims: payload, kid: protectedHeader.kid }
    } catch {
      return undefined
    }
  }

  /** Whether this says of itself that it is an access token; not whether it is one of ours. */
  function isAccessToken(jwt: string): boolean {
    try {
      return decodeProtectedHeader(jwt).typ === 'at+jwt'
    } catch {
      return false
    }
  }

  /** Which key signs at this moment: what another one signed may have been taken back with it. */
  const signingKeyId = (): string => ring.current.signing.kid

  return { signAccessToken, verifyAccessToken, verifyAnyAccessToken, isAccessToken, signingKeyId }
}

function invalidToken(): Problem {
  return new Problem(
    401,
    'invalid_token',
    { zh: '访问令牌无效或已过期', en: 'The access token is not valid or has expired' },
    { headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' } },
  )
}

/** What `accessTokens` gives. */
export type AccessTokens = ReturnType<typeof accessTokens>
