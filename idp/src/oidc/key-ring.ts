import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { type Kysely, listen, sql } from '@atrium/platform/database'
import { log } from '@atrium/platform/log'
import type { Config } from '../config.ts'
import type { Schema } from '../database/schema.ts'
import { keysChannel } from './key-revocation.ts'
import { advanceKeys, type RotationConfig } from './key-rotation.ts'
import { type KeyRing, type Keys, loadKeys } from './keys.ts'

/** The keys of a running replica: it reports what it publishes, follows every change, and moves keys on when it is time. */
export type RunningKeyRing = KeyRing & { stop(): Promise<void> }

type Seen = { kid: string; state: 'next' | 'current' | 'retired'; due: boolean }

// A new key is announced, published and used in steps, each of which begins when the one before is seen.
const mostSteps = 6

/** Loads the keys and keeps them up to date for as long as the service runs. */
export async function startKeyRing(
  db: Kysely<Schema>,
  config: RotationConfig & Pick<Config, 'DATABASE_URL'>,
): Promise<RunningKeyRing> {
  const id = `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`
  let keys: Keys = await loadKeys(db, config.ENCRYPTION_KEY)
  let known = ''
  let stopped = false
  let timer: NodeJS.Timeout | undefined

  const follow = async (): Promise<void> => {
    for (let step = 0; step < mostSteps; step++) {
      const seen = await report(db, { id, kids: kidsOf(keys) }, config)
      const now = seen.map(one => `${one.kid} ${one.state}`).join()
      const changed = now !== known
      if (changed) keys = await loadKeys(db, config.ENCRYPTION_KEY)
      known = now
      if (changed) continue
      if (!seen.some(one => one.due) || !(await advanceKeys(db, config))) return
    }
  }
  // Before the first request: no replica answers without publishing what the others sign with.
  await follow()

  let running = Promise.resolve()
  const look = (): Promise<void> => {
    running = running
      .then(follow)
      .catch(error => log('idp').error({ err: error }, 'the signing keys could not be followed'))
    return running
  }
  const turn = (): void => {
    void look().finally(() => {
      if (!stopped) timer = setTimeout(turn, everyMs(config))
    })
  }
  timer = setTimeout(turn, everyMs(config))
  const atOnce = (): void => {
    if (!stopped) void look()
  }
  const told = listen(config.DATABASE_URL, [keysChannel], atOnce, atOnce)
  return {
    get current() {
      return keys
    },
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await told.stop()
      await running
      // Without the database it counts as running a minute longer.
      await db
        .deleteFrom('key_replica')
        .where('id', '=', id)
        .execute()
        .catch(() => {})
    },
  }
}

/** Often enough that a rotation is not much longer than its time of publication, and rare enough to cost nothing. */
function everyMs(config: RotationConfig): number {
  return Math.min(10_000, Math.max(250, config.KEY_PUBLICATION_SECONDS * 250))
}

/** Says which keys this replica publishes. @returns all keys there are; `due` ones may have come to the end of their state */
async function report(
  db: Kysely<Schema>,
  replica: { id: string; kids: string[] },
  config: RotationConfig,
): Promise<Seen[]> {
  const { rows } = await sql<Seen>`
    with here as (
      insert into key_replica (id, kids, seen_at) values (${replica.id}, ${replica.kids}::text[], clock_timestamp())
      on conflict (id) do update set kids = excluded.kids, seen_at = excluded.seen_at),
    gone as (delete from key_replica where seen_at < clock_timestamp() - interval '1 hour')
    select kid,
      case when retired_at is not null then 'retired' when active_from is not null then 'current' else 'next' end as state,
      (active_from is null or verifies_until < clock_timestamp() or (retired_at is null and ${config.KEY_ROTATION_DAYS}::integer > 0
        and active_from < clock_timestamp() - make_interval(days => ${config.KEY_ROTATION_DAYS}::integer))) is true as due
    from signing_key order by kid`.execute(db)
  return rows
}

function kidsOf(keys: Keys): string[] {
  return keys.privateKeys.map(key => key.kid ?? '')
}
