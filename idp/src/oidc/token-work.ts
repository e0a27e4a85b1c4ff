/**
 * A token request as one unit of work. For a code or a refresh token oidc-provider asks its storage for the token, the session,
 * the grant and the person, one after the other; here the first question reads all four. For a refresh it then consumes the
 * token and writes its successor, with a gap between two commits in which a crash leaves a consumed token without successor; here
 * both writes wait for `finish`, which does them together with the kept answer in one statement:
 *
 *   read: token + session + grant + person ──library checks, builds tokens──► finish: consume if unconsumed
 *                                                                                 ├─ consumed now: successor and answer are stored
 *                                                                                 └─ somebody was faster: nothing is stored
 *
 * The request's work is found through its asynchronous context, because the library gives its adapter nothing else.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { CompiledQuery, type Kysely } from 'kysely'
import type { AdapterPayload } from 'oidc-provider'
import type { Schema } from '../database/schema.ts'
import { type Person, personColumns } from './person.ts'

/** A row as the adapter writes it. */
export type ModelRow = {
  model: string
  id_hash: string
  payload: string
  grant_id: string | null
  uid: string | null
  account_id: string | null
  expires_at: Date
}

/** A row as the adapter reads it. */
export type StoredRow = { payload: AdapterPayload; consumed_at: Date | null }

/** What one token request has read ahead, and what it has still to write. */
export class TokenWork {
  session: { uid: string; row: StoredRow | undefined } | undefined
  grant: { id: string; row: StoredRow | undefined } | undefined
  person: Person | undefined
  consumed: string | undefined
  successor: ModelRow | undefined
}

const current = new AsyncLocalStorage<TokenWork>()

/** The work of the request in progress, if it is a token request. */
export function tokenWork(): TokenWork | undefined {
  return current.getStore()
}

/** Runs a token request with a unit of work of its own. */
export async function asTokenWork(work: TokenWork, next: () => Promise<void>): Promise<void> {
  await current.run(work, next)
}

const readSql = `
  select t.payload, t.consumed_at, t.grant_id, t.payload->>'sessionUid' as uid, s.payload as session, g.payload as grant,
    case when p.id is not null then ${personColumns} end as person
  from oidc_model t
    left join oidc_model s on s.model = 'Session' and s.uid = t.payload->>'sessionUid' and s.expires_at > $2
    left join oidc_model g on g.model = 'Grant' and g.id_hash = translate(encode(sha256(convert_to(t.grant_id, 'UTF8')), 'base64'), '+/=', '-_') and g.expires_at > $2
    left join person p on p.id = t.account_id left join person_projection x on x.person_id = p.id
  where t.model = $3 and t.id_hash = $1 and t.expires_at > $2`

type ReadAhead = StoredRow & {
  grant_id: string | null
  uid: string | null
  session: AdapterPayload | null
  grant: AdapterPayload | null
  person: Person | null
}

/** Reads a code or refresh token, and with it what the library asks for next. */
export async function readAhead(
  db: Kysely<Schema>,
  work: TokenWork,
  model: string,
  idHash: string,
  notBefore: Date,
): Promise<StoredRow | undefined> {
  const { rows } = await db.executeQuery<ReadAhead>(CompiledQuery.raw(readSql, [idHash, notBefore, model]))
  const row = rows[0]
  if (!row) return undefined
  if (row.uid)
    work.session = { uid: row.uid, row: row.session ? { payload: row.session, consumed_at: null } : undefined }
  if (row.grant_id)
    work.grant = { id: row.grant_id, row: row.grant ? { payload: row.grant, consumed_at: null } : undefined }
  work.person = row.person ?? undefined
  return row
}

const finishSql = `
  with used as (
    update oidc_model set consumed_at = $2 where model = 'RefreshToken' and id_hash = $1 and consumed_at is null returning 1),
  successor as (
    insert into oidc_model (model, id_hash, payload, grant_id, account_id, expires_at)
    select 'RefreshToken', $3, $4::jsonb, $5, $6, $7::timestamptz from used),
  kept as (
    insert into refresh_replay (key_hash, sealed, expires_at) select $8, $9, $10::timestamptz from used on conflict do nothing)
  select count(*)::int as won from used`

/**
 * Consumes the token and stores its successor and the answer, if nobody consumed it before.
 * @returns whether this request is the one that did
 */
export async function finish(
  db: Kysely<Schema>,
  work: TokenWork,
  answer: { keyHash: string; sealed: string; expiresAt: Date },
): Promise<boolean> {
  const { consumed, successor } = work
  if (!consumed || !successor) throw new Error('the refresh has nothing to store')
  const { rows } = await db.executeQuery<{ won: number }>(
    CompiledQuery.raw(finishSql, [
      consumed,
      new Date(),
      successor.id_hash,
      successor.payload,
      successor.grant_id,
      successor.account_id,
      successor.expires_at,
      answer.keyHash,
      answer.sealed,
      answer.expiresAt,
    ]),
  )
  return rows[0]?.won === 1
}
