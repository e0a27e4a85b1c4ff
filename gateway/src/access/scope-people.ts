import { type Kysely, sql } from 'kysely'
import { type Person, rightsIn } from './person.ts'
import type { PeopleTables } from './tables.ts'

/**
 * Whose records a person may see in a system, as that system's user ids, to be put into the upstream call as a filter.
 * People who left are included: what they looked after still belongs to their department.
 * @returns `all` when there is nothing to filter, `[]` when the person may see no record
 */
export async function peopleInScope<DB extends PeopleTables>(
  db: Kysely<DB>,
  person: Person,
  system: string,
): Promise<string[] | 'all'> {
  const { id, scope } = rightsIn(person, system)
  const own = id === null ? [] : [id]
  if (!person.active || scope === 'none') return []
  if (scope === 'all') return 'all'
  // Without a department, "department" reaches no further than the person.
  if (scope === 'own' || person.departmentId === null) return own
  const reach =
    scope === 'department'
      ? sql<boolean>`p.department_id = ${person.departmentId}`
      : sql<boolean>`p.department_path @> array[${person.departmentId}]::text[]`
  const { rows } = await sql<{ native_id: string }>`
    select distinct a.native_id from person_account a join people p on p.id = a.person_id
    where a.system = ${system} and ${reach}`.execute(db)
  return [...new Set([...own, ...rows.map(row => row.native_id)])].sort()
}
