/**
 * oidc-provider's storage in one table. What the library's memory adapter does not promise, this one does:
 *
 *   - no id that opens anything is stored: rows are found by SHA-256, and payloads lose their `jti`;
 *   - a code or refresh token is consumed by one conditional UPDATE: of any number of concurrent users one wins;
 *   - a replayed proof (`ReplayDetection`) loses by the primary key, not by a look beforehand.
 *
 * A consumed refresh token looks unconsumed to `find` for three seconds: the library revokes the whole grant when it sees
 * a consumed one, and two tabs that refresh at once are no theft. They fail when they are to consume it instead, and
 * `refresh-replay.ts` answers them with what the winner got.
 */

import { sha256 } from '@atrium/platform/secrets'
import { CompiledQuery, type Kysely } from 'kysely'
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { Schema } from '../database/schema.ts'
import { unwrapRefreshToken } from './refresh-token.ts'
import { extendSession, writeSession } from './session-row.ts'
import { extended, type SessionTimes } from './session-time.ts'
import type { SessionPayload } from './sessions.ts'
import { type ModelRow, readAhead, type StoredRow, tokenWork } from './token-work.ts'

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
  return model => {
    if (model === 'Client') return clients(findClient)
    if (model === 'RefreshToken') return refreshTokens(db)
    if (model === 'Session') return sessions(db, times)
    if (model === 'Grant') return grants(db)
    return models(db, model)
  }
}

function models(db: Kysely<Schema>, model: string): Adapter {
  return {
    async upsert(id, payload, expiresIn) {
      const repeated = (await write(db, toRow(model, id, payload, expiresIn), model === 'ReplayDetection')) === 0
      if (repeated) throw new errors.InvalidRequest('this was presented before')
    },
    async find(id) {
      const row = await read(db, model, sha256(id))
      return row && { ...toPayload(row), jti: id }
    },
    // Only sessions have a uid. User codes belong to the device flow, which is switched off.
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    async consume(id) {
      const { numAffectedRows } = await db.executeQuery(CompiledQuery.raw(consumeSql, [model, sha256(id), new Date()]))
      if (numAffectedRows !== 0n) return
      // Two exchanges of one code at the same moment: the second use ends what the first one got (RFC 6749 §4.1.2).
      if (model === 'AuthorizationCode') await db.executeQuery(CompiledQuery.raw(revokeGrantOfSql, [model, sha256(id)]))
      throw new errors.InvalidGrant(`${model} was used by somebody else at this moment`)
    },
    async destroy(id) {
      await db.executeQuery(CompiledQuery.raw(destroySql, [model, sha256(id)]))
    },
    async revokeByGrantId(grantId) {
      await db.executeQuery(CompiledQuery.raw(revokeSql, [model, grantId]))
    },
  }
}

/** In a token request, reading looks ahead and writing waits for the end (`token-work.ts`). */
function refreshTokens(db: Kysely<Schema>): Adapter {
  const stored = models(db, 'RefreshToken')
  return {
    ...stored,
    async upsert(id, payload, expiresIn) {
      const work = tokenWork()
      if (!work?.consumed) return await stored.upsert(id, payload, expiresIn)
      work.successor = toRow('RefreshToken', id, payload, expiresIn)
    },
    async find(id) {
      const jti = unwrapRefreshToken(id)
      const row = await read(db, 'RefreshToken', sha256(jti))
      if (!row) return undefined
      const inReuse = row.consumed_at && Date.now() - row.consumed_at.getTime() < reuseIntervalMs
      return { ...(inReuse ? row.payload : toPayload(row)), jti }
    },
    async consume(id) {
      const work = tokenWork()
      if (!work) return await stored.consume(id)
      work.consumed = sha256(id)
    },
  }
}

function sessions(db: Kysely<Schema>, times: SessionTimes): Adapter {
  return {
    ...models(db, 'Session'),
    upsert: (id, payload, expiresIn) => writeSession(db, toRow('Session', id, payload, expiresIn)),
    async findByUid(uid) {
      const ahead = tokenWork()?.session
      const row =
        ahead?.uid === uid
          ? ahead.row
          : (await db.executeQuery<StoredRow>(CompiledQuery.raw(findByUidSql, [uid, notBefore()]))).rows[0]
      if (!row) return undefined
      // By uid a session is looked up when one of its tokens is used: that is the activity which keeps it from idling out.
      const exp = extended(row.payload as SessionPayload, times)
      if (exp === undefined) return row.payload
      await extendSession(db, uid, exp)
      return { ...row.payload, exp }
    },
  }
}

function grants(db: Kysely<Schema>): Adapter {
  const stored = models(db, 'Grant')
  return {
    ...stored,
    async find(id) {
      const ahead = tokenWork()?.grant
      return ahead?.id === id ? ahead.row?.payload : await stored.find(id)
    },
  }
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

// Fixed texts, so that each is compiled by nobody and planned once per connection: these statements run at every token.
const readSql = 'select payload, consumed_at from oidc_model where model = $1 and id_hash = $2 and expires_at > $3'
const findByUidSql = `select payload, consumed_at from oidc_model where model = 'Session' and uid = $1 and expires_at > $2`
const consumeSql = 'update oidc_model set consumed_at = $3 where model = $1 and id_hash = $2 and consumed_at is null'
const destroySql = 'delete from oidc_model where model = $1 and id_hash = $2'
const revokeSql = 'delete from oidc_model where model = $1 and grant_id = $2'
const revokeGrantOfSql = `
  with code as (select grant_id from oidc_model where model = $1 and id_hash = $2)
  delete from oidc_model m using code where m.grant_id = code.grant_id
    or (m.model = 'Grant' and m.payload->>'jti' = code.grant_id)`
const insertSql = `
  insert into oidc_model (model, id_hash, payload, grant_id, uid, account_id, expires_at) values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (model, id_hash) do `
const upsertSql = `${insertSql} update set payload = excluded.payload, grant_id = excluded.grant_id, uid = excluded.uid,
    account_id = excluded.account_id, expires_at = excluded.expires_at`

/** In a token request, what follows from a code or refresh token is read with it. */
async function read(db: Kysely<Schema>, model: string, idHash: string): Promise<StoredRow | undefined> {
  const work = model === 'RefreshToken' || model === 'AuthorizationCode' ? tokenWork() : undefined
  if (work) return await readAhead(db, work, model, idHash, notBefore())
  return (await db.executeQuery<StoredRow>(CompiledQuery.raw(readSql, [model, idHash, notBefore()]))).rows[0]
}

async function write(db: Kysely<Schema>, row: ModelRow, onlyNew: boolean): Promise<number> {
  const values = [row.model, row.id_hash, row.payload, row.grant_id, row.uid, row.account_id, row.expires_at]
  const { numAffectedRows } = await db.executeQuery(
    CompiledQuery.raw(onlyNew ? `${insertSql} nothing` : upsertSql, values),
  )
  return Number(numAffectedRows ?? 0)
}

function toRow(model: string, id: string, payload: AdapterPayload, expiresIn?: number): ModelRow {
  return {
    model,
    id_hash: sha256(id),
    payload: JSON.stringify(withoutBearerIds(model, payload)),
    grant_id: payload.grantId && model !== 'Interaction' ? payload.grantId : null,
    uid: model === 'Session' ? (payload.uid ?? null) : null,
    account_id: payload.accountId ?? null,
    expires_at: new Date(expiresIn ? Date.now() + expiresIn * 1000 : '9999-01-01'),
  }
}

function toPayload(row: StoredRow): AdapterPayload {
  return row.consumed_at ? { ...row.payload, consumed: Math.floor(row.consumed_at.getTime() / 1000) } : row.payload
}

/** Codes, tokens, session cookies and interaction ids open something; grants are found by ids that nobody presents. */
function withoutBearerIds(model: string, payload: AdapterPayload): AdapterPayload {
  const { jti, ...rest } = payload
  if (model === 'Grant') return payload
  if (model !== 'Interaction' || !rest.session) return rest
  const { cookie: _cookie, ...session } = rest.session
  return { ...rest, session }
}

function notBefore(): Date {
  return new Date(Date.now() - clockToleranceMs)
}
