import { now } from '@atrium/platform/clock'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { liveCells } from '../roles/mapping.ts'
import { membership } from '../roles/membership.ts'
import { rights } from '../roles/rights.ts'

/** The SCIM extension that carries native ids, roles and scopes. */
export const nativeExtension = 'urn:atrium:scim:native'

/** The SCIM extension of RFC 7643 §4.3. */
export const enterpriseExtension = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

/**
 * Recomputes what the SCIM resources of people and of business roles show, in the caller's transaction, which holds the
 * directory's lock.
 * @param people only these; null for everybody
 * @returns the ids of the people whose resource changed
 */
export async function project(trx: Kysely<Schema>, people: string[] | null): Promise<string[]> {
  const stamp = await nextStamp(trx)
  const changed = await projectPeople(trx, people, stamp)
  await projectRoles(trx, stamp)
  return changed
}

/** Later than every earlier one and in whole milliseconds, because a reader gives back what JSON showed it. */
async function nextStamp(trx: Kysely<Schema>): Promise<Date> {
  const { rows } = await sql<{ stamp: Date }>`
    select greatest(date_trunc('milliseconds', clock_timestamp()),
      (select max(last_modified) from person_projection) + interval '1 millisecond',
      (select max(last_modified) from role_projection) + interval '1 millisecond') as stamp`.execute(trx)
  return rows[0]!.stamp
}

async function projectPeople(trx: Kysely<Schema>, people: string[] | null, stamp: Date): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with member as materialized (${membership(now(), people)}),
      granted as (${rights(sql`select * from member`, liveCells)}),
      account as (select * from native_identity where ${people}::text[] is null or person_id = any(${people}::text[])),
      system as (
        select person_id, jsonb_object_agg(system, jsonb_build_object(
          'id', a.native_id, 'roles', coalesce(g.roles, '{}'), 'scope', coalesce(g.scope, 'none'))) as systems
        from account a full join granted g using (person_id, system) group by person_id),
      role as (select person_id, jsonb_agg(role_id order by role_id) as roles from member group by person_id)
    insert into person_projection as x (person_id, shown, last_modified)
    select p.id, ${shownPerson}, ${stamp}
    from person p join department d on d.id = p.department_id
      left join role r on r.person_id = p.id left join system s on s.person_id = p.id
    where ${people}::text[] is null or p.id = any(${people}::text[])
    on conflict (person_id) do update set shown = excluded.shown, last_modified = excluded.last_modified
      where x.shown is distinct from excluded.shown
    returning person_id as id`.execute(trx)
  return rows.map(row => row.id)
}

const shownPerson = sql`jsonb_strip_nulls(jsonb_build_object(
    'id', p.id, 'externalId', p.id, 'userName', p.username, 'displayName', p.name->>'zh',
    'name', jsonb_build_object('formatted', p.name->>'zh'),
    'active', p.active, 'title', p.position->>'zh', 'locale', p.locale,
    'emails', jsonb_build_array(jsonb_build_object('value', p.email, 'type', 'work', 'primary', true)),
    'phoneNumbers', case when p.phone is not null then jsonb_build_array(jsonb_build_object('value', p.phone, 'type', 'work')) end,
    ${sql.lit(enterpriseExtension)}, jsonb_build_object(
      'employeeNumber', p.id, 'department', d.name->>'zh',
      'manager', case when p.manager_id is not null then jsonb_build_object('value', p.manager_id) end)))
  || jsonb_build_object(${sql.lit(nativeExtension)}, jsonb_build_object(
      'names', p.name, 'position', p.position, 'departmentId', d.id, 'departmentPath', to_jsonb(d.path), 'departmentNames', d.name,
      'businessRoles', coalesce(r.roles, '[]'), 'systems', coalesce(s.systems, '{}')))`

async function projectRoles(trx: Kysely<Schema>, stamp: Date): Promise<void> {
  await sql`
    with member as materialized (${membership(now(), null)})
    insert into role_projection as x (role_id, fingerprint, last_modified)
    select b.id, md5(b.name::text || coalesce((select string_agg(person_id, ',' order by person_id) from member where role_id = b.id), '')), ${stamp}
    from business_role b
    on conflict (role_id) do update set fingerprint = excluded.fingerprint, last_modified = excluded.last_modified
      where x.fingerprint <> excluded.fingerprint`.execute(trx)
}
