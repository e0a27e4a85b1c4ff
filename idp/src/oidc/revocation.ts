/**
 * Revocation (RFC 7009) of our access tokens. The library revokes refresh tokens, with all that their grant gave, and refuses every
 * structured token. What a client gives back here is exactly the one token, until its five minutes are over: userinfo,
 * introspection, token exchange and idp's own APIs refuse it at once. A system that only checks the signature cannot know, which is
 * why the five minutes are all a token has; a system that must know asks the introspection endpoint.
 */
import { sha256 } from '@atrium/platform/secrets'
import { CompiledQuery, type Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { AccessTokens } from './access-token.ts'
import type { ProviderMiddleware } from './context.ts'
import { routes } from './paths.ts'

const revokeSql = `
  insert into revoked_access_token (jti_hash, expires_at) values ($1, to_timestamp($2::bigint)) on conflict (jti_hash) do nothing`
const isRevokedSql = `
  select 1 from revoked_access_token where jti_hash = $1 union all select 1 from revoked_key where kid = $2`

/** Whether a client gave this access token back, or the key that signed it was. */
export function revokedTokens(db: Kysely<Schema>) {
  return async function isRevoked(jti: string, kid: string): Promise<boolean> {
    return (await db.executeQuery(CompiledQuery.raw(isRevokedSql, [sha256(jti), kid]))).rows.length > 0
  }
}

/** Middleware of the revocation endpoint; the library has authenticated the client by then. */
export function revokeAccessTokens({ db, tokens }: { db: Kysely<Schema>; tokens: AccessTokens }): ProviderMiddleware {
  return async (ctx, next) => {
    await next()
    if (ctx.method !== 'POST' || ctx.path !== routes.revocation) return
    const client = ctx.oidc.client
    const refused =
      ctx.status === 400 && (ctx.body as { error?: string } | undefined)?.error === 'unsupported_token_type'
    const token = String(ctx.oidc.params?.token)
    // An ID token, say, is none that could be revoked: the library's answer stands.
    if (!client || !refused || !tokens.isAccessToken(token)) return
    const claims = await tokens.verifyAnyAccessToken(token).catch(() => undefined)
    // RFC 7009 §2.2: a token that is invalid, or gone, is as good as revoked. One of another client stays as it is.
    if (claims?.jti && claims.client_id === client.clientId)
      await db.executeQuery(CompiledQuery.raw(revokeSql, [sha256(claims.jti), claims.exp]))
    ctx.status = 200
    ctx.body = ''
  }
}
