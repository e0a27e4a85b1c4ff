import type { Kysely } from '@atrium/platform/database'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import type { Schema } from '../database/schema.ts'
import type { ProviderMiddleware } from './context.ts'
import type { Keys } from './keys.ts'
import { routes } from './paths.ts'

/**
 * An ID token whose key was taken back is no hint any more: anybody may have written it. The request goes on as if there were none, so
 * that who signs out with it, in a tab that has not refreshed yet, is asked whether to, and meets no fault.
 */
export function ignoreRevokedHints({ db, keys }: { db: Kysely<Schema>; keys: Keys }): ProviderMiddleware {
  return async (ctx, next) => {
    if (ctx.path !== routes.end_session && ctx.path !== routes.authorization) return await next()
    const query = new URLSearchParams(ctx.querystring)
    const hint = read(query.get('id_token_hint'))
    if (!hint || keys.privateKeys.some(key => key.kid === hint.kid) || !(await wasRevoked(db, hint.kid)))
      return await next()
    query.delete('id_token_hint')
    // Where to go on after a sign-out is looked up by the client, whom only the hint may have named.
    if (!query.has('client_id') && hint.client) query.set('client_id', hint.client)
    ctx.querystring = query.toString()
    await next()
  }
}

async function wasRevoked(db: Kysely<Schema>, kid: string): Promise<boolean> {
  return Boolean(await db.selectFrom('revoked_key').select('kid').where('kid', '=', kid).executeTakeFirst())
}

function read(jwt: string | null): { kid: string; client: string | undefined } | undefined {
  if (!jwt) return undefined
  try {
    const { kid } = decodeProtectedHeader(jwt)
    const { aud } = decodeJwt(jwt)
    return typeof kid === 'string' ? { kid, client: typeof aud === 'string' ? aud : undefined } : undefined
  } catch {
    return undefined
  }
}
