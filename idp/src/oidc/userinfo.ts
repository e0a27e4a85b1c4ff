import { SignJWT } from 'jose'
import type { Provider } from 'oidc-provider'
import type { AccessClaims } from './access-token.ts'
import { nativeId, type PersonAccount, profile } from './account.ts'
import { signingKey } from './introspection.ts'
import type { Keys } from './keys.ts'
import { systemOf } from './resources.ts'

// What a scope opens; everything else of `profile()` identifies the person and is told to every client that signed somebody in.
const scopeOf: Record<string, string> = {
  locale: 'profile',
  email: 'email',
  email_verified: 'email',
  phone_number: 'phone',
  phone_number_verified: 'phone',
}

/** The claims that a token's scopes, and its `claims` request, let its holder read (OpenID Connect Core §5.3 to §5.5). */
export function userinfoClaims(account: PersonAccount, claims: AccessClaims): Record<string, unknown> {
  const scopes = new Set((claims.scope ?? '').split(' '))
  const asked = new Set(claims.userinfo_claims ?? [])
  const shown = Object.entries(profile(account.person)).filter(
    ([name]) => !scopeOf[name] || scopes.has(scopeOf[name]) || asked.has(name),
  )
  const system = systemOf(String(claims.aud))
  return {
    ...Object.fromEntries(shown),
    ...(claims.sid ? { sid: claims.sid } : {}),
    ...(system ? { native_id: nativeId(account.person, system) } : {}),
  }
}

/** The same as a JWT, for clients registered with `userinfo_signed_response_alg`; undefined for all others. */
export async function signedUserinfo(
  body: Record<string, unknown>,
  claims: AccessClaims,
  parts: { provider: Provider; keys: Keys; issuer: string },
): Promise<string | undefined> {
  const client = await parts.provider.Client.find(claims.client_id)
  if (!client?.userinfoSignedResponseAlg) return undefined
  const { alg, kid, key } = signingKey(parts.keys, client.userinfoSignedResponseAlg)
  return await new SignJWT(body)
    .setProtectedHeader({ alg, kid })
    .setIssuer(parts.issuer)
    .setAudience(client.clientId)
    .setIssuedAt()
    .sign(key)
}
