/**
 * Takes back a signing key that somebody else may have:
 *
 *   one transaction: the key is gone, another signs in its place ──NOTIFY──► each replica drops it: key set, hints, signatures
 *                                                                 └─outbox──► the gateway fetches the keys anew
 *
 * From the commit on, idp itself accepts nothing of that key, because every check asks the table `revoked_key`. Systems that check
 * signatures by themselves do so when they fetch the keys the next time.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { type Kysely, sql } from '@atrium/platform/database'
import type { Schema } from '../database/schema.ts'
import type { Actor } from '../directory/tables.ts'
import { enqueueHint } from '../provisioning/hints.ts'
import { liveSeconds, lockKeys, noteKeys } from './key-rotation.ts'
import { makeCurrentKey } from './keys.ts'

/** The channel on which replicas hear that a key was taken back. */
export const keysChannel = 'atrium_signing_keys'

// A replica hears of it in milliseconds. One that was killed counts as running for a while, and is not waited for.
const patienceMs = 5000

type Revoked = { kid: string; alg: string; current: boolean }

/**
 * Takes a key back, and waits until no running replica publishes it any more, for a few seconds at most. One that was taken back before
 * stays so.
 * @returns whether there is, or was, such a key
 */
export async function revokeKey(
  db: Kysely<Schema>,
  encryptionKey: Buffer,
  kid: string,
  by: { actor: Actor; ip: string },
): Promise<boolean> {
  const known = await db.transaction().execute(async trx => {
    await lockKeys(trx)
    const key = await moveToRevoked(trx, kid)
    if (!key) return await isKnown(trx, kid)
    const signsNow = key.current ? await successor(trx, encryptionKey, key.alg) : null
    await noteKeys(trx, 'keys.revoked', [kid], by, { alg: key.alg, ...(signsNow ? { signsNow } : {}) })
    await enqueueHint(trx, { type: 'atrium.keys.revoked', people: [], data: { kid } })
    await sql`select pg_notify(${keysChannel}, ${kid})`.execute(trx)
    return true
  })
  if (known) await dropped(db, kid)
  return known
}

async function moveToRevoked(trx: Kysely<Schema>, kid: string): Promise<Revoked | undefined> {
  const { rows } = await sql<Revoked>`
    with gone as (delete from signing_key where kid = ${kid} returning *),
    kept as (insert into revoked_key (kid, alg, created_at, active_from) select kid, alg, created_at, active_from from gone)
    select kid, alg, active_from is not null and retired_at is null as current from gone`.execute(trx)
  return rows[0]
}

async function isKnown(trx: Kysely<Schema>, kid: string): Promise<boolean> {
  return Boolean(await trx.selectFrom('revoked_key').select('kid').where('kid', '=', kid).executeTakeFirst())
}

/** The key that was to sign next does so now, published long enough or not; else a new one does. */
async function successor(trx: Kysely<Schema>, encryptionKey: Buffer, alg: string): Promise<string> {
  const { rows } = await sql<{ kid: string }>`
    update signing_key set published_at = coalesce(published_at, clock_timestamp()), active_from = clock_timestamp()
    where alg = ${alg} and active_from is null returning kid`.execute(trx)
  return rows[0]?.kid ?? (await makeCurrentKey(trx, encryptionKey, alg))
}

async function dropped(db: Kysely<Schema>, kid: string): Promise<void> {
  for (const until = Date.now() + patienceMs; Date.now() < until; await wait(25)) {
    const { rows } = await sql`
      select 1 from key_replica
      where ${kid} = any(kids) and seen_at > clock_timestamp() - make_interval(secs => ${liveSeconds})`.execute(db)
    if (rows.length === 0) return
  }
}
