import type { DatabaseSync } from 'node:sqlite'
import { now } from '@atrium/platform/clock'
import { addDays, dayOf } from '../../data/calendar.ts'
import { transaction } from '../../web/store.ts'
import { actingPerson, type Caller } from '../access/caller.ts'
import { recordChange } from '../changes.ts'
import { OaFault } from '../soap/fault.ts'
import { findUser, type OaUser } from '../users.ts'
import { type Approval, readApproval } from './read.ts'

export type Submission = {
  kind: string
  title: string
  /** Fen. */
  amount?: number | undefined
  custId?: string | undefined
  contractNo?: string | undefined
  summary: string
  assigneeId: string
  dueAt?: string | undefined
}

/**
 * Submits an approval in the caller's own name. One about a contract puts the contract named into approval, or drafts a
 * new one for the customer named; one about an expense writes the claim.
 * @throws OaFault `oa:BadInput`, `oa:Forbidden`
 */
export function submitApproval(db: DatabaseSync, caller: Caller, submission: Submission): Approval {
  const person = actingPerson(caller)
  return transaction(db, () => {
    if (!findUser(db, submission.assigneeId)?.active)
      throw new OaFault('BadInput', `There is no active user ${submission.assigneeId} to decide.`)
    const approvalId = nextId(db, 'approval', 'approval_id', 'AP-', 6)
    const at = now().toISOString()
    const { amount = null, custId = null, dueAt = null } = submission
    const contractNo =
      submission.kind === 'CONTRACT' ? contractUnderApproval(db, person, submission) : (submission.contractNo ?? null)
    db.prepare(
      `INSERT INTO approval (approval_id, kind, title, requester_id, requester_name, department, assignee_id, state, amount, currency,
         cust_id, contract_no, summary, submitted_at, due_at, version) VALUES (?, ?, ?, ?, ?, ?, ?, 'PENDING', ?, 'CNY', ?, ?, ?, ?, ?, 1)`,
    ).run(
      approvalId,
      submission.kind,
      submission.title,
      person.userId,
      person.name,
      person.department,
      submission.assigneeId,
      amount,
      custId,
      contractNo,
      submission.summary,
      at,
      dueAt,
    )
    db.prepare("INSERT INTO approval_step VALUES (?, 1, ?, ?, 'SUBMIT', '')").run(approvalId, at, person.userId)
    if (submission.kind === 'EXPENSE') writeClaim(db, person, approvalId, submission.amount, at)
    const approval = readApproval(db, approvalId)!
    recordChange(db, 'oa.approval.requested', approval, at)
    return approval
  })
}

/** @returns the contract's number, if the approval is about one */
function contractUnderApproval(
  db: DatabaseSync,
  person: OaUser,
  { contractNo, custId, title, amount }: Submission,
): string | null {
  if (contractNo !== undefined) {
    const changed = db
      .prepare("UPDATE contract SET state = 'IN_APPROVAL' WHERE contract_no = ? AND state = 'DRAFT' AND owner_id = ?")
      .run(contractNo, person.userId)
    if (changed.changes === 0) throw new OaFault('BadInput', `Contract ${contractNo} is no draft of yours.`)
    return contractNo
  }
  if (custId === undefined) return null
  const today = dayOf(now())
  const number = nextId(db, 'contract', 'contract_no', `HT-${today.slice(0, 4)}-`, 4)
  const known = db
    .prepare('SELECT cust_name FROM contract WHERE cust_id = ? ORDER BY contract_no DESC LIMIT 1')
    .get(custId)
  db.prepare("INSERT INTO contract VALUES (?, ?, ?, ?, ?, 'CNY', NULL, ?, ?, 'IN_APPROVAL', ?)").run(
    number,
    custId,
    known?.cust_name ?? custId,
    title,
    amount ?? 0,
    today,
    addDays(today, 365),
    person.userId,
  )
  return number
}

function writeClaim(
  db: DatabaseSync,
  person: OaUser,
  approvalId: string,
  amount: number | undefined,
  at: string,
): void {
  if (amount === undefined) throw new OaFault('BadInput', 'An expense needs an amount.')
  db.prepare("INSERT INTO claim VALUES (?, ?, ?, ?, ?, 'CNY', 'OFFICE', 'PENDING', ?, ?)").run(
    nextId(db, 'claim', 'claim_id', 'CL-', 5),
    person.userId,
    person.name,
    person.department,
    amount,
    at,
    approvalId,
  )
}

function nextId(
  db: DatabaseSync,
  table: 'approval' | 'contract' | 'claim',
  column: string,
  prefix: string,
  digits: number,
): string {
  const row = db
    .prepare(
      `SELECT coalesce(max(CAST(substr(${column}, ?) AS INTEGER)), 0) + 1 AS next FROM ${table} WHERE substr(${column}, 1, ?) = ?`,
    )
    .get(prefix.length + 1, prefix.length, prefix)
  return `${prefix}${String(row?.next).padStart(digits, '0')}`
}
