/**
 * oidc-provider's storage in one table. What the library's memory adapter does not promise, this one does:
 *
 *   - no id that opens anything is stored: rows are found by SHA-256, and payloads lose their `jti`;
 *   - a code or refresh token is consumed by one conditional UPDATE: of any number of concurrent users one wins;
 *   - a replayed proof (`ReplayDetection`) loses by the primary key, not by a look beforehand.
 *
 * A consumed refresh token looks unconsumed to `find` for three seconds: the library revokes the whole grant when it sees
 * a consumed one, and two tabs that refresh at once are no theft. They fail in `consume` instead, and `refresh-replay.ts`
 * answers them with what the winner got.
 */
import { type Kysely, sql } from '@atrium/platform/database'
import { sha256 } from '@atrium/platform/secrets'
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { Schema } from '../database/schema.ts'
import { unwrapRefreshToken } from './refresh-token.ts'
import { extended, type SessionTimes } from './session-time.ts'
import type { SessionPayload } from './sessions.ts'

/** Milliseconds in which a second use of a refresh token counts as the same use. */
export const reuseIntervalMs = 3000

// The library accepts a clock tolerance on expiry; a row must not go earlier than that.
const clockToleranceMs = 15_000

/** Where client registrations come from: they are not in this table. */
export type FindClient = (id: string) => Promise<AdapterPayload | undefined>

/** Makes the adapter factory that oidc-provider is configured with. */
export function postgresAdapter(
  db: Kysely<Schema>,
  findClient: FindClient,
  times: SessionTimes,
): (model: string) => Adapter {
  return model => (model === 'Client' ? clients(findClient) : models(db, model, times))
}

function models(db: Kysely<Schema>, model: string, times: SessionTimes): Adapter {
  const idOf = model === 'RefreshToken' ? unwrapRefreshToken : (id: string) => id

  return {
    async upsert(id, payload, expiresIn) {
      const expiresAt = new Date(expiresIn ? Date.now() + expiresIn * 1000 : '9999-01-01')
      const row = {
        model,
        id_hash: sha256(id),
        payload: JSON.stringify(withoutBearerIds(model, payload)),
        grant_id: payload.grantId && model !== 'Interaction' ? payload.grantId : null,
        uid: model === 'Session' ? (payload.uid ?? null) : null,
        account_id: payload.accountId ?? null,
        expires_at: expiresAt,
      }
      const insert = db.insertInto('oidc_model').values(row)
      if (model === 'ReplayDetection') {
        await refuseRepeat(insert.onConflict(conflict => conflict.doNothing()).executeTakeFirst())
        return
      }
      const write = insert.onConflict(conflict =>
        conflict.columns(['model', 'id_hash']).doUpdateSet(eb => ({
          payload: model === 'Session' ? mergedSession : eb.ref('excluded.payload'),
          grant_id: eb.ref('excluded.grant_id'),
          uid: eb.ref('excluded.uid'),
          account_id: eb.ref('excluded.account_id'),
          expires_at: eb.ref('excluded.expires_at'),
        })),
      )
      if (model === 'Session') await writeSession(db, row, () => write.execute())
      else await write.execute()
    },

    async find(id) {
      const jti = idOf(id)
      const row = await live(db, model).where('id_hash', '=', sha256(jti)).executeTakeFirst()
      return row && { ...toPayload(model, row), jti }
    },

    async findByUid(uid) {
      const row = await live(db, model).where('uid', '=', uid).executeTakeFirst()
      if (!row) return undefined
      const payload = toPayload(model, row)
      // By uid a session is looked up when one of its tokens is used: that is the activity which keeps it from idling out.
      const exp = extended(payload as SessionPayload, times)
      if (exp === undefined) return payload
      await extendSession(db, uid, exp)
      return { ...payload, exp }
    },

    // The device flow, which alone has user codes, is switched off.
    findByUserCode: async () => undefined,

    async consume(id) {
      const { numUpdatedRows } = await db
        .updateTable('oidc_model')
        .set({ consumed_at: new Date() })
        .where('model', '=', model)
        .where('id_hash', '=', sha256(id))
        .where('consumed_at', 'is', null)
        .executeTakeFirst()
      if (numUpdatedRows !== 0n) return
      if (model === 'AuthorizationCode') await revokeGrantOf(db, model, id)
      throw new errors.InvalidGrant(`${model} was used by somebody else at this moment`)
    },

    async destroy(id) {
      await db.deleteFrom('oidc_model').where('model', '=', model).where('id_hash', '=', sha256(id)).execute()
    },

    async revokeByGrantId(grantId) {
      await db.deleteFrom('oidc_model').where('grant_id', '=', grantId).where('model', '=', model).execute()
    },
  }
}

// Two tabs that open two systems at once both write the session they read: neither may drop the other's authorization, or
// that system would not hear of the logout.
const mergedSession = sql<string>`excluded.payload || case when oidc_model.payload ? 'authorizations'
  then jsonb_build_object('authorizations', (oidc_model.payload->'authorizations') || coalesce(excluded.payload->'authorizations', '{}'))
  else '{}' end`

/** A session whose id was renewed meanwhile keeps its new id; only the authorizations of this late write are added. */
async function writeSession(
  db: Kysely<Schema>,
  row: { uid: string | null; payload: string },
  write: () => Promise<unknown>,
): Promise<void> {
  try {
    await write()
  } catch (error) {
    if ((error as { constraint?: string }).constraint !== 'oidc_model_session_uid') throw error
    await sql`
      update oidc_model set payload = jsonb_set(payload, '{authorizations}',
        coalesce(payload->'authorizations', '{}') || coalesce(${row.payload}::jsonb->'authorizations', '{}'))
      where model = 'Session' and uid = ${row.uid}`.execute(db)
  }
}

async function extendSession(db: Kysely<Schema>, uid: string, exp: number): Promise<void> {
  await sql`
    update oidc_model set expires_at = to_timestamp(${exp}), payload = jsonb_set(payload, '{exp}', to_jsonb(${exp}::bigint))
    where model = 'Session' and uid = ${uid}`.execute(db)
}

function live(db: Kysely<Schema>, model: string) {
  return db
    .selectFrom('oidc_model')
    .select(['payload', 'consumed_at'])
    .where('model', '=', model)
    .where('expires_at', '>', new Date(Date.now() - clockToleranceMs))
}

function toPayload(model: string, row: { payload: unknown; consumed_at: Date | null }): AdapterPayload {
  const payload = row.payload as AdapterPayload
  if (!row.consumed_at) return payload
  const age = Date.now() - row.consumed_at.getTime()
  if (model === 'RefreshToken' && age < reuseIntervalMs) return payload
  return { ...payload, consumed: Math.floor(row.consumed_at.getTime() / 1000) }
}

/** Codes, tokens, session cookies and interaction ids open something; grants are found by ids that nobody presents. */
function withoutBearerIds(model: string, payload: AdapterPayload): AdapterPayload {
  const { jti, ...rest } = payload
  if (model === 'Grant') return payload
  if (model !== 'Interaction' || !rest.session) return rest
  const { cookie: _cookie, ...session } = rest.session
  return { ...rest, session }
}

/** Two exchanges of one code at the same moment: the second use of a code ends what the first one got (RFC 6749 §4.1.2). */
async function revokeGrantOf(db: Kysely<Schema>, model: string, id: string): Promise<void> {
  const code = await db
    .selectFrom('oidc_model')
    .select('grant_id')
    .where('model', '=', model)
    .where('id_hash', '=', sha256(id))
    .executeTakeFirst()
  if (!code?.grant_id) return
  await sql`delete from oidc_model where grant_id = ${code.grant_id} or (model = 'Grant' and id_hash = ${sha256(code.grant_id)})`.execute(
    db,
  )
}

async function refuseRepeat(inserted: Promise<{ numInsertedOrUpdatedRows?: bigint }>): Promise<void> {
  const { numInsertedOrUpdatedRows } = await inserted
  if (numInsertedOrUpdatedRows === 0n) throw new errors.InvalidRequest('this was presented before')
}

function clients(findClient: FindClient): Adapter {
  const readOnly = async (): Promise<never> => {
    throw new Error('clients are registered through the directory import, not through oidc-provider')
  }
  return {
    find: findClient,
    upsert: readOnly,
    destroy: readOnly,
    consume: readOnly,
    revokeByGrantId: readOnly,
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
  }
}
