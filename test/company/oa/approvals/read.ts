import type { DatabaseSync } from 'node:sqlite'
import type { Caller } from '../access/caller.ts'
import { allOf, among, type Condition, equal, visibleRows } from '../access/scope.ts'
import { listRows, optional, type Row, type Window, yuanText } from '../list.ts'

export type ApprovalStep = { at: string; userId: string; action: string; comment: string }
export type Approval = {
  approvalId: string
  kind: string
  title: string
  requesterId: string
  requesterName: string
  department: string
  assigneeId: string
  state: string
  amount: string | undefined
  currency: string
  custId: string | undefined
  contractNo: string | undefined
  summary: string
  submittedAt: string
  dueAt: string | undefined
  decidedAt: string | undefined
  decidedBy: string | undefined
  version: number
  history: ApprovalStep[]
}

export type ApprovalFilter = {
  assigneeId?: string | undefined
  requesterId?: string | undefined
  state?: string | undefined
  kind?: string | undefined
  approvalIds: string[]
  custIds: string[]
  requesterIds: string[]
}

/** Finance checks expenses, whoever asked for them. */
const expenses: Condition = { text: "kind = 'EXPENSE'", params: [] }
const visible = (caller: Caller) => visibleRows(caller, ['requester_id', 'assignee_id'], expenses)

export function listApprovals(
  db: DatabaseSync,
  caller: Caller,
  filter: ApprovalFilter & Window,
): { total: number; approvals: Approval[] } {
  const conditions = [
    visible(caller),
    ...equal('assignee_id', filter.assigneeId),
    ...equal('requester_id', filter.requesterId),
    ...equal('state', filter.state),
    ...equal('kind', filter.kind),
    ...among('approval_id', filter.approvalIds),
    ...among('cust_id', filter.custIds),
    ...among('requester_id', filter.requesterIds),
  ]
  const { total, rows } = listRows(db, 'approval', conditions, 'submitted_at DESC, approval_id DESC', filter)
  return { total, approvals: withHistory(db, rows) }
}

/** One approval, if the caller may see it; without a caller, whoever asks. */
export function readApproval(db: DatabaseSync, approvalId: string, caller?: Caller): Approval | undefined {
  const where = allOf([...equal('approval_id', approvalId), ...(caller ? [visible(caller)] : [])])
  return withHistory(db, db.prepare(`SELECT * FROM approval WHERE ${where.text}`).all(...where.params))[0]
}

function withHistory(db: DatabaseSync, rows: Row[]): Approval[] {
  const ids = rows.map(row => String(row.approval_id))
  const steps = db
    .prepare(
      `SELECT * FROM approval_step WHERE approval_id IN (${ids.map(() => '?').join(', ')}) ORDER BY approval_id, step`,
    )
    .all(...ids)
  const byApproval = Map.groupBy(steps, step => String(step.approval_id))
  return rows.map(row => ({
    approvalId: String(row.approval_id),
    kind: String(row.kind),
    title: String(row.title),
    requesterId: String(row.requester_id),
    requesterName: String(row.requester_name),
    department: String(row.department),
    assigneeId: String(row.assignee_id),
    state: String(row.state),
    amount: row.amount === null ? undefined : yuanText(row.amount!),
    currency: String(row.currency),
    custId: optional(row.cust_id),
    contractNo: optional(row.contract_no),
    summary: String(row.summary),
    submittedAt: String(row.submitted_at),
    dueAt: optional(row.due_at),
    decidedAt: optional(row.decided_at),
    decidedBy: optional(row.decided_by),
    version: Number(row.version),
    history: (byApproval.get(String(row.approval_id)) ?? []).map(step => ({
      at: String(step.at),
      userId: String(step.user_id),
      action: String(step.action),
      comment: String(step.comment),
    })),
  }))
}
