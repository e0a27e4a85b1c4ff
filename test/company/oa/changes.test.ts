import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateCompany } from '../data/generate.ts'
import { type Answer, startOa, TODAY } from './testing/oa.ts'

let oa: Awaited<ReturnType<typeof startOa>>

beforeAll(async () => {
  oa = await startOa()
  await oa.grant('lina', ['Staff', 'Approver'])
  await oa.grant('zhangwei', ['Staff'])
})
afterAll(() => oa.stop())

/** Reads on from a cursor to the end, page by page. */
async function changesAfter(start: string, limit = 200): Promise<{ changes: Answer[]; cursor: string }> {
  const changes: Answer[] = []
  for (let cursor = start; ; ) {
    const page = await oa.service('ListChanges', { cursor, limit })
    changes.push(...(page.changes ?? []))
    if (page.nextCursor === cursor) return { changes, cursor }
    cursor = page.nextCursor
  }
}

const submit = async () =>
  (await oa.as('zhangwei'))('SubmitApproval', { kind: 'SEAL', title: '用印', summary: '标书', assigneeId: 'lina' })

describe('the changes', () => {
  test('begin with what waits for people on the first day', async () => {
    const { changes } = await changesAfter('')
    const { oa: seeded } = generateCompany({ today: TODAY })
    const requested = changes
      .filter(change => change.type === 'oa.approval.requested')
      .map(change => change.approval.approvalId)
    expect(requested.sort()).toEqual(
      seeded.approvals
        .filter(each => each.state === 'PENDING')
        .map(each => each.approvalId)
        .sort(),
    )
    const waiting = changes.filter(change => change.approval?.assigneeId === 'lina')
    expect(waiting.length).toBeGreaterThanOrEqual(5)
    expect(waiting.some(change => change.approval.kind === 'CONTRACT')).toBe(true)
    expect(changes.map(change => change.at.getTime())).toEqual(
      changes.map(change => change.at.getTime()).toSorted((a: number, b: number) => a - b),
    )
  })

  test('have no gap, whatever the size of the pages', async () => {
    const whole = await changesAfter('')
    const small = await changesAfter('', 3)
    expect(small.changes.map(change => change.cursor)).toEqual(whole.changes.map(change => change.cursor))
    const numbers = whole.changes.map(change => Number(change.cursor))
    expect(numbers).toEqual(numbers.map((_, index) => index + 1))
  })

  test('tell of a request, and of each decision with the version it made', async () => {
    const { cursor } = await changesAfter('')
    const { approvalId } = await submit()
    const lina = await oa.as('lina')
    await lina('DecideApproval', { approvalId, action: 'APPROVE', comment: '同意' })
    await lina('DecideApproval', { approvalId, action: 'APPROVE', comment: '同意' })
    const { changes } = await changesAfter(cursor)
    expect(
      changes.map(change => [
        change.type,
        change.objectId,
        change.version,
        change.approval.state,
        change.approval.history.length,
      ]),
    ).toEqual([
      ['oa.approval.requested', approvalId, 1, 'PENDING', 1],
      ['oa.approval.decided', approvalId, 2, 'APPROVED', 2],
      ['oa.approval.decided', approvalId, 3, 'APPROVED', 3],
    ])
  })

  test('come in order and complete while many are made at once', async () => {
    const { cursor } = await changesAfter('')
    const [submitted, polled] = await Promise.all([
      Promise.all(Array.from({ length: 30 }, submit)),
      (async () => {
        const seen: string[] = []
        let at = cursor
        for (let turn = 0; turn < 40 && seen.length < 30; turn++) {
          const page = await changesAfter(at, 4)
          seen.push(...page.changes.map(change => change.objectId))
          at = page.cursor
        }
        return seen
      })(),
    ])
    expect(polled.sort()).toEqual(submitted.map(each => each.approvalId).sort())
  })

  test.each(['-1', 'abc', '999999999', '1; DROP TABLE change'])('refuse a cursor they never gave: %s', async cursor => {
    expect(await oa.service('ListChanges', { cursor, limit: 10 })).toMatchObject({ fault: 'oa:BadCursor' })
  })
})

describe('a task', () => {
  test('is completed by its assignee, once, and that is a change', async () => {
    const { cursor } = await changesAfter('')
    const lina = await oa.as('lina')
    const [task] = (await lina('ListTasks', { assigneeId: 'lina', state: 'OPEN' })).tasks
    const zhangwei = await oa.as('zhangwei')
    expect(await zhangwei('CompleteTask', { taskId: task.taskId })).toMatchObject({ fault: 'oa:Forbidden' })
    expect(await lina('CompleteTask', { taskId: task.taskId, comment: '已寄出' })).toMatchObject({
      state: 'DONE',
      comment: '已寄出',
      version: 2,
    })
    expect(await lina('CompleteTask', { taskId: task.taskId })).toMatchObject({ fault: 'oa:AlreadyDone' })
    const { changes } = await changesAfter(cursor)
    expect(changes).toMatchObject([
      { type: 'oa.task.assigned', objectId: task.taskId, version: 2, task: { state: 'DONE' } },
    ])
  })
})

describe('the statistics', () => {
  const company = generateCompany({ today: TODAY })
  const fen = (text: Answer) => Math.round(Number(text) * 100)

  test('sum claims by month of the company as the claims themselves do', async () => {
    const { total, buckets } = await oa.service('GetStatistics', { metric: 'CLAIMS_AMOUNT', groupBy: 'MONTH' })
    const expected = new Map<string, number>()
    for (const claim of company.oa.claims)
      expected.set(claim.submittedAt.slice(0, 7), (expected.get(claim.submittedAt.slice(0, 7)) ?? 0) + claim.amount)
    expect(buckets.map((each: Answer) => [each.key, fen(each.value)])).toEqual([...expected].sort())
    expect(fen(total)).toBe(company.oa.claims.reduce((sum, claim) => sum + claim.amount, 0))
  })

  test('take from and to as days of Asia/Shanghai, the last one left out', async () => {
    const { total } = await oa.service('GetStatistics', {
      metric: 'CLAIMS_COUNT',
      from: '2026-10-01',
      to: '2026-11-01',
    })
    expect(Number(total)).toBe(company.oa.claims.filter(claim => claim.submittedAt.startsWith('2026-10')).length)
    const asMoments = await oa.service('GetStatistics', {
      metric: 'CLAIMS_COUNT',
      from: '2026-09-30T16:00:00Z',
      to: '2026-11-01T00:00:00+08:00',
    })
    expect(asMoments.total).toEqual(total)
  })

  test('count what waits by its age, and what was decided with the hours it took', async () => {
    const waiting = await oa.service('GetStatistics', { metric: 'APPROVALS_WAITING', groupBy: 'AGE' })
    const { total } = await oa.service('ListApprovals', { state: 'PENDING', limit: 1 })
    expect(Number(waiting.total)).toBe(total)
    expect(waiting.buckets.reduce((sum: number, each: Answer) => sum + each.count, 0)).toBe(total)
    const hours = await oa.service('GetStatistics', { metric: 'APPROVAL_HOURS', to: '2026-11-20' })
    const decided = company.oa.approvals.filter(
      each => ['APPROVED', 'REJECTED'].includes(each.state) && each.decidedAt! < '2026-11-20',
    )
    const mean =
      decided.reduce((sum, each) => sum + (Date.parse(each.decidedAt!) - Date.parse(each.submittedAt)) / 3_600_000, 0) /
      decided.length
    expect(Number(hours.total)).toBeCloseTo(mean, 1)
  })

  test('are for Finance and administrators, and refuse what they do not know', async () => {
    expect(await (await oa.as('zhangwei'))('GetStatistics', { metric: 'CLAIMS_COUNT' })).toMatchObject({
      fault: 'oa:Forbidden',
    })
    await oa.grant('wangfang', ['Staff', 'Finance'])
    expect(
      Number((await (await oa.as('wangfang'))('GetStatistics', { metric: 'CLAIMS_COUNT' })).total),
    ).toBeGreaterThan(0)
    expect(await oa.service('GetStatistics', { metric: 'EVERYTHING' })).toMatchObject({ fault: 'oa:BadInput' })
    expect(await oa.service('GetStatistics', { metric: 'CLAIMS_COUNT', from: '2026-02-30T00:00:00' })).toMatchObject({
      fault: 'oa:BadInput',
    })
  })
})
