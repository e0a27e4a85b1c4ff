import type { DatabaseSync } from 'node:sqlite'
import type { Announcement } from './announcements.ts'
import type { Approval } from './approvals/read.ts'
import { OaFault } from './soap/fault.ts'
import type { Task } from './tasks.ts'

export type ChangeType =
  | 'oa.approval.requested'
  | 'oa.approval.decided'
  | 'oa.task.assigned'
  | 'oa.announcement.published'
export type Change = {
  cursor: string
  type: ChangeType
  objectId: string
  version: number
  at: string
  approval?: Approval
  task?: Task
  announcement?: Announcement
}

/** Writes a change. Call it in the transaction of what changed, so that the cursor has neither gaps nor ghosts. */
export function recordChange(
  db: DatabaseSync,
  type: ChangeType,
  object: Approval | Task | Announcement,
  at: string,
): void {
  const [member, id, version] =
    'approvalId' in object
      ? ['approval', object.approvalId, object.version]
      : 'taskId' in object
        ? ['task', object.taskId, object.version]
        : ['announcement', object.announcementId, 1]
  db.prepare('INSERT INTO change (type, object_id, version, at, body) VALUES (?, ?, ?, ?, ?)').run(
    type,
    id!,
    version!,
    at,
    JSON.stringify({ [member!]: object }),
  )
}

/**
 * What happened after a cursor, oldest first; the empty cursor is the beginning.
 * @throws OaFault `oa:BadCursor` for a cursor this store never gave out, e.g. one from before it was set up anew
 */
export function listChanges(
  db: DatabaseSync,
  cursor: string,
  limit: number,
): { changes: Change[]; nextCursor: string } {
  const after = cursor === '' ? 0 : Number(cursor)
  const { last } = db.prepare('SELECT coalesce(max(cursor), 0) AS last FROM change').get() as { last: number }
  if (!/^\d{0,15}$/.test(cursor) || after > last)
    throw new OaFault('BadCursor', `"${cursor.slice(0, 40)}" is no cursor of this system; begin with an empty one.`)
  const rows = db.prepare('SELECT * FROM change WHERE cursor > ? ORDER BY cursor LIMIT ?').all(after, limit)
  const changes = rows.map(
    (row): Change => ({
      cursor: String(row.cursor),
      // Only recordChange writes this column, and it takes these types alone.
      type: String(row.type) as ChangeType,
      objectId: String(row.object_id),
      version: Number(row.version),
      at: String(row.at),
      ...JSON.parse(String(row.body)),
    }),
  )
  return { changes, nextCursor: changes.at(-1)?.cursor ?? String(after) }
}
