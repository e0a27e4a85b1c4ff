import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { ConnectedGateway } from '../gateway.fixture.ts'
import type { Kingdee } from './kingdee.ts'
import { application, connectTo, startSeededKingdee } from './world.fixture.ts'

let kingdee: Kingdee
let gateway: ConnectedGateway
beforeAll(async () => {
  kingdee = await startSeededKingdee()
  gateway = await connectTo(kingdee)
})
afterEach(() => {
  kingdee.locked.clear()
  kingdee.allowed = undefined
})
afterAll(async () => {
  await gateway?.stop()
  await kingdee?.stop()
})
const orderState = (number: string) => kingdee.store.find('SAL_SaleOrder', number)?.head.FDocumentStatus
const writes = () => kingdee.calls.filter(call => /Audit|Submit/.test(call.method))
const decide = (person: string, id: string, approve: boolean, comment?: string) =>
  gateway.ask(
    person,
    'mutation ($id: ID!, $approve: Boolean!, $comment: String) { decideKingdeeApproval(id: $id, approve: $approve, comment: $comment) { id state result comment assignee { id } } }',
    { id, approve, ...(comment !== undefined && { comment }) },
  )

test('a person sees the steps that wait for them', async () => {
  const { data, errors } = await gateway.ask(
    'li',
    '{ kingdeeApprovals { totalCount nodes { id title form billNumber step state createdAt assignee { id } } } }',
  )
  expect(errors).toBeUndefined()
  expect(data.kingdeeApprovals.nodes).toEqual([
    {
      id: '9002',
      title: '销售订单 XSDD0005 待审批',
      form: 'SAL_SaleOrder',
      billNumber: 'XSDD0005',
      step: '经理审批',
      state: 'PENDING',
      createdAt: '2026-03-06T01:31:00.000Z',
      assignee: { id: 'li' },
    },
  ])
  const all = await gateway.ask(
    'boss',
    '{ kingdeeApprovals(mine: false, pending: false) { nodes { id state result } } }',
  )
  expect(all.data.kingdeeApprovals.nodes).toEqual([{ id: '9003', state: 'DONE', result: '同意' }])
})

test('a decision is made in the name of the person; the bill waits for the other steps', async () => {
  kingdee.calls.length = 0
  const { data, errors } = await decide('li', '9002', true, "同意 'ok'")
  expect(errors).toBeUndefined()
  expect(data.decideKingdeeApproval).toEqual({
    id: '9002',
    state: 'DONE',
    result: '同意',
    comment: "同意 'ok'",
    assignee: { id: 'li' },
  })
  expect(writes()).toEqual([
    {
      method: 'WorkflowAudit',
      user: '李娜',
      data: {
        FormId: 'SAL_SaleOrder',
        Numbers: ['XSDD0005'],
        UserName: '李娜',
        ApprovalType: 1,
        Disposition: "同意 'ok'",
      },
    },
  ])
  expect(kingdee.calls.filter(call => call.method === 'ExecuteBillQuery').every(call => call.user === '集成')).toBe(
    true,
  )
  expect(orderState('XSDD0005')).toBe('B')
})

test('what was decided cannot be decided once more, and Kingdee’s words say why', async () => {
  const { errors } = await decide('li', '9002', false)
  expect(errors?.[0]?.extensions).toMatchObject({
    code: 'UPSTREAM_REFUSED',
    system: 'kingdee',
    reason: '李娜没有单据XSDD0005的待办任务',
  })
  expect(JSON.stringify(errors)).not.toContain(application.appSecret)
  expect(orderState('XSDD0005')).toBe('B')
})

test('a step of somebody else is out of reach', async () => {
  kingdee.calls.length = 0
  const { errors } = await decide('li', '9001', true)
  expect(errors?.[0]?.extensions.code).toBe('NOT_FOUND')
  expect(writes()).toEqual([])
})

test('the last step rejects: the bill returns', async () => {
  const { data, errors } = await decide('boss', '9001', false, '价格太低')
  expect(errors).toBeUndefined()
  expect(data.decideKingdeeApproval).toMatchObject({ state: 'DONE', result: '驳回' })
  expect(orderState('XSDD0005')).toBe('D')
})

test('an order is submitted and approved, each as the person, and shown as it is now', async () => {
  kingdee.calls.length = 0
  const early = await gateway.ask('boss', 'mutation { auditKingdeeOrder(number: "XSDD0006") { number } }')
  expect(early.errors?.[0]?.extensions.code).toBe('UPSTREAM_REFUSED')
  const submitted = await gateway.ask(
    'boss',
    'mutation { submitKingdeeOrder(number: "XSDD0006") { number documentStatus customer { name } } }',
  )
  expect(submitted.errors).toBeUndefined()
  expect(submitted.data.submitKingdeeOrder).toEqual({
    number: 'XSDD0006',
    documentStatus: 'IN_APPROVAL',
    customer: { name: '北京远航' },
  })
  const audited = await gateway.ask('boss', 'mutation { auditKingdeeOrder(number: "XSDD0006") { documentStatus } }')
  expect(audited.data.auditKingdeeOrder).toEqual({ documentStatus: 'APPROVED' })
  expect(writes().map(call => [call.method, call.user])).toEqual([
    ['Audit', '陈总'],
    ['Submit', '陈总'],
    ['Audit', '陈总'],
  ])
})

test('a failure inside a success is a failure', async () => {
  kingdee.locked.add('XSDD0005')
  const { errors } = await gateway.ask('boss', 'mutation { submitKingdeeOrder(number: "XSDD0005") { number } }')
  expect(errors?.[0]?.extensions).toMatchObject({
    code: 'UPSTREAM_REFUSED',
    reason: '单据XSDD0005正被他人编辑，已锁定',
  })
  expect(orderState('XSDD0005')).toBe('D')
})

test('who may not write there, or has no name that can be signed, writes nothing', async () => {
  kingdee.calls.length = 0
  const forbidden = await gateway.ask('li', 'mutation { auditKingdeeOrder(number: "XSDD0001") { number } }')
  expect(forbidden.errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  const crafty = await gateway.ask('crafty', 'mutation { submitKingdeeOrder(number: "XSDD0005") { number } }')
  expect(crafty.errors?.[0]?.extensions.code).toBe('UPSTREAM_REFUSED')
  expect(writes()).toEqual([])
})

test('an application that may name certain users only names nobody else', async () => {
  kingdee.allowed = ['集成']
  const { errors } = await gateway.ask('boss', 'mutation { submitKingdeeOrder(number: "XSDD0005") { number } }')
  expect(errors?.[0]?.extensions.code).toBe('UPSTREAM_UNAUTHENTICATED')
  expect(orderState('XSDD0005')).toBe('D')
})
