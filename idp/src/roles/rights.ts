import { type RawBuilder, sql } from 'kysely'

/**
 * SQL for the rows (person_id, system, roles, scope) that follow from who has which business role and from a mapping:
 * the union of the native roles and the widest scope.
 * @param members SQL with person_id and role_id
 * @param cells SQL with role_id, system, native_roles and scope
 */
export function rights(members: RawBuilder<unknown>, cells: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    select m.person_id, c.system, array_agg(distinct n.role order by n.role) as roles, max(c.scope) as scope
    from (${members}) m join (${cells}) c on c.role_id = m.role_id cross join lateral unnest(c.native_roles) as n(role)
    group by m.person_id, c.system`
}
