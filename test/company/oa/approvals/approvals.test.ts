import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, startOa } from '../testing/oa.ts'

let oa: Awaited<ReturnType<typeof startOa>>
let lina: (operation: string, input?: object) => Promise<Answer>
let zhangwei: typeof lina

beforeAll(async () => {
  oa = await startOa()
  await oa.grant('lina', ['Staff', 'Approver'])
  await oa.grant('zhangwei', ['Staff'])
  await oa.grant('zhaolei', ['Staff', 'Approver', 'Finance'])
  await oa.grant('wangfang', ['Staff', 'Finance'])
  lina = await oa.as('lina')
  zhangwei = await oa.as('zhangwei')
})
afterAll(() => oa.stop())

const submit = (kind = 'SEAL', more: object = {}) =>
  zhangwei('SubmitApproval', { kind, title: '用印', summary: '投标文件', assigneeId: 'lina', ...more })

describe('a decision', () => {
  test('by the assignee is recorded with the comment, and a reader sees it', async () => {
    const { approvalId, version } = await submit()
    const decided = await lina('DecideApproval', { approvalId, action: 'APPROVE', comment: '同意 <b>&' })
    expect(decided).toMatchObject({ approvalId, state: 'APPROVED', decidedBy: 'lina', version: version + 1 })
    const read = await zhangwei('GetApproval', { approvalId })
    expect(read.history).toMatchObject([
      { action: 'SUBMIT', userId: 'zhangwei' },
      { action: 'APPROVE', userId: 'lina', comment: '同意 <b>&' },
    ])
  })

  test('sent twice by the assignee is recorded twice, as there is no idempotency key', async () => {
    const { approvalId } = await submit()
    const input = { approvalId, action: 'APPROVE', comment: '同意' }
    await lina('DecideApproval', input)
    const again = await lina('DecideApproval', input)
    expect(again.history.map((step: Answer) => step.action)).toEqual(['SUBMIT', 'APPROVE', 'APPROVE'])
    expect(again.version).toBe(3)
  })

  test('by anybody but the assignee is refused and leaves no trace', async () => {
    const { approvalId } = await submit()
    const zhaolei = await oa.as('zhaolei')
    expect(await zhaolei('DecideApproval', { approvalId, action: 'APPROVE' })).toMatchObject({
      fault: 'oa:Forbidden',
      faultcode: 'soap:Client',
    })
    expect(await oa.service('DecideApproval', { approvalId, action: 'APPROVE' })).toMatchObject({
      fault: 'oa:Forbidden',
    })
    expect(await zhangwei('GetApproval', { approvalId })).toMatchObject({ state: 'PENDING', version: 1 })
  })

  test('on what somebody else decided is refused with a reason of its own', async () => {
    const { approvalId } = await submit()
    await lina('DecideApproval', { approvalId, action: 'REJECT', comment: '缺附件' })
    const zhaolei = await oa.as('zhaolei')
    expect(await zhaolei('DecideApproval', { approvalId, action: 'APPROVE' })).toMatchObject({
      fault: 'oa:AlreadyDecided',
    })
  })

  test('needs a role at the moment of deciding, not at the moment of signing in', async () => {
    const { approvalId } = await submit()
    await oa.grant('lina', [])
    try {
      expect(await lina('DecideApproval', { approvalId, action: 'APPROVE' })).toMatchObject({ fault: 'oa:Forbidden' })
    } finally {
      await oa.grant('lina', ['Staff', 'Approver'])
    }
    expect(await lina('DecideApproval', { approvalId, action: 'APPROVE' })).toMatchObject({ state: 'APPROVED' })
  })

  test.each([
    ['an action that is none', { approvalId: 'AP-000001', action: 'SIGN' }, 'oa:BadInput'],
    ['an approval that does not exist', { approvalId: 'AP-999999', action: 'APPROVE' }, 'oa:NotFound'],
    ['no approval at all', { action: 'APPROVE' }, 'oa:BadInput'],
    [
      'a comment that is too long',
      { approvalId: 'AP-000001', action: 'APPROVE', comment: 'x'.repeat(2001) },
      'oa:BadInput',
    ],
  ])('with %s is refused', async (_what, input, fault) => {
    expect(await lina('DecideApproval', input)).toMatchObject({ fault })
  })
})

describe('behind an approval', () => {
  const contractOf = async (contractNo: string) =>
    (await oa.service('ListContracts', { contractNos: [contractNo] })).contracts[0]

  test('a contract that is approved is signed, one that is rejected is a draft again', async () => {
    const { approvalId, contractNo } = await submit('CONTRACT', { custId: 'C00001', amount: '120000.50' })
    expect(await contractOf(contractNo)).toMatchObject({
      state: 'IN_APPROVAL',
      custId: 'C00001',
      amount: '120000.50',
      ownerId: 'zhangwei',
    })
    await lina('DecideApproval', { approvalId, action: 'REJECT', comment: '条款' })
    expect(await contractOf(contractNo)).toMatchObject({ state: 'DRAFT' })
    const second = await submit('CONTRACT', { contractNo })
    await lina('DecideApproval', { approvalId: second.approvalId, action: 'APPROVE' })
    const signed = await contractOf(contractNo)
    expect(signed.state).toBe('SIGNED')
    expect(signed.signedOn).toBeInstanceOf(Date)
  })

  test('a claim follows the decision', async () => {
    const { approvalId } = await submit('EXPENSE', { amount: '88.80' })
    const wangfang = await oa.as('wangfang')
    const claim = async () =>
      (await wangfang('ListClaims', { requesterId: 'zhangwei' })).claims.find(
        (each: Answer) => each.approvalId === approvalId,
      )
    expect(await claim()).toMatchObject({ state: 'PENDING', amount: '88.80' })
    await lina('DecideApproval', { approvalId, action: 'APPROVE' })
    expect(await claim()).toMatchObject({ state: 'APPROVED' })
  })
})

describe('a list of approvals', () => {
  test('shows Staff their own only, an Approver those of the department below, Finance the expenses', async () => {
    const { approvalId: own } = await submit()
    const { approvalId: expense } = await submit('EXPENSE', { amount: '10.00' })
    const seen = async (userId: string) => {
      const call = await oa.as(userId)
      const { approvals = [] } = await call('ListApprovals', { approvalIds: [own, expense] })
      return approvals.map((each: Answer) => each.approvalId).sort()
    }
    expect(await seen('zhangwei')).toEqual([own, expense].sort())
    expect(await seen('lina')).toEqual([own, expense].sort())
    expect(await seen('wangfang')).toEqual([expense])
    await oa.grant('chenjie', ['Staff'])
    expect(await seen('chenjie')).toEqual([])
  })

  test('is cut by offset and limit, with the total of all', async () => {
    const first = await lina('ListApprovals', { state: 'PENDING', assigneeId: 'lina', offset: 0, limit: 2 })
    const second = await lina('ListApprovals', { state: 'PENDING', assigneeId: 'lina', offset: 2, limit: 2 })
    expect(first.total).toBeGreaterThanOrEqual(5)
    expect(second.total).toBe(first.total)
    const ids = [...first.approvals, ...second.approvals].map((each: Answer) => each.approvalId)
    expect(new Set(ids).size).toBe(4)
  })

  test('takes several requesters at once, so that a row scope is one call', async () => {
    const of = async (requesterIds: string[]) =>
      (await oa.service('ListApprovals', { requesterIds, limit: 1 })).total ?? 0
    const [one, other] = [await of(['zhangwei']), await of(['chenjie'])]
    expect(one).toBeGreaterThan(0)
    expect(other).toBeGreaterThan(0)
    expect(await of(['zhangwei', 'chenjie'])).toBe(one + other)
    expect((await oa.service('ListClaims', { requesterIds: ['nobody'] })).total).toBe(0)
  })

  test('holds a contract approval for li.na on the first day', async () => {
    const { approvals } = await lina('ListApprovals', { state: 'PENDING', assigneeId: 'lina', kind: 'CONTRACT' })
    expect(approvals.length).toBeGreaterThan(0)
    expect(approvals[0]).toMatchObject({ currency: 'CNY', amount: expect.stringMatching(/^\d+\.\d\d$/) })
  })

  test.each([
    ['a limit above 200', { limit: 201 }],
    ['an offset below 0', { offset: -1 }],
    ['a state that is none', { state: 'OPEN' }],
  ])('with %s is refused', async (_what, input) => {
    expect(await lina('ListApprovals', input)).toMatchObject({ fault: 'oa:BadInput' })
  })
})
