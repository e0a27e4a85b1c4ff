import { sha256 } from '@atrium/platform/secrets'
import { CompiledQuery, type Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'

// Of a device that keeps to the five seconds it was told, some answers come a little sooner.
const tolerance = 1

const announceSql = `insert into device_poll (code_hash, expires_at) values ($1, $2) on conflict (code_hash) do nothing`

/** A device was given a code and will ask for it. */
export async function announceDevice(db: Kysely<Schema>, deviceCode: string, expiresAt: Date): Promise<void> {
  await db.executeQuery(CompiledQuery.raw(announceSql, [sha256(deviceCode), expiresAt]))
  await db
    .deleteFrom('device_poll')
    .where('expires_at', '<', new Date(Date.now() - 60_000))
    .execute()
}

const pollSql = `
  with before as (
    select code_hash, polled_at > clock_timestamp() - make_interval(secs => interval_seconds - ${tolerance}) as hasty
    from device_poll where code_hash = $1 for update),
  noted as (
    update device_poll p set polled_at = clock_timestamp(),
      interval_seconds = p.interval_seconds + case when before.hasty then 5 else 0 end
    from before where p.code_hash = before.code_hash)
  select coalesce(hasty, false) as hasty from before`

/** Whether a device asks sooner than it was told; each time it does, it has to wait five seconds longer (RFC 8628 §3.5). */
export async function pollsTooFast(db: Kysely<Schema>, deviceCode: string): Promise<boolean> {
  const { rows } = await db.executeQuery<{ hasty: boolean }>(CompiledQuery.raw(pollSql, [sha256(deviceCode)]))
  return rows[0]?.hasty ?? false
}
