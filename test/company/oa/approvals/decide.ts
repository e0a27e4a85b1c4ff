import type { DatabaseSync } from 'node:sqlite'
import { now } from '@atrium/platform/clock'
import { dayOf } from '../../data/calendar.ts'
import { transaction } from '../../web/store.ts'
import { actingPerson, type Caller } from '../access/caller.ts'
import { recordChange } from '../changes.ts'
import { OaFault } from '../soap/fault.ts'
import { type Approval, readApproval } from './read.ts'

export type Decision = { approvalId: string; action: 'APPROVE' | 'REJECT'; comment: string }

/**
 * Records the assignee's decision. As in the OAs of the field there is no idempotency key: the same person's decision
 * sent again is recorded again, as one more step of the history and one more change.
 * @throws OaFault `oa:NotFound`; `oa:AlreadyDecided` when somebody else decided; `oa:Forbidden` for anybody but the assignee
 */
export function decideApproval(db: DatabaseSync, caller: Caller, { approvalId, action, comment }: Decision): Approval {
  const person = actingPerson(caller)
  return transaction(db, () => {
    const before = readApproval(db, approvalId)
    if (!before) throw new OaFault('NotFound', `There is no approval ${approvalId}.`)
    if (before.state !== 'PENDING' && before.decidedBy !== person.userId)
      throw new OaFault(
        'AlreadyDecided',
        `Approval ${approvalId} is ${before.state} already${before.decidedBy ? `, by ${before.decidedBy}` : ''}.`,
      )
    if (before.assigneeId !== person.userId)
      throw new OaFault('Forbidden', `Only ${before.assigneeId} may decide approval ${approvalId}.`)
    const at = now().toISOString()
    const state = action === 'APPROVE' ? 'APPROVED' : 'REJECTED'
    db.prepare(
      'UPDATE approval SET state = ?, decided_at = ?, decided_by = ?, version = version + 1 WHERE approval_id = ?',
    ).run(state, at, person.userId, approvalId)
    db.prepare(
      'INSERT INTO approval_step SELECT ?, coalesce(max(step), 0) + 1, ?, ?, ?, ? FROM approval_step WHERE approval_id = ?',
    ).run(approvalId, at, person.userId, action, comment, approvalId)
    carryOut(db, before, state)
    const after = readApproval(db, approvalId)!
    recordChange(db, 'oa.approval.decided', after, at)
    return after
  })
}

/** What a decision does to the business object behind the approval. */
function carryOut(db: DatabaseSync, { approvalId, kind, contractNo }: Approval, state: 'APPROVED' | 'REJECTED'): void {
  if (kind === 'CONTRACT' && contractNo)
    db.prepare('UPDATE contract SET state = ?, signed_on = ? WHERE contract_no = ?').run(
      state === 'APPROVED' ? 'SIGNED' : 'DRAFT',
      state === 'APPROVED' ? dayOf(now()) : null,
      contractNo,
    )
  if (kind === 'EXPENSE') db.prepare('UPDATE claim SET state = ? WHERE approval_id = ?').run(state, approvalId)
}
