import type { Kysely } from '@atrium/platform/database'
import { decodeJwt } from 'jose'
import type { Configuration } from 'oidc-provider'
import type { Schema } from '../database/schema.ts'
import { enqueueLogouts } from './logout.ts'

/**
 * The library's outgoing requests. It makes one kind here, the back-channel logout, and would try it once: instead the
 * logout is queued, before the session is destroyed, and delivered until it is confirmed (`logout.ts`). Any other request
 * is refused, so that no client registration can make this service call a host.
 */
export function queueLogoutInstead(db: Kysely<Schema>): NonNullable<Configuration['fetch']> {
  return async (_url, options) => {
    const body = options?.body
    const token = body instanceof URLSearchParams ? body.get('logout_token') : null
    if (!token) throw new Error('this provider makes no outgoing requests')
    const { aud, sub, sid } = decodeJwt(token)
    if (typeof aud !== 'string' || !sub || typeof sid !== 'string') throw new Error('the logout token names no session')
    await enqueueLogouts(db, [{ clientId: aud, sub, sid, reason: 'signed_out' }])
    return new Response(null, { status: 204 })
  }
}
