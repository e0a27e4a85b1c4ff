import { type Kysely, sql, type Transaction } from 'kysely'
import type { BrokenUser, DirectoryUser } from './directory-user.ts'
import type { PeopleTables } from './tables.ts'

/** Channel on which replicas are told that a new version of the people exists. */
export const peopleChannel = 'atrium_people'

/**
 * Writes what the directory said, in one transaction, and tells all replicas if anything changed.
 * @returns ids of the people who changed
 */
export async function savePeople(
  db: Kysely<PeopleTables>,
  users: readonly DirectoryUser[],
  inactive: readonly string[] = [],
): Promise<string[]> {
  if (users.length === 0 && inactive.length === 0) return []
  return await db.transaction().execute(async trx => {
    const version = await nextVersion(trx)
    const changed: string[] = []
    for (const user of users) if (await savePerson(trx, user, version)) changed.push(user.person.id)
    if (inactive.length > 0) {
      const { rows } = await sql<{ id: string }>`
        update people set active = false, digest = '', version = ${version} where active and id = any(${[...inactive]}) returning id`.execute(
        trx,
      )
      changed.push(...rows.map(row => row.id))
    }
    if (changed.length === 0) return []
    await sql`select pg_notify(${peopleChannel}, ${String(version)})`.execute(trx)
    return changed
  })
}

// The row lock makes writers take turns, so that a higher version is always committed later.
async function nextVersion(trx: Transaction<PeopleTables>): Promise<number> {
  const { rows } = await sql<{
    version: number
  }>`update people_sync set version = version + 1 returning version`.execute(trx)
  return rows[0]?.version ?? 0
}

async function savePerson(
  trx: Transaction<PeopleTables>,
  { person, modifiedAt, digest }: DirectoryUser,
  version: number,
): Promise<boolean> {
  const json = JSON.stringify
  // An answer that left the directory before a newer one must not win.
  const { rows } = await sql`
    insert into people (id, username, name, email, position, department_id, department_name, department_path, manager_id,
      business_roles, systems, active, modified_at, digest, version)
    values (${person.id}, ${person.username}, ${json(person.name)}::jsonb, ${person.email}, ${json(person.position)}::jsonb,
      ${person.departmentId}, ${json(person.departmentName)}::jsonb, ${person.departmentPath}, ${person.managerId},
      ${person.businessRoles}, ${json(person.systems)}::jsonb, ${person.active}, ${modifiedAt}, ${digest}, ${version})
    on conflict (id) do update set username = excluded.username, name = excluded.name, email = excluded.email,
      position = excluded.position, department_id = excluded.department_id, department_name = excluded.department_name,
      department_path = excluded.department_path, manager_id = excluded.manager_id, business_roles = excluded.business_roles,
      systems = excluded.systems, active = excluded.active, modified_at = excluded.modified_at, digest = excluded.digest,
      version = excluded.version
    where people.digest <> excluded.digest and people.modified_at <= excluded.modified_at
    returning id`.execute(trx)
  if (rows.length === 0) return false
  await sql`delete from person_account where person_id = ${person.id}`.execute(trx)
  for (const [system, right] of Object.entries(person.systems)) {
    if (right.id === null) continue
    await sql`insert into person_account (person_id, system, native_id) values (${person.id}, ${system}, ${right.id})`.execute(
      trx,
    )
  }
  return true
}

/** Ids among the broken entries that the directory calls inactive: they lose access whatever else is wrong with them. */
export function inactiveAmong(broken: readonly BrokenUser[]): string[] {
  return broken.flatMap(entry => (entry.inactive && entry.id !== undefined ? [entry.id] : []))
}

/** Ids of the active people that are not among those given. */
export async function activePeopleExcept(db: Kysely<PeopleTables>, ids: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{
    id: string
  }>`select id from people where active and id <> all(${[...ids]}) order by id`.execute(db)
  return rows.map(row => row.id)
}
