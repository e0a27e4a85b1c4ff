import type { DatabaseSync } from 'node:sqlite'
import { now } from '@atrium/platform/clock'
import { transaction } from '../web/store.ts'
import { actingPerson, type Caller } from './access/caller.ts'
import { equal, visibleRows } from './access/scope.ts'
import { recordChange } from './changes.ts'
import { listRows, optional, type Row, type Window } from './list.ts'
import { OaFault } from './soap/fault.ts'

export type Task = {
  taskId: string
  title: string
  description: string
  assigneeId: string
  creatorId: string
  state: string
  priority: string
  createdAt: string
  dueAt: string | undefined
  doneAt: string | undefined
  comment: string | undefined
  version: number
}

export function listTasks(
  db: DatabaseSync,
  caller: Caller,
  filter: { assigneeId?: string | undefined; state?: string | undefined } & Window,
): { total: number; tasks: Task[] } {
  const conditions = [
    visibleRows(caller, ['assignee_id', 'creator_id']),
    ...equal('assignee_id', filter.assigneeId),
    ...equal('state', filter.state),
  ]
  const { total, rows } = listRows(db, 'task', conditions, "coalesce(due_at, '9999'), task_id", filter)
  return { total, tasks: rows.map(toTask) }
}

export function readTask(db: DatabaseSync, taskId: string): Task | undefined {
  const row = db.prepare('SELECT * FROM task WHERE task_id = ?').get(taskId)
  return row && toTask(row)
}

/**
 * Marks a task as done by its assignee; whoever polls learns it as a new version of the assignment.
 * @throws OaFault `oa:NotFound`, `oa:Forbidden`, `oa:AlreadyDone`
 */
export function completeTask(db: DatabaseSync, caller: Caller, taskId: string, comment: string): Task {
  const person = actingPerson(caller)
  return transaction(db, () => {
    const before = readTask(db, taskId)
    if (!before) throw new OaFault('NotFound', `There is no task ${taskId}.`)
    if (before.assigneeId !== person.userId)
      throw new OaFault('Forbidden', `Only ${before.assigneeId} may complete task ${taskId}.`)
    if (before.state === 'DONE') throw new OaFault('AlreadyDone', `Task ${taskId} is done already.`)
    const at = now().toISOString()
    db.prepare("UPDATE task SET state = 'DONE', done_at = ?, comment = ?, version = version + 1 WHERE task_id = ?").run(
      at,
      comment,
      taskId,
    )
    const after = readTask(db, taskId)!
    recordChange(db, 'oa.task.assigned', after, at)
    return after
  })
}

const toTask = (row: Row): Task => ({
  taskId: String(row.task_id),
  title: String(row.title),
  description: String(row.description),
  assigneeId: String(row.assignee_id),
  creatorId: String(row.creator_id),
  state: String(row.state),
  priority: String(row.priority),
  createdAt: String(row.created_at),
  dueAt: optional(row.due_at),
  doneAt: optional(row.done_at),
  comment: optional(row.comment),
  version: Number(row.version),
})
