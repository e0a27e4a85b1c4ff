import { audit } from '@atrium/platform/audit'
import { type Kysely, sql } from '@atrium/platform/database'
import { sha256 } from '@atrium/platform/secrets'
import type { Schema } from '../database/schema.ts'
import { enqueueLogouts } from './logout.ts'

/** Who ends the sessions of whom, and why: all of them, the one with uid `only`, or all but the one with uid `except`. */
export type SessionEnd = {
  personId: string
  reason: string
  actor: { id: string; name?: string; kind: 'person' | 'client' | 'system' }
  only?: string | undefined
  except?: string | undefined
  ip?: string | undefined
}

/** A row of a session, as oidc-provider wrote it. */
export type SessionPayload = {
  accountId?: string
  uid: string
  loginTs?: number
  exp?: number
  authorizations?: Record<string, { sid?: string; grantId?: string }>
}

/**
 * Ends sessions of a person: the grants with their tokens go, and each system the person was signed in to gets a logout,
 * later if it is down now.
 * @param db a connection, or the transaction this belongs to
 * @returns how many sessions ended
 */
export async function endSessions(db: Kysely<Schema>, end: SessionEnd): Promise<number> {
  return await inTransaction(db, async trx => {
    if (end.only === undefined && end.reason !== 'one_session') await endPendingSignIns(trx, end.personId)
    const rows = await trx
      .deleteFrom('oidc_model')
      .where('model', '=', 'Session')
      .where('account_id', '=', end.personId)
      .$if(end.only !== undefined, query => query.where('uid', '=', end.only ?? ''))
      .$if(end.except !== undefined, query => query.where('uid', '!=', end.except ?? ''))
      .returning('payload')
      .execute()
    if (rows.length === 0) return 0
    await closeSessions(
      trx,
      rows.map(row => row.payload as SessionPayload),
      end.reason,
    )
    await audit(trx, {
      actor: end.actor,
      action: 'session.ended',
      target: { type: 'person', id: end.personId },
      outcome: 'success',
      detail: { reason: end.reason, sessions: rows.length },
      ...(end.ip ? { ip: end.ip } : {}),
    })
    return rows.length
  })
}

// Somebody who has typed the old password and not followed the redirect yet would have a session a moment later.
async function endPendingSignIns(trx: Kysely<Schema>, personId: string): Promise<void> {
  await sql`
    delete from oidc_model
    where model = 'Interaction' and payload->'result' ? 'login' and payload->'result'->'login'->>'accountId' = ${personId}`.execute(
    trx,
  )
}

/** How many sessions of these people are alive. */
export async function countLiveSessions(db: Kysely<Schema>, personIds: string[]): Promise<number> {
  if (personIds.length === 0) return 0
  const { count } = await db
    .selectFrom('oidc_model')
    .select(eb => eb.fn.countAll<number>().as('count'))
    .where('model', '=', 'Session')
    .where('account_id', 'in', personIds)
    .where('expires_at', '>', new Date())
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Whether the session behind an access token's `sid` still lives. */
export async function sessionLives(db: Kysely<Schema>, personId: string, sid: string): Promise<boolean> {
  const rows = await db
    .selectFrom('oidc_model')
    .select('payload')
    .where('model', '=', 'Session')
    .where('account_id', '=', personId)
    .where('expires_at', '>', new Date())
    .execute()
  return rows.some(row =>
    Object.values((row.payload as SessionPayload).authorizations ?? {}).some(one => one.sid === sid),
  )
}

/** Removes the grants and tokens of sessions that are already deleted, and tells their systems. */
export async function closeSessions(trx: Kysely<Schema>, sessions: SessionPayload[], reason: string): Promise<void> {
  const authorizations = sessions.flatMap(session =>
    Object.entries(session.authorizations ?? {}).map(([clientId, { sid, grantId }]) => ({
      clientId,
      sid,
      grantId,
      sub: session.accountId,
    })),
  )
  const grants = authorizations.map(one => one.grantId).filter(id => id !== undefined)
  if (grants.length > 0) {
    await trx.deleteFrom('oidc_model').where('grant_id', 'in', grants).execute()
    await trx.deleteFrom('oidc_model').where('model', '=', 'Grant').where('id_hash', 'in', grants.map(sha256)).execute()
  }
  await enqueueLogouts(
    trx,
    authorizations.flatMap(({ clientId, sid, sub }) => (sid && sub ? [{ clientId, sid, sub, reason }] : [])),
  )
}

async function inTransaction<T>(db: Kysely<Schema>, work: (trx: Kysely<Schema>) => Promise<T>): Promise<T> {
  return db.isTransaction ? await work(db) : await db.transaction().execute(work)
}
