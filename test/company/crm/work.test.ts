import { setClock } from '@atrium/platform/clock'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { remindDue } from './reminders.ts'
import { startTestCrm, type TestCrm, TODAY } from './testing/crm.ts'

let crm: TestCrm
beforeAll(async () => {
  crm = await startTestCrm()
  crm.give('U-1002', 'Rep')
  crm.give('U-1000', 'Manager')
})
afterAll(() => crm.stop())
afterEach(() => setClock())

const eventsOf = (type: string) => crm.sent.filter(event => event.type === type)
const MINE = async (status = 'PLANNED') =>
  (
    await crm.call(
      'U-1002',
      'GET',
      `/followups?owner=U-1002&status=${status}&limit=200&sort=${status === 'DONE' ? '-' : ''}dueAt`,
    )
  ).body.items

describe('follow-ups', () => {
  it('of today are reported to the people of the demonstration at the first start, once', async () => {
    await vi.waitFor(() => expect(eventsOf('crm.followup.due').length).toBeGreaterThanOrEqual(9))
    const due = eventsOf('crm.followup.due')
    const owners = new Set(
      due.filter(event => String(event.data.dueAt).startsWith(TODAY)).map(event => event.data.ownerId),
    )
    expect(owners).toEqual(new Set(['U-1000', 'U-1001', 'U-1002']))
    expect(due[0]!.data).toMatchObject({
      followUpId: expect.any(String),
      customerNo: expect.stringMatching(/^C\d{5}$/),
      customerName: expect.any(String),
      content: expect.any(String),
    })
    const before = crm.sent.length
    const { remindDue: again } = await import('./reminders.ts')
    expect(again(crm.db, crm.events, `${TODAY}T00:00:00+08:00`, ['U-1002'])).toBe(0)
    expect(crm.sent.length).toBe(before)
  })

  it('are reported when their time comes, once each, however often one looks', async () => {
    const at = `${TODAY}T23:59:00+08:00`
    const waiting = crm.db
      .prepare("SELECT count(*) AS n FROM follow_up WHERE status = 'PLANNED' AND reminded = 0 AND due_at <= ?")
      .get(at) as { n: number }
    expect(waiting.n).toBeGreaterThan(0)
    const before = eventsOf('crm.followup.due').length
    expect(remindDue(crm.db, crm.events, at)).toBe(waiting.n)
    expect(remindDue(crm.db, crm.events, at)).toBe(0)
    await vi.waitFor(() => expect(eventsOf('crm.followup.due').length).toBe(before + waiting.n))
  })

  it('written down are in the CRM, plan the next one and close what was planned with the customer', async () => {
    setClock(() => new Date(`${TODAY}T10:00:00+08:00`))
    const planned = (await MINE()).find((row: { dueAt: string }) => row.dueAt.startsWith(TODAY))
    const { status, body } = await crm.call('U-1002', 'POST', '/followups', {
      customerNo: planned.customerNo,
      content: '已电话确认交期，下周寄样机',
      nextAt: '2026-11-27T02:00:00Z',
      nextContent: '确认样机试用',
    })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      status: 'DONE',
      ownerId: 'U-1002',
      dueAt: `${TODAY}T10:00:00+08:00`,
      next: { status: 'PLANNED', dueAt: '2026-11-27T10:00:00+08:00', content: '确认样机试用' },
    })
    const list = (await crm.call('U-1002', 'GET', `/followups?customerNo=${planned.customerNo}&limit=200`)).body.items
    expect(list.find((row: { followUpId: string }) => row.followUpId === planned.followUpId)).toMatchObject({
      status: 'DONE',
      result: '已电话确认交期，下周寄样机',
    })
    expect((await crm.call('U-1002', 'GET', `/customers/${planned.customerNo}`)).body.lastContactAt).toBe(
      `${TODAY}T10:00:00+08:00`,
    )
    await vi.waitFor(() =>
      expect(eventsOf('crm.followup.done').map(event => event.data.followUpId)).toEqual(
        expect.arrayContaining([planned.followUpId, body.followUpId]),
      ),
    )
  })

  it('in the past or without content are refused and nothing is written', async () => {
    setClock(() => new Date(`${TODAY}T10:00:00+08:00`))
    const before = crm.db.prepare('SELECT count(*) AS n FROM follow_up').get()
    const own = (await crm.call('U-1002', 'GET', '/customers?limit=1')).body.items[0].customerNo
    expect(
      (
        await crm.call('U-1002', 'POST', '/followups', {
          customerNo: own,
          content: 'x',
          nextAt: '2026-11-01T10:00:00+08:00',
        })
      ).body.code,
    ).toBe('next_in_past')
    expect(
      (await crm.call('U-1002', 'POST', '/followups', { customerNo: own, content: '  ' })).body.errors[0].path,
    ).toBe('content')
    expect(
      (await crm.call('U-1002', 'POST', '/followups', { customerNo: own, content: 'x', nextAt: 'tomorrow' })).body
        .errors[0].path,
    ).toBe('nextAt')
    expect(crm.db.prepare('SELECT count(*) AS n FROM follow_up').get()).toEqual(before)
  })

  it('are done once: the second time is refused and what was written stays', async () => {
    const planned = (await MINE())[0].followUpId
    expect(
      (
        await crm.call('U-1002', 'POST', `/followups/${planned}/completion`, {
          result: '客户同意报价',
          converted: true,
        })
      ).body,
    ).toMatchObject({ status: 'DONE', converted: true })
    expect((await crm.call('U-1002', 'POST', `/followups/${planned}/completion`, { result: '别的' })).status).toBe(409)
    expect((await MINE('DONE')).find((row: { followUpId: string }) => row.followUpId === planned).result).toBe(
      '客户同意报价',
    )
  })
})

describe('figures of the CRM', () => {
  it('follow an opportunity that moves, and the event says what changed', async () => {
    const pipeline = async () =>
      Object.fromEntries(
        (await crm.call('U-1000', 'GET', '/reports/pipeline')).body.stages.map((row: { stage: string }) => [
          row.stage,
          row,
        ]),
      )
    const before = await pipeline()
    const { items } = (await crm.call('U-1000', 'GET', '/opportunities?stage=NEGOTIATION&sort=-amount&limit=1')).body
    await crm.call('U-1000', 'PATCH', `/opportunities/${items[0].oppId}`, { stage: 'WON' })
    const after = await pipeline()
    expect(after.NEGOTIATION.count).toBe(before.NEGOTIATION.count - 1)
    expect(Number(before.NEGOTIATION.amount) - Number(after.NEGOTIATION.amount)).toBeCloseTo(Number(items[0].amount), 2)
    await vi.waitFor(() => expect(eventsOf('crm.order.changed')).toHaveLength(1))
    expect(eventsOf('crm.opportunity.changed').at(-1)!.data).toMatchObject({
      oppId: items[0].oppId,
      previousStage: 'NEGOTIATION',
      stage: 'WON',
      version: 2,
      amount: items[0].amount,
    })
  })

  it('count a new customer in its month, every month of the period named', async () => {
    setClock(() => new Date('2026-11-20T15:59:59Z'))
    const report = async () =>
      (await crm.call('U-1000', 'GET', '/reports/new-customers?from=2025-06-01&to=2026-11-20')).body
    const before = await report()
    expect(before.buckets).toHaveLength(18)
    expect(before.buckets.reduce((sum: number, row: { count: number }) => sum + row.count, 0)).toBe(before.total)
    const { body } = await crm.call('U-1000', 'POST', '/customers', { name: '无锡新月齿轮有限公司', ownerId: 'U-1002' })
    expect(body).toMatchObject({
      shortName: '无锡新月齿轮',
      createdAt: '2026-11-20T23:59:59+08:00',
      ownerDepartment: 'sales-1',
    })
    const after = await report()
    expect(after.buckets.at(-1).count).toBe(before.buckets.at(-1).count + 1)
    expect(
      (await crm.call('U-1000', 'GET', '/customers?createdFrom=2026-11-20&createdTo=2026-11-21')).body.items.map(
        (row: { customerNo: string }) => row.customerNo,
      ),
    ).toEqual([body.customerNo])
    await vi.waitFor(() => expect(eventsOf('crm.customer.created').at(-1)!.subject).toBe(body.customerNo))
  })

  it('agree with the rows behind them', async () => {
    const { followUps, converted, buckets } = (
      await crm.call('U-1000', 'GET', '/reports/followup-conversion?from=2026-08-01&to=2026-10-31')
    ).body
    expect(buckets.map((row: { key: string }) => row.key)).toEqual(['2026-08', '2026-09', '2026-10'])
    const rows = crm.db
      .prepare(
        "SELECT converted FROM follow_up WHERE status = 'DONE' AND done_at >= '2026-08-01' AND done_at < '2026-11-01'",
      )
      .all() as { converted: number }[]
    expect([followUps, converted]).toEqual([rows.length, rows.filter(row => row.converted).length])
    expect(converted / followUps).toBeGreaterThan(0.1)
  })
})

describe('bad input', () => {
  it.each([
    ['/customers?limit=0', 'limit'],
    ['/customers?limit=201', 'limit'],
    ['/customers?offset=-1', 'offset'],
    ['/customers?sort=owner_id;drop table customer', 'sort'],
    ['/customers?status=GONE', 'status'],
    ['/opportunities?stage=WON,MAYBE', 'stage'],
    ['/followups?dueFrom=yesterday', 'dueFrom'],
    ['/reports/new-customers?from=2026-02-30', 'from'],
    ['/reports/new-customers?from=2026-02-03&to=2026-02-01', 'from'],
    ['/reports/new-customers?groupBy=year', 'groupBy'],
  ])('%s is refused and says where', async (path, where) => {
    const { status, type, body } = await crm.call('U-1000', 'GET', path, undefined, { 'accept-language': 'en' })
    expect(status).toBe(400)
    expect(type).toContain('application/problem+json')
    expect(body.errors[0].path).toMatch(new RegExp(`^${where}`))
    expect(body.detail).toContain(where)
  })

  it('in a body is refused with all its faults, and text is never a pattern or a statement', async () => {
    const many = await crm.call('U-1000', 'PATCH', '/customers/C00003', {
      level: 'Z',
      phone: 'call me',
      email: 'x',
      secret: 1,
    })
    expect(many.body.errors.map((error: { path: string }) => error.path)).toEqual(
      expect.arrayContaining(['level', 'phone', 'email']),
    )
    expect((await crm.call('U-1000', 'PATCH', '/customers/C00003', {})).status).toBe(400)
    expect((await crm.call('U-1000', 'PATCH', '/customers/C00003', '{"level":')).status).toBe(400)
    expect((await crm.call('U-1000', 'PATCH', '/customers/C00003', '"A"')).status).toBe(400)
    expect((await crm.call('U-1000', 'POST', '/customers', { name: 'x'.repeat(300_000) })).status).toBe(413)
    expect((await crm.call('U-1000', 'GET', `/customers?q=${encodeURIComponent("%' OR 1=1 --")}`)).body.total).toBe(0)
    expect((await crm.call('U-1000', 'GET', '/customers?q=_')).body.total).toBe(0)
    expect((await crm.call('U-1000', 'GET', `/customers?q=${encodeURIComponent('苏州')}`)).body.total).toBeGreaterThan(
      3,
    )
    expect((await crm.call('U-1000', 'GET', '/nothing')).status).toBe(404)
  })
})
