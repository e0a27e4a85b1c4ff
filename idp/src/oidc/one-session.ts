import { CompiledQuery, type Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { ProviderMiddleware } from './context.ts'
import { flush } from './flush.ts'
import { routes } from './paths.ts'
import type { AuthorizationWork } from './request-work.ts'
import { isSecondOfUid } from './rows.ts'
import { endSessions } from './sessions.ts'

type Context = Parameters<ProviderMiddleware>[0]

/** What a sign-in leaves in its interaction's result when the person may have one session only. */
export const oneSessionResult = { oneSession: true }

/** Whose sign-in ends with this request and is to be their only one; undefined for every other request. */
export function onlySession(ctx: Context): { personId: string; uid: string } | undefined {
  const { result, session } = ctx.oidc ?? {}
  if (!result?.oneSession || !session?.accountId) return undefined
  return { personId: session.accountId, uid: session.uid }
}

/**
 * Writes a new session and ends the person's others, with their logouts, in one transaction. Two sign-ins of one person that end at
 * the same moment wait for one another: one session remains, not two and not none.
 */
export async function flushAlone(
  db: Kysely<Schema>,
  work: AuthorizationWork,
  { personId, uid }: { personId: string; uid: string },
): Promise<void> {
  const { rows, removed } = work
  try {
    await db.transaction().execute(async (trx: Kysely<Schema>) => {
      await trx.executeQuery(CompiledQuery.raw(lockSql, [personId]))
      await flush(trx, work)
      await endOthers(trx, personId, uid)
    })
  } catch (error) {
    if (!isSecondOfUid(error)) throw error
    // The same browser has just renewed this session's id in another tab: the rows are merged, which no transaction outlives.
    await flush(db, Object.assign(work, { rows, removed }))
    await endOthers(db, personId, uid)
  }
}

const lockSql = `select pg_advisory_xact_lock(hashtextextended('one session of ' || $1, 0))`

async function endOthers(db: Kysely<Schema>, personId: string, uid: string): Promise<void> {
  const actor = { id: personId, kind: 'person' as const }
  await endSessions(db, { personId, reason: 'one_session', actor, except: uid })
}

/** The same for a sign-in at the page where a device's code is typed, which stores its session by itself. */
export function oneSessionAtDevices(db: Kysely<Schema>): ProviderMiddleware {
  return async (ctx, next) => {
    await next()
    const only = ctx.path.startsWith(`${routes.code_verification}/`) ? onlySession(ctx) : undefined
    if (only) await endOthers(db, only.personId, only.uid)
  }
}
