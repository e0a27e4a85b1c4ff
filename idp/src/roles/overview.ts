import { now } from '@atrium/platform/clock'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Text } from '../oidc/tables.ts'
import { countDrift } from '../provisioning/drift.ts'
import { type Draft, readDraft } from './draft.ts'
import { type Cell, cellsOf, liveVersion, type PublishedVersion, readCells } from './mapping.ts'
import { membership } from './membership.ts'
import type { Scope } from './scope.ts'

/** A business application as administrators see it: never its secret. */
export type System = {
  id: string
  name: Text
  protocol: string
  url: string
  nativeRoles: { id: string; name: Text; scope: Scope }[]
  provisioned: boolean
}

/** The matrix with everything beside it. `members` counts the active people who have the role at this moment. */
export type Overview = {
  systems: System[]
  groups: Text[]
  roles: { id: string; name: Text; group: Text; members: number }[]
  published: (PublishedVersion & { cells: Cell[] }) | null
  draft: Draft | null
  drift: number
}

/** All of it as of one moment. */
export async function readOverview(db: Kysely<Schema>): Promise<Overview> {
  return await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (trx: Kysely<Schema>) => {
      const { rows: roles } = await sql<Overview['roles'][number]>`
      select b.id, b.name, b."group", (select count(*) from (${membership(now(), null)}) m where m.role_id = b.id) as members
      from business_role b order by b.position, b.id`.execute(trx)
      const live = await liveVersion(trx)
      return {
        // What only signs people in has no rights to give.
        systems: (await readSystems(trx)).filter(one => one.nativeRoles.length > 0 || one.provisioned),
        groups: [...new Map(roles.map(role => [JSON.stringify(role.group), role.group])).values()],
        roles,
        published: live ? { ...live, cells: await readCells(trx, cellsOf(live.version)) } : null,
        draft: await readDraft(trx),
        drift: await countDrift(trx),
      }
    })
}

/** The business applications. */
export async function readSystems(db: Kysely<Schema>): Promise<System[]> {
  const { rows } = await sql<System>`
    select id, name, protocol, url, native_roles as "nativeRoles", provisioning is not null as provisioned from application order by id`.execute(
    db,
  )
  return rows
}
