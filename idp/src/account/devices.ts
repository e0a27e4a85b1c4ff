import { type AuditEntry, audit } from '@atrium/platform/audit'
import { Problem } from '@atrium/platform/problem'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { readSignInPolicy } from '../sign-in/policy.ts'
import { type DeviceName, deviceName } from './device-name.ts'

/** A browser in which somebody has signed in before. `sessions` are the uids of its live sessions. */
export type KnownDevice = {
  id: string
  device: DeviceName
  firstSeenAt: Date
  lastSeenAt: Date
  ip: string
  trustedUntil: Date | null
  sessions: string[]
}

/** The browsers a person is known in, the one used last first. */
export async function readDevices(db: Kysely<Schema>, personId: string): Promise<KnownDevice[]> {
  const { askAgainDays } = (await readSignInPolicy(db)).policy.secondFactor
  const { rows } = await sql<
    Omit<KnownDevice, 'device' | 'trustedUntil'> & { userAgent: string; factorAt: Date | null }
  >`
    select d.id, d.user_agent as "userAgent", d.ip, d.first_seen_at as "firstSeenAt", d.last_seen_at as "lastSeenAt", d.factor_at as "factorAt",
      (select coalesce(jsonb_agg(s.uid), '[]') from oidc_model s
        where s.model = 'Session' and s.account_id = d.person_id and s.device->>'deviceHash' = d.device_hash) as sessions
    from known_device d where d.person_id = ${personId} order by d.last_seen_at desc, d.id limit 200`.execute(db)
  return rows.map(({ userAgent, factorAt, ...row }) => ({
    ...row,
    device: deviceName(userAgent),
    trustedUntil: factorAt && askAgainDays > 0 ? new Date(factorAt.getTime() + askAgainDays * 86_400_000) : null,
  }))
}

/**
 * Forgets a browser: the second factor is asked for there again, and its next sign-in counts as one from a new device.
 * @throws Problem 404 when the person has no such device
 */
export async function forgetDevice(
  db: Kysely<Schema>,
  o: { personId: string; deviceId: string } & Pick<AuditEntry, 'actor' | 'ip'>,
): Promise<void> {
  await db.transaction().execute(async (trx: Kysely<Schema>) => {
    const removed = await trx
      .deleteFrom('known_device')
      .where('person_id', '=', o.personId)
      .where('id', '=', o.deviceId)
      .returning('user_agent')
      .executeTakeFirst()
    if (!removed) throw new Problem(404, 'unknown_device', { zh: '没有这台设备', en: 'There is no such device' })
    await audit(trx, {
      actor: o.actor,
      action: 'device.forgotten',
      target: { type: 'person', id: o.personId },
      outcome: 'success',
      detail: { device: deviceName(removed.user_agent).name.en },
      ...(o.ip ? { ip: o.ip } : {}),
    })
  })
}
