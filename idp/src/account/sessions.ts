import { now } from '@atrium/platform/clock'
import { type Kysely, sql } from 'kysely'
import type { Config } from '../config.ts'
import type { Schema } from '../database/schema.ts'
import { portal } from '../oidc/clients.ts'
import { sessionTimes } from '../oidc/session-time.ts'
import type { SessionDevice, Text } from '../oidc/tables.ts'
import { type DeviceName, deviceName } from './device-name.ts'

/** A live session of a person. `id` is its uid, which opens nothing. */
export type LiveSession = {
  id: string
  device: DeviceName
  deviceHash: string | undefined
  ip: string | null
  startedAt: Date
  lastSeenAt: Date
  expiresAt: Date
  methods: string[]
  systems: { id: string; name: Text }[]
}

/** The live sessions of a person, the one used last first. */
export async function readSessions(db: Kysely<Schema>, config: Config, personId: string): Promise<LiveSession[]> {
  const at = now()
  // A use moves the end of the session by the idle time, until the absolute end is near; from then on refreshes tell.
  const { rows } = await sql<{
    uid: string
    amr: string[] | null
    loginTs: number | null
    used: number | null
    expiresAt: Date
    device: SessionDevice | null
    systems: { id: string; name: Text }[]
  }>`
    select s.uid, s.payload->'amr' as amr, (s.payload->>'loginTs')::bigint as "loginTs", s.expires_at as "expiresAt", s.device,
      greatest((s.payload->>'exp')::bigint - ${sessionTimes(config).idle}::bigint, (
        select max((r.payload->>'iat')::bigint) from jsonb_each(coalesce(s.payload->'authorizations', '{}')) a
          join oidc_model r on r.model = 'RefreshToken' and r.grant_id = a.value->>'grantId')) as used,
      (select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'name', coalesce(p.name,
          jsonb_build_object('zh', coalesce(r.metadata->>'client_name', c.id), 'en', coalesce(r.metadata->>'client_name', c.id)))) order by c.id), '[]')
        from jsonb_object_keys(coalesce(s.payload->'authorizations', '{}')) as c (id)
          left join application p on p.id = c.id left join registered_client r on r.id = c.id
        where c.id <> ${portal}) as systems
    from oidc_model s
    where s.model = 'Session' and s.account_id = ${personId} and s.expires_at > ${at}`.execute(db)
  return rows
    .map(row => {
      const begun = new Date((row.loginTs ?? 0) * 1000)
      const used = Math.min(at.getTime(), Math.max(begun.getTime(), (row.used ?? 0) * 1000))
      return {
        id: row.uid,
        device: deviceName(row.device?.userAgent),
        deviceHash: row.device?.deviceHash,
        ip: row.device?.ip ?? null,
        startedAt: row.device ? new Date(row.device.startedAt) : begun,
        lastSeenAt: new Date(used),
        expiresAt: row.expiresAt,
        methods: row.amr ?? [],
        systems: row.systems,
      }
    })
    .sort((a, b) => b.lastSeenAt.getTime() - a.lastSeenAt.getTime())
}
