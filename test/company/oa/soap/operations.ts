import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { type Caller, requireService } from '../access/caller.ts'
import { listAnnouncements } from '../announcements.ts'
import { decideApproval } from '../approvals/decide.ts'
import { listApprovals, readApproval } from '../approvals/read.ts'
import { submitApproval } from '../approvals/submit.ts'
import { listChanges } from '../changes.ts'
import { listClaims } from '../claims.ts'
import { listContracts } from '../contracts.ts'
import { statistics } from '../statistics.ts'
import { completeTask, listTasks } from '../tasks.ts'
import { listUsers, saveUser } from '../users.ts'
import { OaFault } from './fault.ts'
import { checked, dayOrMoment, money, optionalEnum, optionalText, requiredEnum, text, texts, window } from './input.ts'

/** Carries one operation of the WSDL out; takes the message's elements, gives those of the answer. */
export type Operation = (args: unknown, caller: Caller, db: DatabaseSync) => object

const approvalStates = ['PENDING', 'APPROVED', 'REJECTED', 'WITHDRAWN'] as const
const approvalKinds = ['CONTRACT', 'SPECIAL_PRICE', 'EXPENSE', 'LEAVE', 'PURCHASE', 'SEAL'] as const

const operation =
  <T extends z.ZodType>(input: T, run: (input: z.infer<T>, caller: Caller, db: DatabaseSync) => object): Operation =>
  (args, caller, db) =>
    run(checked(input, args), caller, db)

/** The operations by their names in oa.wsdl. */
export const operations: Record<string, Operation> = {
  ListApprovals: operation(
    z.object({
      assigneeId: optionalText(),
      requesterId: optionalText(),
      state: optionalEnum(approvalStates),
      kind: optionalEnum(approvalKinds),
      approvalIds: texts,
      custIds: texts,
      requesterIds: texts,
      ...window,
    }),
    (input, caller, db) => listApprovals(db, caller, input),
  ),
  GetApproval: operation(z.object({ approvalId: text() }), ({ approvalId }, caller, db) => {
    const approval = readApproval(db, approvalId, caller)
    if (!approval) throw new OaFault('NotFound', `There is no approval ${approvalId} that you may see.`)
    return approval
  }),
  DecideApproval: operation(
    z.object({ approvalId: text(), action: requiredEnum(['APPROVE', 'REJECT']), comment: optionalText(2000) }),
    ({ comment = '', ...input }, caller, db) => decideApproval(db, caller, { ...input, comment }),
  ),
  SubmitApproval: operation(
    z.object({
      kind: requiredEnum(approvalKinds),
      title: text(),
      amount: money,
      custId: optionalText(),
      contractNo: optionalText(),
      summary: text(2000),
      assigneeId: text(),
      dueAt: dayOrMoment,
    }),
    (input, caller, db) => submitApproval(db, caller, input),
  ),
  ListContracts: operation(
    z.object({
      custIds: texts,
      contractNos: texts,
      ownerIds: texts,
      state: optionalEnum(['DRAFT', 'IN_APPROVAL', 'SIGNED', 'EXPIRED']),
      ...window,
    }),
    (input, caller, db) => listContracts(db, caller, input),
  ),
  ListTasks: operation(
    z.object({ assigneeId: optionalText(), state: optionalEnum(['OPEN', 'DONE']), ...window }),
    (input, caller, db) => listTasks(db, caller, input),
  ),
  CompleteTask: operation(
    z.object({ taskId: text(), comment: optionalText(2000) }),
    ({ taskId, comment = '' }, caller, db) => completeTask(db, caller, taskId, comment),
  ),
  ListAnnouncements: operation(z.object({ since: dayOrMoment, ...window }), (input, _caller, db) =>
    listAnnouncements(db, input),
  ),
  ListClaims: operation(
    z.object({
      requesterId: optionalText(),
      department: optionalText(),
      state: optionalEnum(approvalStates),
      from: dayOrMoment,
      to: dayOrMoment,
      requesterIds: texts,
      ...window,
    }),
    (input, caller, db) => listClaims(db, caller, input),
  ),
  ListChanges: operation(
    z.object({ cursor: optionalText(), limit: window.limit }),
    ({ cursor = '', limit }, caller, db) => {
      requireService(caller)
      return listChanges(db, cursor, limit)
    },
  ),
  GetStatistics: operation(
    z.object({
      metric: requiredEnum([
        'CLAIMS_AMOUNT',
        'CLAIMS_COUNT',
        'APPROVALS_COMPLETED',
        'APPROVALS_WAITING',
        'APPROVAL_HOURS',
      ]),
      from: dayOrMoment,
      to: dayOrMoment,
      groupBy: optionalEnum(['MONTH', 'STATE', 'AGE', 'DEPARTMENT']),
    }),
    (input, caller, db) => statistics(db, caller, input),
  ),
  ListUsers: operation(z.object({ userIds: texts, ...window }), (input, caller, db) => {
    requireService(caller, 'Admin')
    return listUsers(db, input)
  }),
  SaveUser: operation(
    z.object({
      userId: text(),
      externalId: text(),
      name: text(),
      department: text(),
      departmentPath: texts,
      managerId: optionalText(),
      roles: texts,
      active: z.boolean({ error: 'is missing' }),
    }),
    (input, caller, db) => saveUser(db, caller, { ...input, managerId: input.managerId }),
  ),
}
