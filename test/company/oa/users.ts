import type { DatabaseSync } from 'node:sqlite'
import { now } from '@atrium/platform/clock'
import type { Caller } from './access/caller.ts'
import { among } from './access/scope.ts'
import { listRows, optional, type Row, type Window } from './list.ts'
import { OaFault } from './soap/fault.ts'

export const nativeRoles = ['Staff', 'Approver', 'Finance', 'Admin']

export type OaUser = {
  userId: string
  externalId: string
  name: string
  department: string
  departmentPath: string[]
  managerId: string | undefined
  roles: string[]
  active: boolean
}

/** A user by its id, with the roles of this moment. */
export function findUser(db: DatabaseSync, userId: string): OaUser | undefined {
  const row = db.prepare('SELECT * FROM user WHERE user_id = ?').get(userId)
  return row && toUser(row)
}

export function listUsers(
  db: DatabaseSync,
  filter: { userIds: string[] } & Window,
): { total: number; users: OaUser[] } {
  const { total, rows } = listRows(db, 'user', among('user_id', filter.userIds), 'user_id', filter)
  return { total, users: rows.map(toUser) }
}

/** Creates or replaces an account. @throws OaFault `oa:Forbidden`, `oa:BadInput` */
export function saveUser(db: DatabaseSync, caller: Caller, user: OaUser): OaUser {
  if (caller.kind !== 'service' || !caller.mayProvision)
    throw new OaFault('Forbidden', 'Users are written by provisioning only.')
  if (!/^[\w.-]{1,40}$/.test(user.userId))
    throw new OaFault('BadInput', 'userId takes 1 to 40 letters, digits, "_", "-" and ".".')
  const unknown = user.roles.find(role => !nativeRoles.includes(role))
  if (unknown !== undefined)
    throw new OaFault('BadInput', `There is no role "${unknown.slice(0, 40)}"; there are ${nativeRoles.join(', ')}.`)
  db.prepare(
    `INSERT INTO user VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (user_id) DO UPDATE SET external_id = excluded.external_id,
       name = excluded.name, department = excluded.department, department_path = excluded.department_path,
       manager_id = excluded.manager_id, roles = excluded.roles, active = excluded.active, updated_at = excluded.updated_at`,
  ).run(
    user.userId,
    user.externalId,
    user.name,
    user.department,
    JSON.stringify(user.departmentPath),
    user.managerId ?? null,
    JSON.stringify([...new Set(user.roles)]),
    user.active ? 1 : 0,
    now().toISOString(),
  )
  return findUser(db, user.userId)!
}

const toUser = (row: Row): OaUser => ({
  userId: String(row.user_id),
  externalId: String(row.external_id),
  name: String(row.name),
  department: String(row.department),
  departmentPath: JSON.parse(String(row.department_path)),
  managerId: optional(row.manager_id),
  roles: JSON.parse(String(row.roles)),
  active: row.active === 1,
})
