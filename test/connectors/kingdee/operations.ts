import { KingdeeError } from './error.ts'
import type { Bill, Store } from './store.ts'

export interface Failure {
  FieldName: string
  Message: string
  DIndex: number
}

/** What an operation did to the bills it was told of. */
export interface Done {
  failures: Failure[]
  numbers: string[]
}

type Data = Record<string, unknown>

const fresh = new Set(['Z', 'A', 'D'])

/** Submit and Audit: each bill by itself, so that some may succeed and others fail. */
export function changeBills(store: Store, operation: 'Submit' | 'Audit', form: string, data: Data): Done {
  const numbers = Array.isArray(data.Numbers) ? data.Numbers.map(String) : []
  if (numbers.length === 0) throw new KingdeeError(500, 9, '单据编码和内码不能同时为空')
  const done: Done = { failures: [], numbers: [] }
  for (const [index, number] of numbers.entries()) {
    const bill = store.find(form, number)
    const reason = !bill ? `编码为${number}的单据不存在` : refusal(store, operation, form, number, bill)
    if (reason === undefined && bill) {
      bill.head.FDocumentStatus = operation === 'Submit' ? 'B' : 'C'
      done.numbers.push(number)
    } else done.failures.push({ FieldName: 'FBillNo', Message: String(reason), DIndex: index })
  }
  return done
}

function refusal(store: Store, operation: string, form: string, number: string, bill: Bill): string | undefined {
  const state = String(bill.head.FDocumentStatus)
  if (operation === 'Submit') return fresh.has(state) ? undefined : `单据${number}已提交`
  if (pendingOf(store, form, number).length > 0) return `单据${number}在工作流中，请到待办里审批`
  return state === 'B' ? undefined : `单据${number}不是审核中状态，不能审核`
}

/** WorkflowAudit; that a rejected bill becomes D is unverified. */
export function auditInWorkflow(store: Store, data: Data, user: string, now: string): Done {
  const form = String(data.FormId ?? '')
  const [number, ...more] = Array.isArray(data.Numbers) ? data.Numbers.map(String) : []
  if (number === undefined || more.length > 0) throw new KingdeeError(500, 9, '单据编码和内码不能同时为空')
  // That the name in the call must be that of the caller is unverified.
  if (data.UserName !== user) throw new KingdeeError(500, 2, '没有该用户的审批权限')
  const bill = store.find(form, number)
  const assignment = pendingOf(store, form, number).find(one => one.head['FReceiverId.FName'] === user)
  if (!bill || !assignment) throw new KingdeeError(500, 11, `${user}没有单据${number}的待办任务`)
  if (data.ApprovalType !== 1 && data.ApprovalType !== 2 && data.ApprovalType !== 3)
    throw new KingdeeError(500, 8, 'ApprovalType 无效')
  const approved = data.ApprovalType === 1
  Object.assign(assignment.head, {
    FStatus: '1',
    FResultName: approved ? '同意' : '驳回',
    FDisposition: typeof data.Disposition === 'string' ? data.Disposition : null,
    FCompletedTime: now,
  })
  // Approved by one, the bill waits for the others of its workflow.
  if (!approved) bill.head.FDocumentStatus = 'D'
  else if (pendingOf(store, form, number).length === 0) bill.head.FDocumentStatus = 'C'
  return { failures: [], numbers: [number] }
}

function pendingOf(store: Store, form: string, number: string): Bill[] {
  return store
    .of('WF_AssignmentBill')
    .filter(({ head }) => head.FObjectTypeId === form && head.FBILLNUMBER === number && head.FStatus === '0')
}
