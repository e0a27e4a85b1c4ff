/**
 * The statements on `oidc_model`, one operation a function. Their texts are fixed, so that nobody compiles them and
 * PostgreSQL plans each once per connection: they run at every token.
 */
import { execute, type Kysely } from '@atrium/platform/database'
import type { AdapterPayload } from 'oidc-provider'
import type { Schema } from '../database/schema.ts'
import { type Person, personColumns } from './person.ts'
import type { AuthorizationWork, ModelRow, RowKey, StoredRow, TokenWork } from './request-work.ts'

type Db = Kysely<Schema>

const readSql = 'select payload, consumed_at from oidc_model where model = $1 and id_hash = $2 and expires_at > $3'

/** A row that has not expired at `notBefore`. */
export async function readRow(db: Db, key: RowKey, notBefore: Date): Promise<StoredRow | undefined> {
  return (await execute<StoredRow>(db, readSql, [key.model, key.id_hash, notBefore])).rows[0]
}

const readWithPersonSql = `
  select m.payload, m.consumed_at, case when p.id is not null then ${personColumns} end as person
  from oidc_model m
    left join person p on p.id = coalesce(m.payload->'result'->'login'->>'accountId', m.account_id)
    left join person_projection x on x.person_id = p.id
  where m.model = $1 and m.id_hash = $2 and m.expires_at > $3`

/** Reads a session or interaction, and into the work the person of it, whom the library asks for next. */
export async function readWithPerson(
  db: Db,
  work: AuthorizationWork,
  key: RowKey,
  notBefore: Date,
): Promise<StoredRow | undefined> {
  const { rows } = await execute<StoredRow & { person: Person | null }>(db, readWithPersonSql, [
    key.model,
    key.id_hash,
    notBefore,
  ])
  work.person = rows[0]?.person ?? undefined
  return rows[0]
}

const findByUidSql = `select payload, consumed_at from oidc_model where model = 'Session' and uid = $1 and expires_at > $2`

/** The session with this uid. */
export async function readSessionByUid(db: Db, uid: string, notBefore: Date): Promise<StoredRow | undefined> {
  return (await execute<StoredRow>(db, findByUidSql, [uid, notBefore])).rows[0]
}

const readAheadSql = `
  select t.payload, t.consumed_at, t.grant_id, t.payload->>'sessionUid' as uid, s.payload as session, g.payload as grant,
    case when p.id is not null then ${personColumns} end as person
  from oidc_model t
    left join oidc_model s on s.model = 'Session' and s.uid = t.payload->>'sessionUid' and s.expires_at > $3
    left join oidc_model g on g.model = 'Grant' and g.expires_at > $3
      and g.id_hash = translate(encode(sha256(convert_to(t.grant_id, 'UTF8')), 'base64'), '+/=', '-_')
    left join person p on p.id = t.account_id left join person_projection x on x.person_id = p.id
  where t.model = $1 and t.id_hash = $2 and t.expires_at > $3`

type ReadAhead = StoredRow & {
  grant_id: string | null
  uid: string | null
  session: AdapterPayload | null
  grant: AdapterPayload | null
  person: Person | null
}

/** Reads a code or refresh token, and into the work what the library asks for next. */
export async function readAhead(db: Db, work: TokenWork, key: RowKey, notBefore: Date): Promise<StoredRow | undefined> {
  const { rows } = await execute<ReadAhead>(db, readAheadSql, [key.model, key.id_hash, notBefore])
  const row = rows[0]
  if (!row) return undefined
  if (row.uid)
    work.session = { uid: row.uid, row: row.session ? { payload: row.session, consumed_at: null } : undefined }
  if (row.grant_id)
    work.grant = { id: row.grant_id, row: row.grant ? { payload: row.grant, consumed_at: null } : undefined }
  work.person = row.person ?? undefined
  return row
}

const insertSql = `
  insert into oidc_model (model, id_hash, payload, grant_id, uid, account_id, expires_at, device) values ($1, $2, $3, $4, $5, $6, $7, $8)
  on conflict (model, id_hash) do `

/**
 * What becomes of a row that is there already. Two tabs that open two systems at once both write the session they read: neither may drop
 * the other's authorization, or that system would not hear of the logout.
 */
export const replaceSql = `update set
    payload = excluded.payload || case when excluded.model = 'Session' and oidc_model.payload ? 'authorizations'
      then jsonb_build_object('authorizations', (oidc_model.payload->'authorizations') || coalesce(excluded.payload->'authorizations', '{}'))
      else '{}' end,
    grant_id = excluded.grant_id, uid = excluded.uid, account_id = excluded.account_id, expires_at = excluded.expires_at`

/** Writes a row. @returns whether it was written: with `onlyNew` an existing one stays as it is */
export async function writeRow(db: Db, row: ModelRow, onlyNew = false): Promise<boolean> {
  const device = row.device ? JSON.stringify(row.device) : null
  const values = [row.model, row.id_hash, row.payload, row.grant_id, row.uid, row.account_id, row.expires_at, device]
  try {
    const { count } = await execute(db, insertSql + (onlyNew ? 'nothing' : replaceSql), values)
    return count !== 0
  } catch (error) {
    if (!isSecondOfUid(error)) throw error
    await addAuthorizations(db, row)
    return true
  }
}

const addAuthorizationsSql = `
  update oidc_model set payload = jsonb_set(payload, '{authorizations}',
    coalesce(payload->'authorizations', '{}') || coalesce($2::jsonb->'authorizations', '{}'))
  where model = 'Session' and uid = $1`

/** A session whose id was renewed meanwhile keeps its new id; only the authorizations of this late write are added. */
async function addAuthorizations(db: Db, row: ModelRow): Promise<void> {
  await execute(db, addAuthorizationsSql, [row.uid, row.payload])
}

/** Whether a session could not be written because another row has its uid already. */
export function isSecondOfUid(error: unknown): boolean {
  return (error as { constraint?: string }).constraint === 'oidc_model_session_uid'
}

const consumeSql = 'update oidc_model set consumed_at = $3 where model = $1 and id_hash = $2 and consumed_at is null'

/** Consumes a row. @returns false when it was consumed before, or is gone */
export async function consumeRow(db: Db, key: RowKey): Promise<boolean> {
  const { count } = await execute(db, consumeSql, [key.model, key.id_hash, new Date()])
  return count !== 0
}

const finishSql = `
  with used as (
    update oidc_model set consumed_at = $3 where model = $1 and id_hash = $2 and consumed_at is null returning 1),
  successor as (
    insert into oidc_model (model, id_hash, payload, grant_id, account_id, expires_at)
    select 'RefreshToken', $4, $5::jsonb, $6, $7, $8::timestamptz from used where $4::text is not null),
  kept as (
    insert into refresh_replay (key_hash, sealed, expires_at)
    select $9, $10, $11::timestamptz from used where $9::text is not null on conflict do nothing)
  select count(*)::int as won from used`

/**
 * Consumes the code or token of a token request and stores its successor and the answer, if nobody consumed it before.
 * @returns whether this request is the one that did
 */
export async function finish(
  db: Db,
  consumed: RowKey,
  successor: ModelRow | undefined,
  answer: { keyHash: string; sealed: string; expiresAt: Date } | undefined,
): Promise<boolean> {
  const next = [
    successor?.id_hash,
    successor?.payload,
    successor?.grant_id,
    successor?.account_id,
    successor?.expires_at,
  ]
  const kept = [answer?.keyHash, answer?.sealed, answer?.expiresAt]
  const values = [consumed.model, consumed.id_hash, new Date(), ...next, ...kept].map(value => value ?? null)
  return (await execute<{ won: number }>(db, finishSql, values)).rows[0]?.won === 1
}

const extendSql = `
  update oidc_model set expires_at = to_timestamp($2::bigint), payload = jsonb_set(payload, '{exp}', to_jsonb($2::bigint))
  where model = 'Session' and uid = $1`

/** Moves the end of a session that is in use. @param exp seconds since 1970 */
export async function extendSession(db: Db, uid: string, exp: number): Promise<void> {
  await execute(db, extendSql, [uid, exp])
}

const removeSql = 'delete from oidc_model where model = $1 and id_hash = $2'

/** Removes a row. */
export async function removeRow(db: Db, key: RowKey): Promise<void> {
  await execute(db, removeSql, [key.model, key.id_hash])
}

const revokeSql = 'delete from oidc_model where model = $1 and grant_id = $2'

/** Removes what a grant gave, of one model. */
export async function removeOfGrant(db: Db, model: string, grantId: string): Promise<void> {
  await execute(db, revokeSql, [model, grantId])
}

const revokeGrantOfSql = `
  with code as (select grant_id from oidc_model where model = $1 and id_hash = $2)
  delete from oidc_model m using code
  where m.grant_id = code.grant_id
    or (m.model = 'Grant' and m.id_hash = translate(encode(sha256(convert_to(code.grant_id, 'UTF8')), 'base64'), '+/=', '-_'))`

/** Ends the grant that a code belongs to, with everything it gave. */
export async function endGrantOf(db: Db, code: RowKey): Promise<void> {
  await execute(db, revokeGrantOfSql, [code.model, code.id_hash])
}
