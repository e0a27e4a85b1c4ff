import { randomUUID } from 'node:crypto'
import { type Kysely, sql } from '@atrium/platform/database'
import { enqueue, startOutbox } from '@atrium/platform/outbox'
import { SignJWT } from 'jose'
import type { Schema } from '../database/schema.ts'
import type { KeyRing } from './keys.ts'
import { mayCall } from './outgoing.ts'

/** One person's session at one system, which the system has to end. */
export type Logout = { clientId: string; sub: string; sid: string; reason: string }

const answerWithinMs = 5000
const giveUpAfterMs = 24 * 3600_000

/** Notes, in the transaction that ends the sessions, which systems must be told. Systems without a logout address need nothing. */
export async function enqueueLogouts(trx: Kysely<Schema>, logouts: Logout[]): Promise<void> {
  if (logouts.length === 0) return
  const ids = new Set(
    (
      await logoutAddresses(
        trx,
        logouts.map(one => one.clientId),
      )
    ).map(row => row.id),
  )
  for (const logout of logouts.filter(one => ids.has(one.clientId))) {
    await enqueue(trx, { topic: 'logout', key: `${logout.clientId}:${logout.sid}`, payload: logout })
  }
}

/**
 * Delivers logouts until each system has confirmed (OpenID Connect Back-Channel Logout 1.0 §2.5). The address is read
 * from the registration at every attempt, so that only registered hosts are ever called, and a system that moved is
 * found; the token is signed anew, because it lives two minutes and an outage may last a day.
 */
export function startLogoutDelivery(options: {
  db: Kysely<Schema>
  issuer: string
  keys: KeyRing
  retryDelays?: number[]
  OUTGOING_HOSTS: string[]
}) {
  const { db, issuer, keys } = options
  return startOutbox(db, {
    topic: 'logout',
    concurrency: 8,
    handle: async item => {
      const logout = item.payload as Logout
      const [address] = await logoutAddresses(db, [logout.clientId])
      if (!address) return { dead: 'the system is no longer registered for logout' }
      if (address.registered && !mayCall(options, address.uri)) return { dead: 'its host is not in OUTGOING_HOSTS' }
      const error = await deliver(address.uri, await logoutToken(issuer, keys, logout))
      if (!error) return 'done'
      if (Date.now() - item.createdAt.getTime() > giveUpAfterMs) return { dead: error }
      // A system may be away longer than the configured delays reach: the last one repeats for a day.
      const delay = options.retryDelays?.[Math.min(item.attempts, options.retryDelays.length - 1)]
      return delay === undefined ? { error } : { error, retryInMs: delay }
    },
  })
}

/** The logout addresses of those clients that have one. `registered` ones were named by the client itself, not by an administrator. */
async function logoutAddresses(
  db: Kysely<Schema>,
  clientIds: string[],
): Promise<{ id: string; uri: string; registered: boolean }[]> {
  const { rows } = await sql<{ id: string; uri: string; registered: boolean }>`
    select id, backchannel_logout_uri as uri, false as registered from application
      where id = any(${[...new Set(clientIds)]}::text[]) and backchannel_logout_uri is not null
    union all
    select id, metadata->>'backchannel_logout_uri', true from registered_client
      where id = any(${[...new Set(clientIds)]}::text[]) and metadata ? 'backchannel_logout_uri'`.execute(db)
  return rows
}

async function deliver(uri: string, token: string): Promise<string | undefined> {
  try {
    const response = await fetch(uri, {
      method: 'POST',
      // A redirect could lead the token to a host that nobody registered.
      redirect: 'manual',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ logout_token: token }),
      signal: AbortSignal.timeout(answerWithinMs),
    })
    await response.body?.cancel()
    return response.status === 200 || response.status === 204 ? undefined : `answered ${response.status}`
  } catch (error) {
    const cause = (error as Error).cause as { code?: string } | undefined
    return cause?.code ?? (error as Error).name
  }
}

async function logoutToken(issuer: string, keys: KeyRing, logout: Logout): Promise<string> {
  const { alg, kid, key } = keys.current.signing
  return await new SignJWT({ sid: logout.sid, events: { 'http://schemas.openid.net/event/backchannel-logout': {} } })
    .setProtectedHeader({ alg, kid, typ: 'logout+jwt' })
    .setIssuer(issuer)
    .setSubject(logout.sub)
    .setAudience(logout.clientId)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('2m')
    .sign(key)
}
