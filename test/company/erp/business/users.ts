import type { DatabaseSync } from 'node:sqlite'
import { now } from '@atrium/platform/clock'
import { badRequest } from '../odata/errors.ts'
import type { Values } from './body.ts'

const nativeRoles = [
  'SalesViewer',
  'OrderEntry',
  'Buyer',
  'Warehouse',
  'Planner',
  'Accountant',
  'Controller',
  'ReadOnly',
  'BasisAdmin',
]

export type ErpUser = { userId: string; name: string; roles: string[]; active: boolean }

/** A user by its id, with the roles of this moment. */
export function findUser(db: DatabaseSync, userId: string): ErpUser | undefined {
  const row = db.prepare('SELECT user_id, name, roles, active FROM user WHERE user_id = ?').get(userId)
  if (!row) return undefined
  const roles: string[] = JSON.parse(String(row.roles))
  return { userId: String(row.user_id), name: String(row.name), roles, active: row.active === 1 }
}

/**
 * Writes a user as provisioning says it: what is given replaces what is stored, the rest stays.
 * @returns whether the user is new
 * @throws ODataError 400 for a role that this system does not have
 */
export function saveUser(db: DatabaseSync, userId: string, values: Values): boolean {
  if (!/^[\w.-]{1,40}$/.test(userId))
    throw badRequest('UserId takes 1 to 40 letters, digits, "_", "-" and ".".', 'UserId')
  const roles: string[] = values.Roles === undefined ? [] : JSON.parse(String(values.Roles))
  const unknown = roles.find(role => !nativeRoles.includes(role))
  if (unknown !== undefined)
    throw badRequest(`There is no role "${unknown.slice(0, 40)}"; there are ${nativeRoles.join(', ')}.`, 'Roles')
  const existing = db.prepare('SELECT * FROM user WHERE user_id = ?').get(userId)
  const value = (name: string, column: string, fallback: string | number) =>
    values[name] ?? existing?.[column] ?? fallback
  db.prepare(
    `INSERT INTO user (user_id, external_id, name, department, department_path, roles, active, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (user_id) DO UPDATE SET external_id = excluded.external_id, name = excluded.name, department = excluded.department,
       department_path = excluded.department_path, roles = excluded.roles, active = excluded.active, updated_at = excluded.updated_at`,
  ).run(
    userId,
    value('ExternalId', 'external_id', ''),
    value('Name', 'name', userId),
    value('Department', 'department', ''),
    value('DepartmentPath', 'department_path', '[]'),
    value('Roles', 'roles', '[]'),
    value('Active', 'active', 1),
    now().toISOString(),
  )
  return existing === undefined
}
