import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely'
import type { Text } from '../oidc/tables.ts'
import type { Scope } from '../roles/scope.ts'

/** Who did something: kept beside what they did, so that a later change of name does not rewrite history. */
export type Actor = { id: string; name?: string; kind: 'person' | 'client' | 'system' }

type Time = ColumnType<Date, Date | string | undefined, Date | string>
type OptionalTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>

/** A department; `path` runs from the root to the department itself. */
export type DepartmentTable = {
  id: string
  parent_id: string | null
  name: JSONColumnType<Text>
  path: Generated<string[]>
  updated_at: Time
}

/** A person of the company; `id` is the employee id that never changes. */
export type PersonTable = {
  id: string
  username: string
  name: JSONColumnType<Text>
  email: string
  phone: string | null
  department_id: string
  position: JSONColumnType<Text>
  manager_id: string | null
  active: Generated<boolean>
  locale: string | null
  password_hash: string | null
  password_changed_at: OptionalTime
  password_must_change: Generated<boolean>
  device_since: OptionalTime
  created_at: Time
  updated_at: Time
}

/** Who a person is in a system. */
export type NativeIdentityTable = { person_id: string; system: string; native_id: string }

/** What a person can be in the company. */
export type BusinessRoleTable = {
  id: string
  name: JSONColumnType<Text>
  group: JSONColumnType<Text>
  position: Generated<number>
}

/** A business role given to one person, for a time or for good. */
export type RoleAssignmentTable = {
  id: GeneratedAlways<number>
  person_id: string
  role_id: string
  valid_from: OptionalTime
  valid_until: OptionalTime
  reason: string
  granted_by: JSONColumnType<Actor>
  granted_at: Time
  ended_at: OptionalTime
  ended_by: JSONColumnType<Actor> | null
  started_at: OptionalTime
  warned_at: OptionalTime
}

/** A business role given to whoever is in a department and holds a position. */
export type RoleRuleTable = {
  id: GeneratedAlways<number>
  role_id: string
  department_id: string | null
  position: string | null
  reason: string
  created_by: JSONColumnType<Actor>
  created_at: Time
}

/** A published, immutable mapping. */
export type MappingVersionTable = {
  version: number
  comment: string
  published_at: Time
  published_by: JSONColumnType<Actor>
  restores: number | null
}

/** One cell of a published mapping. */
export type MappingCellTable = {
  version: number
  role_id: string
  system: string
  native_roles: string[]
  scope: Scope
}

/** The one draft, and its cells that differ from what is live. */
export type MappingDraftTable = {
  singleton: Generated<boolean>
  revision: Generated<number>
  started_at: Time
  edited_at: Time
  edited_by: JSONColumnType<Actor>
  editors: string[]
}
export type MappingDraftCellTable = Omit<MappingCellTable, 'version'>

/** Two native roles that nobody may hold together. */
export type SeparationRuleTable = {
  id: string
  name: JSONColumnType<Text>
  first_system: string
  first_role: string
  second_system: string
  second_role: string
}

/** What the SCIM resource of a person shows, and when that last changed. */
export type PersonProjectionTable = {
  person_id: string
  shown: JSONColumnType<Record<string, unknown>>
  last_modified: Time
}
export type RoleProjectionTable = { role_id: string; fingerprint: string; last_modified: Time }

/** One account in one system: what it should be, what the system last confirmed. */
export type ProvisioningTable = {
  system: string
  native_id: string
  person_id: string
  desired: JSONColumnType<Record<string, unknown>>
  generation: Generated<number>
  state: Generated<'pending' | 'done' | 'failed'>
  version: number | null
  overwrite: Generated<boolean>
  confirmed: JSONColumnType<Record<string, unknown>> | null
  confirmed_at: OptionalTime
  last_error: string | null
  pushing_until: OptionalTime
  updated_at: Time
}

/** A right that a system holds and the mapping does not explain, or the other way round. */
export type DriftTable = {
  system: string
  native_id: string
  kind: string
  person_id: string | null
  expected: JSONColumnType<Record<string, unknown>>
  actual: JSONColumnType<Record<string, unknown>>
  first_seen: Time
}
export type DriftCheckTable = { system: string; checked_at: Time; accounts: number; error: string | null }

/** The tables of directory, roles and provisioning. */
export type DirectoryTables = {
  department: DepartmentTable
  person: PersonTable
  native_identity: NativeIdentityTable
  business_role: BusinessRoleTable
  role_assignment: RoleAssignmentTable
  role_rule: RoleRuleTable
  mapping_version: MappingVersionTable
  mapping_cell: MappingCellTable
  mapping_draft: MappingDraftTable
  mapping_draft_cell: MappingDraftCellTable
  separation_rule: SeparationRuleTable
  person_projection: PersonProjectionTable
  role_projection: RoleProjectionTable
  provisioning: ProvisioningTable
  drift: DriftTable
  drift_check: DriftCheckTable
}
