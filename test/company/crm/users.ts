import type { DatabaseSync } from 'node:sqlite'
import { now } from '@atrium/platform/clock'
import { momentOf } from '../data/calendar.ts'
import type { Scope } from '../data/types.ts'
import { transaction } from '../web/store.ts'

export const crmRoles = ['Rep', 'TeamLead', 'ReadOnly', 'Manager', 'Admin'] as const
export type CrmRole = (typeof crmRoles)[number]

/** A user as the CRM's own store knows them. */
export type CrmUser = {
  userId: string
  externalId: string | null
  name: string
  email: string | null
  department: string
  /** From the root down. */
  departmentPath: string[]
  managerId: string | null
  /** Widens what a Rep reads; null means own. */
  scope: Scope | null
  active: boolean
  roles: CrmRole[]
  version: number
  createdAt: string
  updatedAt: string
}

type Row = {
  user_id: string
  external_id: string | null
  name: string
  email: string | null
  department: string
  department_path: string
  manager_id: string | null
  scope: Scope | null
  active: number
  version: number
  created_at: string
  updated_at: string
  roles: string
}

const columns = `u.*, (SELECT coalesce(group_concat(role, ' '), '') FROM (SELECT role FROM crm_user_role r WHERE r.user_id = u.user_id ORDER BY role)) AS roles`

/** Reads one user with the roles they have at this moment. */
export function findUser(db: DatabaseSync, userId: string): CrmUser | undefined {
  const row = db.prepare(`SELECT ${columns} FROM crm_user u WHERE user_id = ?`).get(userId) as Row | undefined
  return row && toUser(row)
}

/** One page of users in the order of their ids, filtered by equality. */
export function listUsers(
  db: DatabaseSync,
  filter: { userId?: string; externalId?: string },
  offset: number,
  limit: number,
): { total: number; users: CrmUser[] } {
  const where: string[] = []
  const values: string[] = []
  if (filter.userId !== undefined) {
    where.push('user_id = ?')
    values.push(filter.userId)
  }
  if (filter.externalId !== undefined) {
    where.push('external_id = ?')
    values.push(filter.externalId)
  }
  const condition = where.length ? `WHERE ${where.join(' AND ')}` : ''
  const { n } = db.prepare(`SELECT count(*) AS n FROM crm_user u ${condition}`).get(...values) as { n: number }
  const rows = db
    .prepare(`SELECT ${columns} FROM crm_user u ${condition} ORDER BY user_id LIMIT ? OFFSET ?`)
    .all(...values, limit, offset) as Row[]
  return { total: n, users: rows.map(toUser) }
}

export type UserInput = Omit<CrmUser, 'version' | 'createdAt' | 'updatedAt'>

/** Creates or replaces a user with roles and departments, in one transaction. */
export function saveUser(db: DatabaseSync, input: UserInput): CrmUser {
  return transaction(db, () => writeUser(db, input))
}

/** Like saveUser, inside the caller's transaction. */
export function writeUser(db: DatabaseSync, input: UserInput): CrmUser {
  const moment = momentOf(now())
  db.prepare(
    `INSERT INTO crm_user (user_id, external_id, name, email, department, department_path, manager_id, scope, active, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (user_id) DO UPDATE SET external_id = excluded.external_id, name = excluded.name, email = excluded.email,
       department = excluded.department, department_path = excluded.department_path, manager_id = excluded.manager_id,
       scope = excluded.scope, active = excluded.active, version = version + 1, updated_at = excluded.updated_at`,
  ).run(
    input.userId,
    input.externalId,
    input.name,
    input.email,
    input.department,
    JSON.stringify(input.departmentPath),
    input.managerId,
    input.scope,
    Number(input.active),
    moment,
    moment,
  )
  db.prepare('DELETE FROM crm_user_department WHERE user_id = ?').run(input.userId)
  const addDepartment = db.prepare('INSERT OR IGNORE INTO crm_user_department VALUES (?, ?)')
  for (const department of [...input.departmentPath, input.department]) addDepartment.run(department, input.userId)
  writeRoles(db, input.userId, input.roles)
  return findUser(db, input.userId)!
}

/** Gives a user exactly these roles, as the CRM's own administrator may. */
export function setRoles(db: DatabaseSync, userId: string, roles: readonly CrmRole[]): CrmUser | undefined {
  return transaction(db, () => {
    const changed = db
      .prepare('UPDATE crm_user SET version = version + 1, updated_at = ? WHERE user_id = ?')
      .run(momentOf(now()), userId)
    if (!changed.changes) return undefined
    writeRoles(db, userId, roles)
    return findUser(db, userId)
  })
}

function writeRoles(db: DatabaseSync, userId: string, roles: readonly CrmRole[]) {
  db.prepare('DELETE FROM crm_user_role WHERE user_id = ?').run(userId)
  const add = db.prepare('INSERT OR IGNORE INTO crm_user_role VALUES (?, ?)')
  for (const role of roles) add.run(userId, role)
}

const toUser = (row: Row): CrmUser => ({
  userId: row.user_id,
  externalId: row.external_id,
  name: row.name,
  email: row.email,
  department: row.department,
  departmentPath: JSON.parse(row.department_path) as string[],
  managerId: row.manager_id,
  scope: row.scope,
  active: row.active === 1,
  roles: row.roles.split(' ').filter(Boolean) as CrmRole[],
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})
