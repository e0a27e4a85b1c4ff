import { audit } from '@atrium/platform/audit'
import { type Kysely, sql } from '@atrium/platform/database'
import { log } from '@atrium/platform/log'
import type { Schema } from '../database/schema.ts'
import { guessRule } from './device-guesses.ts'
import { closeSessions, type SessionPayload } from './sessions.ts'

const everyMs = 15_000
// Small batches: a purge must never hold locks that a sign-in waits for.
const sessionsAtOnce = 50
const rowsAtOnce = 500
// As long as the adapter still finds a row.
const toleranceSeconds = 15

/** Ends sessions whose idle or absolute time is over, and removes what has expired, for as long as the service runs. */
export function startExpiry(db: Kysely<Schema>): { stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let running = Promise.resolve()
  const turn = (): void => {
    running = expireOnce(db)
      .then(() => {})
      .catch(error => log('idp').error({ err: error }, 'expired rows could not be removed'))
      .finally(() => {
        if (!stopped) timer = setTimeout(turn, everyMs)
      })
  }
  timer = setTimeout(turn, everyMs)
  return {
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}

/** One round of the above. @returns how many sessions ended and how many rows went */
export async function expireOnce(db: Kysely<Schema>): Promise<{ sessions: number; rows: number }> {
  const sessions = await untilFewer(sessionsAtOnce, () => expireSessions(db))
  const rows = await untilFewer(rowsAtOnce, () => purgeRows(db))
  await db.deleteFrom('refresh_replay').where('expires_at', '<', new Date()).execute()
  await db
    .deleteFrom('revoked_access_token')
    .where('expires_at', '<', new Date(Date.now() - toleranceSeconds * 1000))
    .execute()
  await sql`delete from sign_in_progress where expires_at < now()`.execute(db)
  await sql`delete from factor_challenge where expires_at < now()`.execute(db)
  await sql`delete from user_code_guess where since < now() - make_interval(secs => ${guessRule.windowSeconds})`.execute(
    db,
  )
  await sql`delete from sign_in_throttle where last_at < now() - interval '1 day' and (locked_until is null or locked_until < now())`.execute(
    db,
  )
  return { sessions, rows }
}

/** An expired session ends like one that somebody signed out of: its systems are told (what Keycloak leaves out). */
async function expireSessions(db: Kysely<Schema>): Promise<number> {
  return await db.transaction().execute(async trx => {
    const { rows } = await sql<{ payload: SessionPayload }>`
      delete from oidc_model where model = 'Session' and id_hash in (
        select id_hash from oidc_model
        where model = 'Session' and expires_at < now() - make_interval(secs => ${toleranceSeconds})
        order by expires_at limit ${sessionsAtOnce} for update skip locked)
      returning payload`.execute(trx)
    const signedIn = rows.map(row => row.payload).filter(session => session.accountId)
    await closeSessions(trx, signedIn, 'expired')
    for (const session of signedIn) {
      await audit<Schema>(trx, {
        actor: { id: 'idp', kind: 'system' },
        action: 'session.expired',
        target: { type: 'person', id: session.accountId as string },
        outcome: 'success',
      })
    }
    return rows.length
  })
}

async function purgeRows(db: Kysely<Schema>): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from oidc_model where ctid in (
      select ctid from oidc_model
      where model <> 'Session' and expires_at < now() - make_interval(secs => ${toleranceSeconds})
      order by expires_at limit ${rowsAtOnce} for update skip locked)`.execute(db)
  return Number(numAffectedRows ?? 0)
}

async function untilFewer(batch: number, work: () => Promise<number>): Promise<number> {
  let total = 0
  for (;;) {
    const done = await work()
    total += done
    if (done < batch) return total
  }
}
