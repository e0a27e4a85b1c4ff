import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { ConnectedGateway } from '../gateway.fixture.ts'
import type { Kingdee } from './kingdee.ts'
import { connectTo, startSeededKingdee } from './world.fixture.ts'

let kingdee: Kingdee
let gateway: ConnectedGateway
beforeAll(async () => {
  kingdee = await startSeededKingdee()
  // A company looks as often as it likes; all else comes with the connector's folder.
  gateway = await connectTo(
    kingdee,
    {},
    {},
    {
      sources: { '/kingdee': { list: { everyMs: 150 } } },
      decisions: { 'kingdee.approval': { settleMs: 300 } },
    },
  )
})
afterAll(async () => {
  await gateway?.stop()
  await kingdee?.stop()
})

const inboxOf = async (person: string, state = 'OPEN') => {
  const { data, errors } = await gateway.ask(
    person,
    'query ($state: MessageState) { inbox(filter: { state: $state }) { nodes { id system kind title summary url createdAt decisions { id } decision { phase reason } subject { id } } } }',
    { state },
  )
  if (errors) throw new Error(errors[0]?.message)
  return data.inbox.nodes
}
const titles = async (person: string, state?: string) =>
  (await inboxOf(person, state)).map((one: { title: string }) => one.title)
const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 15_000, interval: 50 })
const decide = async (person: string, title: string, decision: string, comment?: string) => {
  const message = (await inboxOf(person)).find((one: { title: string }) => one.title.includes(title))
  return await gateway.ask(
    person,
    'mutation ($message: ID!, $decision: String!, $comment: String, $key: String!) { decide(message: $message, decision: $decision, comment: $comment, idempotencyKey: $key) { decision { phase } } }',
    { message: message?.id, decision, comment, key: `${title}-${decision}-key` },
  )
}
const step = (id: string) =>
  kingdee.store.of('WF_AssignmentBill').find(one => one.head.FReceiverItem_FRECEIVERITEMID === id)?.head
const writes = () => kingdee.calls.filter(call => call.method === 'WorkflowAudit')
const wait = (id: string, receiver: string, number = 'XSDD0005') =>
  kingdee.store.add('WF_AssignmentBill', {
    ...kingdee.store.of('WF_AssignmentBill')[0]?.head,
    FReceiverItem_FRECEIVERITEMID: id,
    FAssignId: `a-${id}`,
    FBILLNUMBER: number,
    FStatus: '0',
    'FReceiverId.FName': receiver,
    FCreateTime: '2026-03-07T08:00:00',
  })

test('steps that wait are messages of the persons they wait for, each once', async () => {
  await eventually(async () => expect(await titles('li')).toEqual(['Approve XSDD0005: 经理审批']))
  expect((await inboxOf('li'))[0]).toMatchObject({
    system: 'kingdee',
    kind: 'APPROVAL',
    summary: '销售订单 XSDD0005 待审批',
    createdAt: '2026-03-06T01:31:00.000Z',
    subject: { id: '9002' },
    decisions: [{ id: 'approve' }, { id: 'reject' }],
  })
  expect(await titles('boss')).toEqual(['Approve XSDD0005: 经理审批'])
  const before = kingdee.calls.length
  await eventually(async () => expect(kingdee.calls.length).toBeGreaterThan(before + 2))
  expect(await titles('li')).toHaveLength(1)
})

test('a decision is carried out in the name of the person, and is done when Kingdee shows it', async () => {
  const { errors } = await decide('li', 'XSDD0005', 'approve', "同意 'ok'")
  expect(errors).toBeUndefined()
  await eventually(async () => expect((await inboxOf('li', 'DONE'))[0]?.decision).toMatchObject({ phase: 'CONFIRMED' }))
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
  expect(step('9002')).toMatchObject({ FStatus: '1', FDisposition: "同意 'ok'" })
  expect(await titles('li')).toEqual([])
})

test('a rejection needs a reason', async () => {
  expect((await decide('boss', 'XSDD0005', 'reject')).errors?.[0]?.extensions.code).toBe('BAD_INPUT')
  await decide('boss', 'XSDD0005', 'reject', '价格太低')
  await eventually(async () => expect(step('9001')).toMatchObject({ FStatus: '1', FResultName: '驳回' }))
  expect(writes().map(call => [call.user, call.data.ApprovalType])).toEqual([
    ['李娜', 1],
    ['陈总', 2],
  ])
})

test('what was settled in Kingdee is closed; what cannot be read is not taken for settled', async () => {
  wait('9101', '李娜')
  await eventually(async () => expect(await titles('li')).toHaveLength(1))
  kingdee.instead = { status: 503, type: 'text/html', body: 'down' }
  const before = kingdee.asked.length
  await eventually(async () => expect(kingdee.asked.length).toBeGreaterThan(before))
  expect(await titles('li')).toHaveLength(1)
  kingdee.instead = undefined
  Object.assign(step('9101') ?? {}, { FStatus: '1' })
  await eventually(async () => expect(await titles('li')).toEqual([]))
  expect(await titles('li', 'DONE')).toHaveLength(2)
})

test('Kingdee’s words say why a decision was refused, and the message is open again', async () => {
  kingdee.allowed = ['集成']
  wait('9102', '李娜', 'XSDD0006')
  await eventually(async () => expect(await titles('li')).toHaveLength(1))
  await decide('li', 'XSDD0006', 'approve')
  await eventually(async () => expect((await inboxOf('li'))[0]?.decision).toMatchObject({ phase: 'REFUSED' }))
  expect(step('9102')).toMatchObject({ FStatus: '0' })
  kingdee.allowed = undefined
})
