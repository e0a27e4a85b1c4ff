import { now } from '@atrium/platform/clock'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Text } from '../oidc/tables.ts'
import { draftCells, liveCells } from './mapping.ts'
import { membership } from './membership.ts'
import { rights } from './rights.ts'
import type { Scope } from './scope.ts'

export type AffectedPerson = { id: string; name: Text; department: Text }

/** People who get or lose one native role. `count` is everybody, `people` the first of them by name. */
export type RoleShift = { system: string; nativeRole: string; count: number; people: AffectedPerson[] }
export type ScopeShift = { system: string; from: Scope; to: Scope; count: number; people: AffectedPerson[] }

/** What publishing would change, computed on live data. `affected` are the ids of everybody it touches. */
export type Difference = { gains: RoleShift[]; losses: RoleShift[]; scopeChanges: ScopeShift[]; affected: string[] }

const shownPeople = 200

/** Compares everybody's rights under the live mapping and under another one, in one statement. */
export async function difference(db: Kysely<Schema>, cells: RawBuilder<unknown> = draftCells): Promise<Difference> {
  const { rows } = await sql<Difference>`
    with member as materialized (${membership(now(), null)}),
      was as materialized (${rights(sql`select * from member`, liveCells)}),
      becomes as materialized (${rights(sql`select * from member`, cells)}),
      was_role as (select person_id, system, unnest(roles) as role from was),
      becomes_role as (select person_id, system, unnest(roles) as role from becomes),
      gain as (select * from becomes_role except select * from was_role),
      loss as (select * from was_role except select * from becomes_role),
      rescoped as (
        select n.person_id, n.system, o.scope as "from", n.scope as "to"
        from becomes n join was o using (person_id, system) where o.scope <> n.scope)
    select ${shifts('gain')} as gains, ${shifts('loss')} as losses,
      (select coalesce(jsonb_agg(to_jsonb(s) order by s.system, s."from", s."to"), '[]') from (
        select system, "from", "to", count(*) as count, ${people} as people
        from rescoped x ${personJoin} group by system, "from", "to") s) as "scopeChanges",
      (select coalesce(array_agg(distinct person_id), '{}') from (
        select person_id from gain union all select person_id from loss union all select person_id from rescoped) a) as affected`.execute(
    db,
  )
  return rows[0]!
}

const people = sql`(array_agg(jsonb_build_object('id', p.id, 'name', p.name, 'department', d.name)
  order by p.name->>'zh' collate "zh-x-icu", p.id))[1:${sql.lit(shownPeople)}]`

const personJoin = sql`join person p on p.id = x.person_id join department d on d.id = p.department_id`

function shifts(set: 'gain' | 'loss'): RawBuilder<RoleShift[]> {
  return sql`(select coalesce(jsonb_agg(to_jsonb(s) order by s.system, s."nativeRole"), '[]') from (
    select system, role as "nativeRole", count(*) as count, ${people} as people
    from ${sql.table(set)} x ${personJoin} group by system, role) s)`
}
