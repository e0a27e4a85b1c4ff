import type { DatabaseSync } from 'node:sqlite'
import type { Caller } from './access/caller.ts'
import { among, type Condition, equal, visibleRows } from './access/scope.ts'
import { listRows, optional, type Row, type Window, yuanText } from './list.ts'

export type Contract = {
  contractNo: string
  custId: string
  custName: string
  title: string
  amount: string
  currency: string
  signedOn: string | undefined
  validFrom: string
  validTo: string
  state: string
  ownerId: string
}
export type ContractFilter = {
  custIds: string[]
  contractNos: string[]
  ownerIds: string[]
  state?: string | undefined
}

const all: Condition = { text: '1', params: [] }

export function listContracts(
  db: DatabaseSync,
  caller: Caller,
  filter: ContractFilter & Window,
): { total: number; contracts: Contract[] } {
  const conditions = [
    visibleRows(caller, ['owner_id'], all),
    ...among('cust_id', filter.custIds),
    ...among('contract_no', filter.contractNos),
    ...among('owner_id', filter.ownerIds),
    ...equal('state', filter.state),
  ]
  const { total, rows } = listRows(db, 'contract', conditions, 'valid_from DESC, contract_no DESC', filter)
  return { total, contracts: rows.map(toContract) }
}

const toContract = (row: Row): Contract => ({
  contractNo: String(row.contract_no),
  custId: String(row.cust_id),
  custName: String(row.cust_name),
  title: String(row.title),
  amount: yuanText(row.amount!),
  currency: String(row.currency),
  signedOn: optional(row.signed_on),
  validFrom: String(row.valid_from),
  validTo: String(row.valid_to),
  state: String(row.state),
  ownerId: String(row.owner_id),
})
