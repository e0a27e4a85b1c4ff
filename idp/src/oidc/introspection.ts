import type { Kysely } from '@atrium/platform/database'
import { type JWK, SignJWT } from 'jose'
import type { Client } from 'oidc-provider'
import type { Schema } from '../database/schema.ts'
import type { AccessClaims, AccessTokens } from './access-token.ts'
import type { ProviderMiddleware } from './context.ts'
import type { Keys } from './keys.ts'
import { routes } from './paths.ts'
import { apiAudience, systemOf } from './resources.ts'
import { tokenLives } from './token-lives.ts'

type Parts = { db: Kysely<Schema>; issuer: string; tokens: AccessTokens; keys: Keys }

const jwtType = 'application/token-introspection+jwt'

/**
 * Introspection (RFC 7662, as a JWT by RFC 9701) of our access tokens. The library authenticates the client, then refuses every
 * structured token; from there on it is answered here: is the token ours, unexpired, and its session or grant still alive.
 */
export function introspectAccessTokens(parts: Parts): ProviderMiddleware {
  return async (ctx, next) => {
    await next()
    if (ctx.method !== 'POST' || ctx.path !== routes.introspection) return
    const client = ctx.oidc.client
    const refused =
      ctx.status === 400 && (ctx.body as { error?: string } | undefined)?.error === 'unsupported_token_type'
    if (!client || !refused) return
    ctx.status = 200
    const answer = await describe(String(ctx.oidc.params?.token), client, parts)
    if (ctx.accepts('json', jwtType) !== jwtType) {
      ctx.body = answer
      return
    }
    ctx.body = await signed(answer, client, parts)
    ctx.type = jwtType
  }
}

async function describe(token: string, client: Client, { db, tokens }: Parts): Promise<Record<string, unknown>> {
  const claims = await tokens.verifyAnyAccessToken(token).catch(() => undefined)
  if (!claims || !mayAsk(client, claims) || !(await tokenLives(db, claims))) return { active: false }
  const { grant: _grant, userinfo_claims: _asked, ...shown } = claims
  return { active: true, token_type: claims.cnf ? 'DPoP' : 'Bearer', ...shown }
}

/** The client it was issued to, and the system it is for; the API's tokens are the gateway's business. */
function mayAsk(client: Client, claims: AccessClaims): boolean {
  if (claims.client_id === client.clientId) return true
  if (claims.aud === apiAudience) return client.clientId === 'gateway'
  return systemOf(String(claims.aud)) === client.clientId
}

async function signed(answer: object, client: Client, { keys, issuer }: Parts): Promise<string> {
  const { alg, kid, key } = signingKey(keys, client.introspectionSignedResponseAlg)
  return await new SignJWT({ token_introspection: answer })
    .setProtectedHeader({ alg, kid, typ: 'token-introspection+jwt' })
    .setIssuer(issuer)
    .setAudience(client.clientId)
    .setIssuedAt()
    .sign(key)
}

/** The private key of an algorithm; the usual one when there is none. */
export function signingKey(keys: Keys, wanted: string | undefined): { alg: string; kid: string; key: JWK } {
  const key = keys.privateKeys.find(one => one.alg === wanted) ?? keys.privateKeys[0]
  if (!key?.alg || !key.kid) throw new Error('there is no signing key')
  return { alg: key.alg, kid: key.kid, key }
}
