import { sha256 } from '@atrium/platform/secrets'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { apiClaims, type PersonAccount, systemClaims } from './account.ts'
import { apiResource, systemOf } from './resources.ts'

type Token = {
  kind?: string
  sid?: string
  grantId?: string
  resourceServer?: { identifier(): string }
}

/**
 * What a person's access token says beside the standard: Keycloak's claims, from the roles of this very moment, so that a refresh
 * brings what was granted meanwhile; the grant it came from, as a hash, by which userinfo and introspection know that it was
 * revoked; and the names of the claims that `claims` asked userinfo for, since no token is stored.
 */
export async function extraTokenClaims(
  ctx: KoaContextWithOIDC,
  token: Token,
): Promise<Record<string, unknown> | undefined> {
  const account = ctx.oidc.account as PersonAccount | undefined
  if (token.kind !== 'AccessToken' || !account) return undefined
  const system = systemOf(token.resourceServer?.identifier() ?? apiResource)
  const source = sourceOf(ctx)
  const asked = Object.keys((source?.claims as Requested | undefined)?.userinfo ?? {})
  return {
    sid: token.sid,
    // RFC 9068 §2.2.1: how and when the person was recognised, for who asks for a step-up when that is not enough.
    ...(source?.acr ? { acr: source.acr } : {}),
    ...(source?.amr ? { amr: source.amr } : {}),
    ...(source?.authTime ? { auth_time: source.authTime } : {}),
    ...(token.grantId ? { grant: sha256(token.grantId) } : {}),
    ...(asked.length > 0 ? { userinfo_claims: asked } : {}),
    ...(system ? systemClaims(account, system) : apiClaims(account)),
  }
}

type Requested = { userinfo?: Record<string, unknown> | null }

/**
 * What the token is made from: it has the `claims` of the authorization request, which a token for a resource no longer has. One that is
 * given at the authorization endpoint itself (`implicit-token.ts`) is made from the session.
 */
function sourceOf({ oidc }: KoaContextWithOIDC) {
  const { AuthorizationCode, DeviceCode, RotatedRefreshToken, RefreshToken } = oidc.entities
  const stored = AuthorizationCode ?? DeviceCode ?? RotatedRefreshToken ?? RefreshToken
  if (stored || !oidc.session) return stored
  return { acr: oidc.acr, amr: oidc.amr, authTime: oidc.session.authTime(), claims: oidc.claims }
}
