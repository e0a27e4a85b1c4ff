import { type Kysely, sql } from '@atrium/platform/database'
import { z } from 'zod'
import type { Config } from '../config.ts'
import type { Schema } from '../database/schema.ts'
import { beginRotation, liveSeconds } from '../oidc/key-rotation.ts'
import { operation } from './operation.ts'
import { moment } from './schemas.ts'

const answer = z
  .object({
    items: z.array(
      z.object({
        kid: z.string(),
        alg: z.string(),
        state: z.enum(['next', 'current', 'retired']),
        createdAt: moment,
        activeFrom: moment.nullable(),
        retiredAt: moment.nullable(),
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
]

async function readKeyState(db: Kysely<Schema>, config: Config): Promise<z.input<typeof answer>> {
  const items = await sql<z.input<typeof answer>['items'][number]>`
    select kid, alg, created_at as "createdAt", active_from as "activeFrom", retired_at as "retiredAt", verifies_until as "verifiesUntil",
      case when retired_at is not null then 'retired' when active_from is not null then 'current' else 'next' end as state
    from signing_key order by active_from is null desc, active_from desc, alg`.execute(db)
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
