import { CompiledQuery, type Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { ModelRow } from './token-work.ts'

// Two tabs that open two systems at once both write the session they read: neither may drop the other's authorization, or
// that system would not hear of the logout.
const writeSql = `
  insert into oidc_model (model, id_hash, payload, uid, account_id, expires_at) values ('Session', $1, $2, $3, $4, $5)
  on conflict (model, id_hash) do update set
    payload = excluded.payload || case when oidc_model.payload ? 'authorizations'
      then jsonb_build_object('authorizations', (oidc_model.payload->'authorizations') || coalesce(excluded.payload->'authorizations', '{}'))
      else '{}' end,
    account_id = excluded.account_id, expires_at = excluded.expires_at`

const addAuthorizationsSql = `
  update oidc_model set payload = jsonb_set(payload, '{authorizations}',
    coalesce(payload->'authorizations', '{}') || coalesce($2::jsonb->'authorizations', '{}'))
  where model = 'Session' and uid = $1`

const extendSql = `
  update oidc_model set expires_at = to_timestamp($2::bigint), payload = jsonb_set(payload, '{exp}', to_jsonb($2::bigint))
  where model = 'Session' and uid = $1`

/** Writes a session. One whose id was renewed meanwhile keeps its new id; only the authorizations of this late write are added. */
export async function writeSession(db: Kysely<Schema>, row: ModelRow): Promise<void> {
  try {
    await db.executeQuery(
      CompiledQuery.raw(writeSql, [row.id_hash, row.payload, row.uid, row.account_id, row.expires_at]),
    )
  } catch (error) {
    if ((error as { constraint?: string }).constraint !== 'oidc_model_session_uid') throw error
    await db.executeQuery(CompiledQuery.raw(addAuthorizationsSql, [row.uid, row.payload]))
  }
}

/** Moves the end of a session that is in use. @param exp seconds since 1970 */
export async function extendSession(db: Kysely<Schema>, uid: string, exp: number): Promise<void> {
  await db.executeQuery(CompiledQuery.raw(extendSql, [uid, exp]))
}
