import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { addDays } from '../../data/calendar.ts'
import type { Company } from '../../data/types.ts'
import { readAnnouncement } from '../announcements.ts'
import { readApproval } from '../approvals/read.ts'
import { recordChange } from '../changes.ts'
import { readTask } from '../tasks.ts'

/** Announcements younger than this are news at the first start; older ones are only in the list. */
const NEWS_DAYS = 7

/** Copies the sample company into the OA's store. People come without roles: those arrive by provisioning. */
export function seed(db: DatabaseSync, company: Company): void {
  const { oa } = company
  const seededAt = utc(`${company.today}T00:00:00+08:00`)
  const oaIdOf = new Map(company.people.map(person => [person.id, person.native.oa]))

  insert(
    db,
    'user',
    company.people.flatMap(person => (person.native.oa ? [{ ...person, userId: person.native.oa }] : [])),
    person => ({
      user_id: person.userId,
      external_id: person.id,
      name: person.name.zh,
      department: person.departmentId,
      department_path: JSON.stringify(departmentPath(company, person.departmentId)),
      manager_id: (person.managerId && oaIdOf.get(person.managerId)) ?? null,
      active: person.active ? 1 : 0,
      updated_at: seededAt,
    }),
  )
  insert(db, 'approval', oa.approvals, each => ({
    approval_id: each.approvalId,
    kind: each.kind,
    title: each.title,
    requester_id: each.requesterId,
    requester_name: each.requesterName,
    department: each.department,
    assignee_id: each.assigneeId,
    state: each.state,
    amount: each.amount,
    currency: each.currency,
    cust_id: each.custId,
    contract_no: each.contractNo,
    summary: each.summary,
    submitted_at: utc(each.submittedAt),
    due_at: each.dueAt && utc(each.dueAt),
    decided_at: each.decidedAt && utc(each.decidedAt),
    decided_by: each.decidedBy,
    version: each.version,
  }))
  const steps = oa.approvals.flatMap(({ approvalId, history }) =>
    history.map((step, index) => ({ approvalId, step: index + 1, ...step })),
  )
  insert(db, 'approval_step', steps, each => ({
    approval_id: each.approvalId,
    step: each.step,
    at: utc(each.at),
    user_id: each.userId,
    action: each.action,
    comment: each.comment,
  }))
  insert(db, 'contract', oa.contracts, each => ({
    contract_no: each.contractNo,
    cust_id: each.custId,
    cust_name: each.custName,
    title: each.title,
    amount: each.amount,
    currency: each.currency,
    signed_on: each.signedOn,
    valid_from: each.validFrom,
    valid_to: each.validTo,
    state: each.state,
    owner_id: each.ownerId,
  }))
  insert(db, 'task', oa.tasks, each => ({
    task_id: each.taskId,
    title: each.title,
    description: each.description,
    assignee_id: each.assigneeId,
    creator_id: each.creatorId,
    state: each.state,
    priority: each.priority,
    created_at: utc(each.createdAt),
    due_at: each.dueAt && utc(each.dueAt),
    done_at: each.doneAt && utc(each.doneAt),
  }))
  insert(db, 'announcement', oa.announcements, each => ({
    announcement_id: each.announcementId,
    title: each.title,
    body: each.body,
    department: each.department,
    published_at: utc(each.publishedAt),
    must_read: each.mustRead ? 1 : 0,
  }))
  insert(db, 'claim', oa.claims, each => ({
    claim_id: each.claimId,
    requester_id: each.requesterId,
    requester_name: each.requesterName,
    department: each.department,
    amount: each.amount,
    currency: each.currency,
    category: each.category,
    state: each.state,
    submitted_at: utc(each.submittedAt),
    approval_id: each.approvalId,
  }))
  recordWhatWaits(db, company)
}

/** The changes by which a poller learns what lies before people on the first day, in the order it came. */
function recordWhatWaits(db: DatabaseSync, { oa, today }: Company): void {
  const since = utc(`${addDays(today, -NEWS_DAYS)}T00:00:00+08:00`)
  const waiting = [
    ...oa.approvals
      .filter(each => each.state === 'PENDING')
      .map(each => ({
        at: utc(each.submittedAt),
        record: () =>
          recordChange(db, 'oa.approval.requested', readApproval(db, each.approvalId)!, utc(each.submittedAt)),
      })),
    ...oa.tasks
      .filter(each => each.state === 'OPEN')
      .map(each => ({
        at: utc(each.createdAt),
        record: () => recordChange(db, 'oa.task.assigned', readTask(db, each.taskId)!, utc(each.createdAt)),
      })),
    ...oa.announcements
      .filter(each => utc(each.publishedAt) >= since)
      .map(each => ({
        at: utc(each.publishedAt),
        record: () =>
          recordChange(
            db,
            'oa.announcement.published',
            readAnnouncement(db, each.announcementId)!,
            utc(each.publishedAt),
          ),
      })),
  ]
  for (const each of waiting.toSorted((a, b) => a.at.localeCompare(b.at))) each.record()
}

const utc = (moment: string): string => new Date(moment).toISOString()

/** Department ids from the root down to one. */
function departmentPath(company: Company, id: string): string[] {
  const department = company.departments.find(each => each.id === id)
  if (!department) return []
  return [...(department.parentId ? departmentPath(company, department.parentId) : []), id]
}

function insert<T>(
  db: DatabaseSync,
  table: string,
  rows: T[],
  columns: (row: T) => Record<string, SQLInputValue>,
): void {
  const first = rows[0]
  if (first === undefined) return
  const names = Object.keys(columns(first))
  const statement = db.prepare(
    `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(name => `:${name}`).join(', ')})`,
  )
  for (const row of rows) statement.run(columns(row))
}
