/**
 * A sign-out at the end session endpoint. The library ends it in many steps: each system's logout, each grant, the session. Here all
 * of it is one transaction before the answer leaves, so that a crash leaves either a session with everything that hangs on it, or
 * none, and a logout queued for every system.
 *
 *   library's checks ──its own writes are held back──► one transaction: session row deleted, by it grants, logouts, record ──► answer
 *
 * What ends is what the row says at that moment, not what this request has read: a system that another tab opened meanwhile is told too.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { audit } from '@atrium/platform/audit'
import type { Kysely } from '@atrium/platform/database'
import type { Adapter } from 'oidc-provider'
import type { Schema } from '../database/schema.ts'
import type { ProviderMiddleware } from './context.ts'
import { flush } from './flush.ts'
import { routes } from './paths.ts'
import { AuthorizationWork, asAuthorizationWork } from './request-work.ts'
import { closeSessions, type SessionPayload } from './sessions.ts'

type Context = Parameters<ProviderMiddleware>[0]

const inProgress = new AsyncLocalStorage<true>()

/** Whether this request signs out: then what the library would do one by one is done at its end. */
export const signingOut = (): boolean => inProgress.getStore() === true

/** Middleware of the confirmed sign-out. */
export function signOuts(db: Kysely<Schema>): ProviderMiddleware {
  return async (ctx, next) => {
    if (ctx.method !== 'POST' || ctx.path !== `${routes.end_session}/confirm`) return await next()
    const work = new AuthorizationWork()
    // The library empties `state` on its way.
    await asAuthorizationWork(work, () => inProgress.run(true, next))
    const { session } = ctx.oidc ?? {}
    if (ctx.status !== 303 || !session) return await flush(db, work)
    await db.transaction().execute(async trx => {
      if (isDestroyed(session)) await endSession(trx, ctx, session.uid)
      else await leaveClient(trx, ctx, { uid: session.uid, work })
    })
  }
}

/** Wraps the adapter factory: grants go with their session, in the transaction at the end. */
export function heldBackDuringSignOut(inner: (model: string) => Adapter): (model: string) => Adapter {
  return model => {
    const stored = inner(model)
    return {
      ...stored,
      revokeByGrantId: async grantId => {
        if (!signingOut()) await stored.revokeByGrantId(grantId)
      },
      destroy: async id => {
        if (!(signingOut() && model === 'Grant')) await stored.destroy(id)
      },
    }
  }
}

async function endSession(trx: Kysely<Schema>, ctx: Context, uid: string): Promise<void> {
  // By uid: another tab may have renewed the id meanwhile.
  const row = await trx
    .deleteFrom('oidc_model')
    .where('model', '=', 'Session')
    .where('uid', '=', uid)
    .returning('payload')
    .executeTakeFirst()
  const session = row?.payload as SessionPayload | undefined
  if (!session?.accountId) return
  await closeSessions(trx, [session], 'signed_out')
  await record(trx, ctx, session)
}

/** A client that signs out without `logout` leaves the person signed in everywhere else. */
async function leaveClient(
  trx: Kysely<Schema>,
  ctx: Context,
  { uid, work }: { uid: string; work: AuthorizationWork },
): Promise<void> {
  const row = await trx
    .selectFrom('oidc_model')
    .select('payload')
    .where('model', '=', 'Session')
    .where('uid', '=', uid)
    .forUpdate()
    .executeTakeFirst()
  const session = row?.payload as SessionPayload | undefined
  const clientId = ctx.oidc.client?.clientId
  const authorization = clientId ? session?.authorizations?.[clientId] : undefined
  if (!session) return
  await flush(trx, work)
  if (!clientId || !authorization) return
  const left = { ...session, authorizations: { [clientId]: authorization } }
  await closeSessions(trx, [left], 'signed_out')
  await record(trx, ctx, left)
}

async function record(trx: Kysely<Schema>, ctx: Context, session: SessionPayload): Promise<void> {
  const id = session.accountId as string
  const person = await trx.selectFrom('person').select('name').where('id', '=', id).executeTakeFirst()
  await audit<Schema>(trx, {
    actor: { id, ...(person ? { name: person.name.zh } : {}), kind: 'person' },
    action: 'signed_out',
    target: { type: 'client', id: ctx.oidc.client?.clientId ?? 'portal' },
    outcome: 'success',
    detail: { systems: Object.keys(session.authorizations ?? {}).sort() },
    ip: ctx.ip,
  })
}

// Not in the library's declaration.
function isDestroyed(session: object): boolean {
  return (session as { destroyed?: boolean }).destroyed === true
}
