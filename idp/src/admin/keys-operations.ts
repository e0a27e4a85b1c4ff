import { type Kysely, sql } from '@atrium/platform/database'
import { Problem } from '@atrium/platform/problem'
import { z } from 'zod'
import type { Config } from '../config.ts'
import type { Schema } from '../database/schema.ts'
import { revokeKey } from '../oidc/key-revocation.ts'
import { beginRotation, liveSeconds } from '../oidc/key-rotation.ts'
import { operation } from './operation.ts'
import { moment } from './schemas.ts'

const answer = z
  .object({
    items: z.array(
      z.object({
        kid: z.string(),
        alg: z.string(),
        state: z
          .enum(['next', 'current', 'retired', 'revoked'])
          .describe('`revoked`: taken back; it is published no more, and stays in this list for 90 days'),
        createdAt: moment,
        activeFrom: moment.nullable(),
        retiredAt: moment.nullable().describe('When it ceased to sign, or was revoked'),
        verifiesUntil: moment.nullable(),
      }),
    ),
    rotateEveryDays: z.int().describe('0 = only on demand'),
    nextRotationAt: moment
      .nullable()
      .describe('When the next key signs at the earliest; null = nothing is under way, and none is planned'),
    replicas: z
      .array(z.object({ id: z.string(), seenAt: moment, kids: z.array(z.string()) }))
      .describe('The running replicas, and which keys each publishes'),
  })
  .meta({ id: 'SigningKeys' })

/** The keys that sign tokens, and their replacement. */
export const keysOperations = [
  operation({
    id: 'listKeys',
    method: 'get',
    path: '/admin/keys',
    summary: 'The signing keys, never their private halves, and which replica publishes which',
    tag: 'Keys',
    answer,
    handle: ({ deps }) => readKeyState(deps.db, deps.config),
  }),
  operation({
    id: 'rotateKeys',
    method: 'post',
    path: '/admin/keys/rotate',
    summary:
      'Begin a rotation: new keys are published, and sign once every replica publishes them and clients had time to fetch them. While one is under way this changes nothing',
    tag: 'Keys',
    answer,
    handle: async ({ caller, deps }) => {
      await beginRotation(deps.db, deps.config.ENCRYPTION_KEY, { actor: caller.actor, ip: caller.ip })
      return await readKeyState(deps.db, deps.config)
    },
  }),
  operation({
    id: 'revokeKey',
    method: 'post',
    path: '/admin/keys/{kid}/revoke',
    summary:
      'Take a key back that somebody else may have: it leaves the published keys on every replica, and what it signed is refused at once. If it was the one that signs, the next one, or a new one, signs at once. Nobody is signed out. A key that was revoked before stays so',
    tag: 'Keys',
    params: z.object({ kid: z.string().min(1).max(200) }),
    answer,
    problems: [404],
    handle: async ({ params: { kid }, caller, deps }) => {
      const by = { actor: caller.actor, ip: caller.ip }
      if (!(await revokeKey(deps.db, deps.config.ENCRYPTION_KEY, kid, by)))
        throw new Problem(404, 'unknown_key', { zh: '没有这把签名密钥', en: 'There is no such signing key' })
      return await readKeyState(deps.db, deps.config)
    },
  }),
]

async function readKeyState(db: Kysely<Schema>, config: Config): Promise<z.input<typeof answer>> {
  const items = await sql<z.input<typeof answer>['items'][number]>`
    select * from (select kid, alg, created_at as "createdAt", active_from as "activeFrom", retired_at as "retiredAt", verifies_until as "verifiesUntil",
      case when retired_at is not null then 'retired' when active_from is not null then 'current' else 'next' end as state
    from signing_key
    union all select kid, alg, created_at, active_from, revoked_at, revoked_at, 'revoked' from revoked_key
      where revoked_at > clock_timestamp() - interval '90 days') as keys
    order by state = 'revoked', "activeFrom" is null desc, "activeFrom" desc, alg`.execute(db)
  const next = await sql<{ at: Date | null }>`
    select coalesce(
      max(coalesce(published_at, clock_timestamp())) filter (where active_from is null),
      case when ${config.KEY_ROTATION_DAYS}::integer > 0 then
        min(active_from) filter (where active_from is not null and retired_at is null) + make_interval(days => ${config.KEY_ROTATION_DAYS}::integer) end)
      + make_interval(secs => ${config.KEY_PUBLICATION_SECONDS}) as at
    from signing_key`.execute(db)
  const replicas = await sql<{ id: string; seenAt: Date; kids: string[] }>`
    select id, seen_at as "seenAt", kids from key_replica
    where seen_at > clock_timestamp() - make_interval(secs => ${liveSeconds}) order by id`.execute(db)
  return {
    items: items.rows,
    rotateEveryDays: config.KEY_ROTATION_DAYS,
    nextRotationAt: next.rows[0]?.at ?? null,
    replicas: replicas.rows,
  }
}
