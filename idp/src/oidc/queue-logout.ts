import type { Kysely } from '@atrium/platform/database'
import { decodeJwt } from 'jose'
import type { Configuration } from 'oidc-provider'
import type { Config } from '../config.ts'
import type { Schema } from '../database/schema.ts'
import { enqueueLogouts } from './logout.ts'
import { mayCall } from './outgoing.ts'

type Fetch = NonNullable<Configuration['fetch']>

/**
 * The library's outgoing requests. Back-channel logouts it would try once: instead they are queued, before the session is
 * destroyed, and delivered until they are confirmed (`logout.ts`). Key sets and sector files of registered clients are read from
 * allowed hosts only. Any other request is refused, so that no client registration can make this service call a host.
 */
export function outgoing(db: Kysely<Schema>, config: Config): Fetch {
  return async (url, options) => {
    const body = options?.body
    const token = body instanceof URLSearchParams ? body.get('logout_token') : null
    if (token) return await queueLogout(db, token)
    if (options?.method !== 'GET' || !mayCall(config, String(url)))
      throw new Error('this provider makes no such outgoing request')
    // Without the library's dispatcher, which closes connections to private addresses: the host was named by an administrator. A
    // redirect could lead to one that was not.
    const { dispatcher: _dispatcher, ...rest } = options as RequestInit & { dispatcher?: unknown }
    return await fetch(url, { ...rest, redirect: 'error' })
  }
}

async function queueLogout(db: Kysely<Schema>, token: string): Promise<Response> {
  const { aud, sub, sid } = decodeJwt(token)
  if (typeof aud !== 'string' || !sub || typeof sid !== 'string') throw new Error('the logout token names no session')
  await enqueueLogouts(db, [{ clientId: aud, sub, sid, reason: 'signed_out' }])
  return new Response(null, { status: 204 })
}
