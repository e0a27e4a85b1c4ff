import { now } from '@atrium/platform/clock'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { liveCells } from './mapping.ts'
import { membership } from './membership.ts'
import { rights } from './rights.ts'
import type { Scope } from './scope.ts'

/** What a person may do at this moment. `id` is the native id, null where the person has rights but no account yet. */
export type EffectiveRights = {
  businessRoles: string[]
  systems: Record<string, { id: string | null; roles: string[]; scope: Scope }>
}

/**
 * The rights of one person from assignments, rules and the live mapping, in one statement: it runs at each token issue.
 * Unknown and inactive people have none; a system in which the person only has an account is listed with no roles.
 */
export async function effectiveRights(db: Kysely<Schema>, personId: string): Promise<EffectiveRights> {
  const { rows } = await sql<EffectiveRights>`
    with member as materialized (${membership(now(), [personId])}),
      granted as (${rights(sql`select * from member`, liveCells)}),
      account as (select system, native_id from native_identity where person_id = ${personId})
    select coalesce((select array_agg(role_id order by role_id) from member), '{}') as "businessRoles",
      coalesce((
        select jsonb_object_agg(coalesce(a.system, g.system), jsonb_build_object(
          'id', a.native_id, 'roles', coalesce(g.roles, '{}'), 'scope', coalesce(g.scope, 'none')))
        from account a full join granted g on g.system = a.system), '{}') as systems`.execute(db)
  return rows[0]!
}
