/**
 * Storage of what only some protocols keep, around the adapter of all others: self-registered clients, codes of the device flow,
 * pushed requests. As there, nothing is stored that opens something: a device's code lies sealed wherever the library must read
 * it again, in the row that a person's code leads to and in the interaction of the person who lets the device in.
 */
import { open, seal, sha256 } from '@atrium/platform/secrets'
import type { Kysely } from 'kysely'
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { Config } from '../config.ts'
import type { Schema } from '../database/schema.ts'
import { reuseIntervalMs } from './adapter.ts'
import { announceDevice, pollsTooFast } from './device-poll.ts'
import { registeredClients } from './registered-clients.ts'
import { tokenWork } from './request-work.ts'

/** Wraps the adapter factory. */
export function protocolAdapter(
  db: Kysely<Schema>,
  config: Config,
  inner: (model: string) => Adapter,
): (model: string) => Adapter {
  return model => {
    const stored = inner(model)
    if (model === 'Client') return textOnly(registeredClients(db, config, stored))
    if (model === 'DeviceCode') return textOnly(deviceCodes(db, config.ENCRYPTION_KEY, stored))
    if (model === 'Interaction') return textOnly(interactions(config.ENCRYPTION_KEY, stored))
    if (model === 'AuthorizationCode') return textOnly(stored)
    if (model === 'PushedAuthorizationRequest') return pushedRequests(stored)
    return stored
  }
}

// As JSON writes what PostgreSQL cannot keep: the null character and halves of surrogate pairs.
const noText = /\\u(?:0000|d[89a-f])/i

/** What a request brought and is stored as it came: anything that is no text is the caller's fault, not the database's. */
function textOnly(stored: Adapter): Adapter {
  return {
    ...stored,
    async upsert(id, payload, expiresIn) {
      if (noText.test(JSON.stringify(payload)))
        throw new errors.InvalidRequest('a parameter holds characters that are no text')
      await stored.upsert(id, payload, expiresIn)
    },
  }
}

function deviceCodes(db: Kysely<Schema>, key: Buffer, stored: Adapter): Adapter {
  return {
    ...stored,
    async upsert(id, payload, expiresIn) {
      const { userCode, ...rest } = payload
      await stored.upsert(id, rest, expiresIn)
      if (!userCode) return
      const expires = new Date(Date.now() + (expiresIn ?? 600) * 1000)
      await announceDevice(db, id, expires)
      await db
        .insertInto('device_user_code')
        .values({ code_hash: sha256(userCode), device_code_sealed: seal(id, key), expires_at: expires })
        .onConflict(conflict => conflict.column('code_hash').doNothing())
        .execute()
      await db
        .deleteFrom('device_user_code')
        .where('expires_at', '<', new Date(Date.now() - 60_000))
        .execute()
    },
    async find(id) {
      const code = await stored.find(id)
      // Once the person has decided, the answer need not wait.
      const waits = tokenWork() && code && !code.accountId && !code.error && !code.consumed
      if (waits && (await pollsTooFast(db, id)))
        throw new errors.SlowDown('ask again after the interval; it is five seconds longer now')
      return code && sameUse(code)
    },
    async findByUserCode(userCode) {
      const row = await db
        .selectFrom('device_user_code')
        .select('device_code_sealed')
        .where('code_hash', '=', sha256(userCode))
        .executeTakeFirst()
      const found = row && (await stored.find(open(row.device_code_sealed, key)))
      return found ? { ...found, userCode } : undefined
    },
  }
}

/**
 * A device that asks twice at the same moment is no thief: the library ends what a code gave when it sees it consumed, the winner's
 * tokens too. For a moment it does not see that, and fails when it is to consume the code.
 */
function sameUse(code: AdapterPayload): AdapterPayload {
  const consumed = code?.consumed as number | undefined
  if (!consumed || Date.now() / 1000 - consumed > reuseIntervalMs / 1000 + 1) return code
  const { consumed: _consumed, ...unused } = code
  return unused
}

function interactions(key: Buffer, stored: Adapter): Adapter {
  return {
    ...stored,
    upsert: (id, payload, expiresIn) =>
      stored.upsert(
        id,
        withDeviceCode(payload, code => seal(code, key)),
        expiresIn,
      ),
    async find(id) {
      const found = await stored.find(id)
      return found ? withDeviceCode(found, code => open(code, key)) : undefined
    },
  }
}

function withDeviceCode(payload: AdapterPayload, change: (code: string) => string): AdapterPayload {
  const { deviceCode } = payload as { deviceCode?: string }
  return deviceCode ? { ...payload, deviceCode: change(deviceCode) } : payload
}

function pushedRequests(stored: Adapter): Adapter {
  return {
    ...stored,
    async consume(id) {
      try {
        await stored.consume(id)
      } catch (error) {
        if (!(error instanceof errors.InvalidGrant)) throw error
        // Of two browsers with one request_uri at the same moment, the second hears what a later one hears.
        throw new errors.InvalidRequestUri('request_uri is invalid, expired, or was already used')
      }
    },
  }
}
