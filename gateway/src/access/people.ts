import { type Kysely, type Selectable, sql } from 'kysely'
import type { Person } from './person.ts'
import type { PeopleTable, PeopleTables } from './tables.ts'

/** The employee with this id, active or not. */
export async function findPersonById<DB extends PeopleTables>(db: Kysely<DB>, id: string): Promise<Person | undefined> {
  return (await findPeopleByIds(db, [id])).get(id)
}

/** The employees with these ids, active or not; ids nobody has are missing from the map. */
export async function findPeopleByIds<DB extends PeopleTables>(
  db: Kysely<DB>,
  ids: readonly string[],
): Promise<Map<string, Person>> {
  if (ids.length === 0) return new Map()
  const { rows } = await sql<Selectable<PeopleTable>>`select * from people where id = any(${[...ids]})`.execute(db)
  return new Map(rows.map(row => [row.id, toPerson(row)]))
}

/** The employee who has this user id in a system; an active one where an id changed hands. */
export async function findPersonByNative<DB extends PeopleTables>(
  db: Kysely<DB>,
  system: string,
  nativeId: string,
): Promise<Person | undefined> {
  return (await findPeopleByNative(db, system, [nativeId])).get(nativeId)
}

/** Like findPersonByNative for many ids at once: native id → person. */
export async function findPeopleByNative<DB extends PeopleTables>(
  db: Kysely<DB>,
  system: string,
  nativeIds: readonly string[],
): Promise<Map<string, Person>> {
  if (nativeIds.length === 0) return new Map()
  const { rows } = await sql<Selectable<PeopleTable> & { native_id: string }>`
    select distinct on (a.native_id) a.native_id, p.*
    from person_account a join people p on p.id = a.person_id
    where a.system = ${system} and a.native_id = any(${[...nativeIds]})
    order by a.native_id, p.active desc, p.version desc`.execute(db)
  return new Map(rows.map(row => [row.native_id, toPerson(row)]))
}

/** A row of the table `people` in the shape the rest of the gateway uses. */
export function toPerson(row: Selectable<PeopleTable>): Person {
  return {
    id: row.id,
    username: row.username,
    name: row.name,
    email: row.email,
    position: row.position,
    departmentId: row.department_id,
    departmentName: row.department_name,
    departmentPath: row.department_path,
    managerId: row.manager_id,
    businessRoles: row.business_roles,
    systems: row.systems,
    active: row.active,
  }
}
