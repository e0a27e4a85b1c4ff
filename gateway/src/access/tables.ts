import type { ColumnType, Generated } from 'kysely'
import type { Names, SystemRights } from './person.ts'

// pg serialises an object given for a jsonb column, but turns an array into a PostgreSQL array: jsonb is written as text.
type Json<T> = ColumnType<T, string, string>

/** Employees as the directory last told them. Nobody is deleted: records of systems go on naming who left. */
export interface PeopleTable {
  id: string
  username: string
  name: Json<Names>
  email: string | null
  position: Json<Names>
  department_id: string | null
  department_name: Json<Names>
  department_path: string[]
  manager_id: string | null
  business_roles: string[]
  systems: Json<Record<string, SystemRights>>
  active: boolean
  modified_at: Date
  digest: string
  /** number of the synchronisation that changed the row last; grows in commit order */
  version: number
}

/** Which employee a system's user id belongs to. */
export interface PersonAccountTable {
  person_id: string
  system: string
  native_id: string
}

/** One row: how far the directory has been read. */
export interface PeopleSyncTable {
  id: Generated<number>
  /** newest meta.lastModified that was read */
  cursor: Date | null
  full_at: Date | null
  ok_at: Date | null
  failed_at: Date | null
  error: string | null
  version: Generated<number>
  /** hints received and hints served: equal when nothing is outstanding */
  wanted: Generated<number>
  served: Generated<number>
}

export interface PeopleTables {
  people: PeopleTable
  person_account: PersonAccountTable
  people_sync: PeopleSyncTable
}
