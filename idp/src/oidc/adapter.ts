/**
 * oidc-provider's storage in one table. What the library's memory adapter does not promise, this one does:
 *
 *   - no id that opens anything is stored: rows are found by SHA-256, and payloads lose their `jti`;
 *   - a code or refresh token is consumed by one conditional UPDATE: of any number of concurrent users one wins;
 *   - a replayed proof (`ReplayDetection`) loses by the primary key, not by a look beforehand.
 *
 * A consumed refresh token looks unconsumed to `find` for three seconds: the library revokes the whole grant when it sees
 * a consumed one, and two tabs that refresh at once are no theft. They fail when they are to consume it instead, and
 * `token-requests.ts` answers them with what the winner got.
 */

import { sha256 } from '@atrium/platform/secrets'
import type { Kysely } from 'kysely'
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { Schema } from '../database/schema.ts'
import { flush } from './flush.ts'
import { unwrapRefreshToken } from './refresh-token.ts'
import { authorizationWork, type ModelRow, type StoredRow, same, tokenWork } from './request-work.ts'
import * as rows from './rows.ts'
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
  return model => {
    if (model === 'Client') return clients(findClient)
    if (model === 'RefreshToken' || model === 'AuthorizationCode') return tokens(db, model)
    if (model === 'Session') return sessions(db, times)
    if (model === 'Grant') return grants(db)
    return models(db, model)
  }
}

function models(db: Kysely<Schema>, model: string): Adapter {
  const key = (id: string) => ({ model, id_hash: sha256(id) })
  /** A read must not miss what waits to be written. */
  const settled = async (): Promise<void> => {
    const work = authorizationWork()
    if (work?.touches(model)) await flush(db, work)
  }
  return {
    async upsert(id, payload, expiresIn) {
      const row = toRow(model, id, payload, expiresIn)
      const work = authorizationWork()
      if (model === 'ReplayDetection') {
        if (!(await rows.writeRow(db, row, true))) throw new errors.InvalidRequest('this was presented before')
      } else if (work) {
        work.write(row)
      } else {
        await rows.writeRow(db, row)
      }
    },
    async find(id) {
      const work = authorizationWork()
      const waiting = work?.waiting(key(id))
      if (waiting) return { ...(JSON.parse(waiting.payload) as AdapterPayload), jti: id }
      if (work?.ahead && same(work.ahead.key, key(id))) return { ...toPayload(work.ahead.row), jti: id }
      await settled()
      const row =
        work && (model === 'Session' || model === 'Interaction')
          ? await rows.readWithPerson(db, work, key(id), notBefore())
          : await rows.readRow(db, key(id), notBefore())
      if (work && model === 'Session' && row?.payload.uid) work.sessions.add(row.payload.uid)
      return row && { ...toPayload(row), jti: id }
    },
    // Only sessions have a uid. User codes belong to the device flow, which is switched off.
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    async consume(id) {
      if (!(await rows.consumeRow(db, key(id))))
        throw new errors.InvalidGrant('this was used by somebody else at this moment')
    },
    async destroy(id) {
      const work = authorizationWork()
      if (work) work.remove(key(id))
      else await rows.removeRow(db, key(id))
    },
    async revokeByGrantId(grantId) {
      await settled()
      await rows.removeOfGrant(db, model, grantId)
    },
  }
}

/** Codes and refresh tokens: in a token request, reading looks ahead and writing waits for the end (`request-work.ts`). */
function tokens(db: Kysely<Schema>, model: string): Adapter {
  const stored = models(db, model)
  return {
    ...stored,
    async upsert(id, payload, expiresIn) {
      const work = tokenWork()
      if (work?.consumed) work.successor = toRow(model, id, payload, expiresIn)
      else await stored.upsert(id, payload, expiresIn)
    },
    async find(id) {
      const jti = unwrapRefreshToken(id)
      const work = tokenWork()
      if (!work) return await stored.find(jti)
      const row = await rows.readAhead(db, work, { model, id_hash: sha256(jti) }, notBefore())
      if (!row) return undefined
      const sameUse =
        model === 'RefreshToken' && row.consumed_at && Date.now() - row.consumed_at.getTime() < reuseIntervalMs
      return { ...(sameUse ? row.payload : toPayload(row)), jti }
    },
    async consume(id) {
      const work = tokenWork()
      if (work) work.consumed = { model, id_hash: sha256(id) }
      else await stored.consume(id)
    },
  }
}

function sessions(db: Kysely<Schema>, times: SessionTimes): Adapter {
  return {
    ...models(db, 'Session'),
    async findByUid(uid) {
      const ahead = tokenWork()?.session
      const row = ahead?.uid === uid ? ahead.row : await rows.readSessionByUid(db, uid, notBefore())
      if (!row) return undefined
      // By uid a session is looked up when one of its tokens is used: that is the activity which keeps it from idling out.
      const exp = extended(row.payload as SessionPayload, times)
      if (exp === undefined) return row.payload
      await rows.extendSession(db, uid, exp)
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
