import { Problem } from '@atrium/platform/problem'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { ImportDocument } from './import-schema.ts'

type Department = NonNullable<ImportDocument['departments']>[number]
type Person = NonNullable<ImportDocument['people']>[number]

/**
 * Adds and changes departments and recomputes every path.
 * @throws Problem 422 when departments would be one another's parents
 */
export async function importDepartments(trx: Kysely<Schema>, departments: Department[]): Promise<void> {
  if (departments.length === 0) return
  await sql`
    insert into department as x (id, parent_id, name)
    select id, "parentId", name from jsonb_to_recordset(${JSON.stringify(departments)}::jsonb) as d(id text, "parentId" text, name jsonb)
    on conflict (id) do update set parent_id = excluded.parent_id, name = excluded.name, updated_at = clock_timestamp()
      where (x.parent_id, x.name) is distinct from (excluded.parent_id, excluded.name)`.execute(trx)
  await sql`
    with recursive tree as (
      select id, array[id] as path from department where parent_id is null
      union all
      select d.id, t.path || d.id from department d join tree t on d.parent_id = t.id)
    update department d set path = t.path from tree t where t.id = d.id and d.path is distinct from t.path`.execute(trx)
  // A circle is reachable from no root: its paths were not computed, or no longer end with its own parent.
  const { rows } = await sql<{ id: string }>`
    with recursive tree as (
      select id from department where parent_id is null
      union all
      select d.id from department d join tree t on d.parent_id = t.id)
    select id from department where id not in (select id from tree) order by id`.execute(trx)
  if (rows.length > 0) {
    const ids = rows.map(row => row.id).join(', ')
    throw new Problem(422, 'department_circle', {
      zh: `部门 ${ids} 互为上下级；每个部门都必须能追溯到一个顶级部门，未写入任何数据`,
      en: `The departments ${ids} lie below one another; every department must lead up to a top one; nothing was imported`,
    })
  }
}

/**
 * Adds and changes people and their native identities.
 * @param hashes password hashes by person id; used only where there is none yet
 * @returns the ids of people who were active and no longer are
 */
export async function importPeople(
  trx: Kysely<Schema>,
  people: Person[],
  hashes: Map<string, string>,
): Promise<string[]> {
  if (people.length === 0) return []
  await refuseForeignUsernames(trx, people)
  const rows = people.map(person => ({ ...person, hash: hashes.get(person.id) ?? null }))
  const recordset = sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as p(id text, username text, name jsonb, email text, phone text,
    "departmentId" text, position jsonb, "managerId" text, active boolean, locale text, hash text)`
  const leavers = await sql<{ id: string }>`
    select x.id from person x join (select * from ${recordset}) p on p.id = x.id where x.active and not p.active`.execute(
    trx,
  )
  await sql`
    insert into person as x (id, username, name, email, phone, department_id, position, manager_id, active, locale, password_hash, password_changed_at)
    select id, username, name, email, phone, "departmentId", position, "managerId", active, locale, hash, case when hash is not null then clock_timestamp() end from ${recordset}
    on conflict (id) do update set username = excluded.username, name = excluded.name, email = excluded.email, phone = excluded.phone,
      department_id = excluded.department_id, position = excluded.position, manager_id = excluded.manager_id, active = excluded.active,
      locale = coalesce(excluded.locale, x.locale), password_hash = coalesce(x.password_hash, excluded.password_hash),
      password_changed_at = case when x.password_hash is null then excluded.password_changed_at else x.password_changed_at end,
      updated_at = clock_timestamp()`.execute(trx)
  await importIdentities(trx, people)
  return leavers.rows.map(row => row.id)
}

async function importIdentities(trx: Kysely<Schema>, people: Person[]): Promise<void> {
  const identities = people.flatMap(person =>
    Object.entries(person.native ?? {}).map(([system, nativeId]) => ({ person: person.id, system, native: nativeId })),
  )
  const recordset = sql`jsonb_to_recordset(${JSON.stringify(identities)}::jsonb) as n(person text, system text, native text)`
  const taken = await sql<{ system: string; native: string; person: string }>`
    select i.system, i.native_id as native, i.person_id as person from native_identity i
    join (select * from ${recordset}) n on n.system = i.system and n.native = i.native_id
    where i.person_id <> n.person
      and not exists (select 1 from (select * from ${recordset}) o where o.person = i.person_id and o.system = i.system and o.native <> i.native_id)`.execute(
    trx,
  )
  if (taken.rows[0]) {
    const { system, native, person } = taken.rows[0]
    throw new Problem(409, 'native_id_taken', {
      zh: `${system} 的账号 ${native} 已属于 ${person}，未写入任何数据`,
      en: `The account ${native} in ${system} belongs to ${person}; nothing was imported`,
    })
  }
  // Freed first, so that two people can exchange their accounts in one document.
  await sql`
    delete from native_identity i using (select * from ${recordset}) n
    where n.person = i.person_id and n.system = i.system and n.native <> i.native_id`.execute(trx)
  await sql`
    insert into native_identity (person_id, system, native_id) select person, system, native from ${recordset}
    on conflict (person_id, system) do nothing`.execute(trx)
}

async function refuseForeignUsernames(trx: Kysely<Schema>, people: Person[]): Promise<void> {
  const { rows } = await sql<{ username: string; id: string }>`
    select p.username, x.id from jsonb_to_recordset(${JSON.stringify(people)}::jsonb) as p(id text, username text)
    join person x on lower(x.username) = lower(p.username) and x.id <> p.id limit 1`.execute(trx)
  if (rows[0])
    throw new Problem(409, 'username_taken', {
      zh: `用户名“${rows[0].username}”已属于 ${rows[0].id}，未写入任何数据`,
      en: `The user name "${rows[0].username}" belongs to ${rows[0].id}; nothing was imported`,
    })
}
