import type { DatabaseSync } from 'node:sqlite'
import { Problem } from '@atrium/platform/problem'
import type { Caller } from '../web/bearer.ts'
import { type CrmRole, type CrmUser, findUser } from './users.ts'

/** Who asks: a user with the roles of this moment, or a client in its own name, which reads and never writes. */
export type Viewer = { kind: 'user'; user: CrmUser } | { kind: 'service'; clientId: string; scopes: string[] }

/** Whose rows: of all, of a department with or without those below, of one user, of nobody. */
export type Reach =
  | { of: 'all' }
  | { of: 'department'; department: string; below: boolean }
  | { of: 'user'; userId: string }
  | { of: 'nobody' }

/**
 * Finds the caller in the CRM's own store, so that a withdrawn role stops at the next request.
 * @throws Problem 403 when the user is unknown or inactive
 */
export function viewerOf(db: DatabaseSync, caller: Caller): Viewer {
  if (caller.kind === 'service') return caller
  const user = findUser(db, caller.userId)
  if (!user?.active)
    throw new Problem(403, 'account_inactive', {
      zh: `CRM 中没有可用的账号 ${caller.userId}`,
      en: `The CRM has no active account ${caller.userId}`,
    })
  return { kind: 'user', user }
}

/** What the viewer may read. @throws Problem 403 when the viewer has no role that reads */
export function readReach(viewer: Viewer): Reach {
  if (viewer.kind === 'service') return { of: 'all' }
  if (viewer.user.roles.includes('ReadOnly')) return { of: 'all' }
  const reach = workReach(viewer)
  if (reach.of === 'nobody')
    throw new Problem(403, 'role_missing', {
      zh: '您在 CRM 中还没有角色，请联系管理员',
      en: 'You have no role in the CRM yet; ask an administrator',
    })
  return reach
}

/** Of whose customers the viewer may see phone, e-mail and address: reading alone (ReadOnly) does not show them. */
export function personalReach(viewer: Viewer): Reach {
  return viewer.kind === 'service' ? { of: 'all' } : workReach(viewer)
}

/** What the viewer may change: own as Rep, the department and below as TeamLead, all as Manager or Admin. */
export function writeReach(viewer: Viewer): Reach {
  if (viewer.kind === 'service') return { of: 'nobody' }
  const { user } = viewer
  const has = (role: CrmRole) => user.roles.includes(role)
  if (has('Manager') || has('Admin')) return { of: 'all' }
  if (has('TeamLead')) return { of: 'department', department: user.department, below: true }
  return has('Rep') ? { of: 'user', userId: user.userId } : { of: 'nobody' }
}

/** Like writing, but a Rep whose account was given a wider scope (an assistant of the team) reads within that. */
function workReach(viewer: { kind: 'user'; user: CrmUser }): Reach {
  const { user } = viewer
  const reach = writeReach(viewer)
  if (reach.of !== 'user') return reach
  if (user.scope === 'all') return { of: 'all' }
  if (user.scope === 'department' || user.scope === 'department_and_below')
    return { of: 'department', department: user.department, below: user.scope === 'department_and_below' }
  return reach
}

/** A reach as a condition on a column that holds a user id. */
export function within(column: string, reach: Reach): { sql: string; values: string[] } {
  switch (reach.of) {
    case 'all':
      return { sql: '1', values: [] }
    case 'nobody':
      return { sql: '0', values: [] }
    case 'user':
      return { sql: `${column} = ?`, values: [reach.userId] }
    case 'department':
      return reach.below
        ? {
            sql: `${column} IN (SELECT user_id FROM crm_user_department WHERE department = ?)`,
            values: [reach.department],
          }
        : { sql: `${column} IN (SELECT user_id FROM crm_user WHERE department = ?)`, values: [reach.department] }
  }
}

/** @throws Problem 403 unless the viewer may change what belongs to `ownerId` */
export function requireWrite(db: DatabaseSync, viewer: Viewer, ownerId: string): void {
  const { sql, values } = within('owner.id', writeReach(viewer))
  const allowed = db.prepare(`SELECT 1 FROM (SELECT ? AS id) owner WHERE ${sql}`).get(ownerId, ...values)
  if (!allowed)
    throw new Problem(403, 'not_yours', {
      zh: '您可以查看但不能修改这位客户的资料',
      en: 'You may read this customer’s records but not change them',
    })
}
