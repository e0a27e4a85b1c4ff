import type { DatabaseSync } from 'node:sqlite'
import type { Caller } from './access/caller.ts'
import { among, type Condition, equal, visibleRows, within } from './access/scope.ts'
import { listRows, type Row, type Window, yuanText } from './list.ts'

export type Claim = {
  claimId: string
  requesterId: string
  requesterName: string
  department: string
  amount: string
  currency: string
  category: string
  state: string
  submittedAt: string
  approvalId: string
}
export type ClaimFilter = {
  requesterId?: string | undefined
  department?: string | undefined
  state?: string | undefined
  from?: string | undefined
  to?: string | undefined
  requesterIds: string[]
}

const all: Condition = { text: '1', params: [] }

export function listClaims(
  db: DatabaseSync,
  caller: Caller,
  filter: ClaimFilter & Window,
): { total: number; claims: Claim[] } {
  const conditions = [
    visibleRows(caller, ['requester_id'], all),
    ...equal('requester_id', filter.requesterId),
    ...equal('department', filter.department),
    ...equal('state', filter.state),
    ...within('submitted_at', filter.from, filter.to),
    ...among('requester_id', filter.requesterIds),
  ]
  const { total, rows } = listRows(db, 'claim', conditions, 'submitted_at DESC, claim_id DESC', filter)
  return { total, claims: rows.map(toClaim) }
}

const toClaim = (row: Row): Claim => ({
  claimId: String(row.claim_id),
  requesterId: String(row.requester_id),
  requesterName: String(row.requester_name),
  department: String(row.department),
  amount: yuanText(row.amount!),
  currency: String(row.currency),
  category: String(row.category),
  state: String(row.state),
  submittedAt: String(row.submitted_at),
  approvalId: String(row.approval_id),
})
