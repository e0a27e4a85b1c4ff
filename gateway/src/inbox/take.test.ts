import { randomUUID } from 'node:crypto'
import { sql } from '@atrium/platform/database'
import { log } from '@atrium/platform/log'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { entry } from '../access/directory.fixture.ts'
import { changeMessages } from './change.ts'
import type { CloudEvent } from './cloudevent.ts'
import { readCounts } from './counts.ts'
import { listMessages } from './messages.ts'
import { listQuarantine, replay } from './quarantine.ts'
import { planEvent, prepareRules, type Rules } from './rules/plan.ts'
import { startTaking, type TakeOutcome, type Taker } from './take.ts'
import {
  approvalData,
  type Colleague,
  cloudEvent,
  sampleRules,
  startWorld,
  type World,
} from './testing/world.fixture.ts'
import { startWake, type Wake } from './wake.ts'

let world: World
let rules: Rules
let wakes: Wake[]
let takers: Taker[]

beforeAll(async () => {
  world = await startWorld()
  rules = await sampleRules()
  // Two gateways on one database.
  wakes = ['a', 'b'].map(name => startWake(world.db, world.url, name, log('test')))
  takers = wakes.map(wake => startTaking(world.db, wake))
})

afterAll(async () => {
  await Promise.all(wakes.map(wake => wake.stop()))
  await world.stop()
})

const take = (event: CloudEvent, taker = takers[0]!): Promise<TakeOutcome> => taker.take(planEvent(rules, event))
const requested = (id: string, who: Colleague, more: Record<string, unknown> = {}) =>
  cloudEvent('/oa', 'oa.approval.requested', approvalData(id, who.oa, more))
const decided = (id: string, state: string, version: number) =>
  cloudEvent('/oa', 'oa.approval.decided', approvalData(id, 'x', { state, version }))
const open = async (who: Colleague) => (await listMessages(world.db, who.id, {}, 100)).rows.map(({ row }) => row)
const done = async (who: Colleague) =>
  (await listMessages(world.db, who.id, { state: 'DONE' }, 100)).rows.map(({ row }) => row)
const counts = async (who: Colleague) => (await readCounts(world.db, [who.id])).get(who.id)!
const logOf = async (who: Colleague): Promise<number[]> =>
  (
    await sql<{ seq: number }>`select seq from inbox_log where person_id = ${who.id} order by seq`.execute(world.db)
  ).rows.map(row => row.seq)

test('many events to the same people at once leave no gap and no duplicate, and counters equal the lists', async () => {
  const team = await Promise.all(Array.from({ length: 6 }, (_, i) => world.hire(`crowd${i}`)))
  const events = Array.from({ length: 300 }, (_, i) => {
    const who = team[i % team.length]!
    const product = `P-${i % 40}-${who.erp}`
    return i % 3 === 0
      ? requested(randomUUID(), who)
      : cloudEvent('/erp', i % 3 === 1 ? 'erp.stock.low' : 'erp.stock.changed', {
          product,
          warehouse: 'WH1',
          quantity: i % 3 === 1 ? 3 : 50,
          minimum: 20,
          planner: who.erp,
          version: i,
        })
  })
  // Every event comes three times, from both gateways, while the people change their messages.
  const arrivals = events.flatMap((event, i) => [
    take(event, takers[i % 2]),
    take(event, takers[(i + 1) % 2]),
    take(event, takers[0]),
  ])
  const changes = team.map(async who => {
    for (let i = 0; i < 15; i++) {
      const some = (await open(who)).filter((_, n) => n % 3 === 0).map(row => row.id)
      await changeMessages(world.db, wakes[1]!, who.id, some, i % 2 === 0 ? 'read' : 'archive')
    }
  })
  const outcomes = await Promise.all(arrivals)
  await Promise.all(changes)
  expect(outcomes.filter(outcome => outcome === 'duplicate')).toHaveLength(600)
  expect(outcomes.filter(outcome => outcome === 'accepted' || outcome === 'stale')).toHaveLength(300)
  for (const who of team) {
    const seqs = await logOf(who)
    expect(seqs).toEqual(seqs.map((_, i) => i + 1))
    const [list, now] = [await open(who), await counts(who)]
    expect(now.seq).toBe(seqs.length)
    expect(now.open).toBe(list.length)
    expect(now.unread).toBe(list.filter(row => !row.read).length)
    expect(now.byKind.reduce((sum, kind) => sum + kind.open, 0)).toBe(list.length)
    const keys = list.map(row => `${row.subject_type} ${row.subject_id} ${row.slot}`)
    expect(new Set(keys).size).toBe(keys.length)
    const approvals = await sql<{ n: number }>`
      select count(*) as n from inbox_message where person_id = ${who.id} and kind = 'APPROVAL'`.execute(world.db)
    expect(approvals.rows[0]?.n).toBe(
      events.filter(e => e.type === 'oa.approval.requested' && (e.data as { assigneeId: string }).assigneeId === who.oa)
        .length,
    )
  }
})

test('the order of an object follows its version, not the arrival', async () => {
  const who = await world.hire('order')
  expect(await take(decided('AP-late', 'APPROVED', 2))).toBe('accepted')
  expect(await take(requested('AP-late', who))).toBe('stale')
  expect(await open(who)).toEqual([])
})

test('a decision in the system itself closes the message, also when both events arrive at the same moment', async () => {
  const who = await world.hire('race')
  for (let i = 0; i < 25; i++) {
    await Promise.all([
      take(requested(`AP-race-${i}`, who), takers[0]),
      take(decided(`AP-race-${i}`, 'APPROVED', 2), takers[1]),
    ])
  }
  expect(await open(who)).toEqual([])
  expect((await counts(who)).open).toBe(0)
  for (const row of await done(who)) expect(row.close_reason).toEqual({ zh: 'OA 里已同意', en: 'approved in the OA' })
})

test('stock below minimum alerts its planner once, is renewed in place, and closes when it is filled up', async () => {
  const who = await world.hire('planner')
  const stock = (type: string, quantity: number, version: number) =>
    cloudEvent('/erp', type, {
      product: `HX-${who.erp}`,
      description: '齿轮组',
      warehouse: 'WH1',
      quantity,
      minimum: 20,
      planner: who.erp,
      version,
    })
  await take(stock('erp.stock.low', 12, 1))
  await changeMessages(world.db, wakes[0]!, who.id, [(await open(who))[0]!.id], 'read')
  await take(stock('erp.stock.low', 5, 2))
  const [alert, ...others] = await open(who)
  expect(others).toEqual([])
  expect(alert).toMatchObject({ kind: 'ALERT', priority: 'HIGH', read: false, summary: { zh: 'WH1 现有 5，最低 20' } })
  await take(stock('erp.stock.changed', 60, 3))
  expect(await open(who)).toEqual([])
  expect((await done(who))[0]?.close_reason).toEqual({ zh: '已补到 60', en: 'Back to 60' })
  await take(stock('erp.stock.low', 2, 4))
  expect(await open(who)).toHaveLength(1)
})

test('an approval that goes to somebody else leaves the first inbox', async () => {
  const [first, second] = [await world.hire('first'), await world.hire('second')]
  await take(requested('AP-forwarded', first))
  await take(requested('AP-forwarded', second, { version: 2 }))
  expect(await open(first)).toEqual([])
  expect((await done(first))[0]?.close_reason).toEqual({ zh: '已转给他人', en: 'It went to somebody else' })
  expect(await open(second)).toHaveLength(1)
})

test('a small expense within budget may be approved in the row, others must be opened', async () => {
  const who = await world.hire('policy')
  const expense = (id: string, amount: string, summary: string) =>
    requested(id, who, { kind: 'EXPENSE', amount, summary })
  await take(expense('AP-small', '4826.50', '附票据 9 张，在预算内'))
  await take(expense('AP-large', '5000.01', '在预算内'))
  await take(expense('AP-over', '100.00', '超出部门预算'))
  await take(requested('AP-contract', who))
  const inRow = new Map(
    (await open(who)).map(row => [
      row.subject_id,
      row.decisions.filter(option => option.inRow).map(option => option.id),
    ]),
  )
  expect(Object.fromEntries(inRow)).toEqual({
    'AP-small': ['approve'],
    'AP-large': [],
    'AP-over': [],
    'AP-contract': [],
  })
})

test.each([
  ['a kind no rule knows', () => cloudEvent('/erp', 'mes.batch.failed', {}), 'NO_RULE', '没有规则认识这种事件'],
  [
    'a kind that belongs to another source',
    () => cloudEvent('/erp', 'crm.followup.due', {}),
    'NO_RULE',
    '没有规则认识这种事件',
  ],
  [
    'a broken field',
    () =>
      cloudEvent('/erp', 'erp.payment.received', {
        payment: 'PY-1',
        amount: '64,2500.00',
        invoice: 'I',
        businessPartner: 'C',
        partnerName: 'n',
        openAmount: 1,
        currency: 'CNY',
        salesPerson: 's',
      }),
    'SCHEMA',
    '字段 amount 的值 "64,2500.00" 不符合约定',
  ],
  [
    'a missing field',
    () => cloudEvent('/oa', 'oa.announcement.published', { title: 't' }),
    'SCHEMA',
    '缺少字段 announcementId',
  ],
])('%s goes into quarantine and says why', async (_, event, code, reason) => {
  expect(await take(event())).toBe('quarantined')
  const { groups } = await listQuarantine(world.db, 100)
  expect(groups.find(group => group.code === code && group.reason.zh === reason)).toMatchObject({
    count: expect.any(Number),
  })
})

test('equal quarantined events are one group; once the rule exists a replay delivers each exactly once', async () => {
  const who = await world.hire('ruled')
  const events = [1, 2, 3].map(n => cloudEvent('/erp', 'erp.stock.missing', { product: `M${n}`, planner: who.erp }))
  for (const event of events) expect(await take(event)).toBe('quarantined')
  expect(await take(events[0]!)).toBe('duplicate')
  const group = (await listQuarantine(world.db, 100)).groups.find(g => g.type === 'erp.stock.missing')!
  expect(group).toMatchObject({ count: 3, source: '/erp' })

  const fixed: Rules = withRule(rules, 'erp.stock.missing')
  const both = await Promise.all(
    takers.map(taker => replay({ db: world.db, rules: fixed, taker }, { groups: [group.id] })),
  )
  expect(both[0]! + both[1]!).toBe(3)
  expect(await open(who)).toHaveLength(3)
  expect(await replay({ db: world.db, rules: fixed, taker: takers[0]! }, { groups: [group.id] })).toBe(0)
  expect(await take(events[1]!)).toBe('duplicate')
  expect(await open(who)).toHaveLength(3)
})

test('an event for somebody unknown waits in quarantine until the person is there', async () => {
  const event = cloudEvent('/oa', 'oa.approval.requested', approvalData('AP-unknown', 'oa-newcomer'))
  expect(await take(event)).toBe('quarantined')
  const { groups } = await listQuarantine(world.db, 100)
  expect(groups).toContainEqual(
    expect.objectContaining({
      reason: { zh: '收件人 oa oa-newcomer 没有对应的在职员工', en: 'No active employee stands behind oa oa-newcomer' },
    }),
  )
  expect(await replay({ db: world.db, rules, taker: takers[0]! }, { code: 'UNKNOWN_RECIPIENT' })).toBe(0)
  world.directory.put(entry('newcomer', { systems: { oa: { id: 'oa-newcomer', roles: [], scope: 'own' } } }))
  await world.people.directoryChanged(['newcomer'])
  expect(await replay({ db: world.db, rules, taker: takers[0]! }, { code: 'UNKNOWN_RECIPIENT' })).toBe(1)
  await vi.waitFor(async () => expect((await listMessages(world.db, 'newcomer', {}, 10)).rows).toHaveLength(1))
})

test('pages of the inbox neither repeat nor skip while messages arrive and leave', async () => {
  const who = await world.hire('pages')
  for (let i = 0; i < 25; i++)
    await take(
      requested(`AP-page-${i}`, who, { dueAt: `2026-12-${String((i % 25) + 1).padStart(2, '0')}T10:00:00+08:00` }),
    )
  const expected = (await open(who)).map(row => row.id)
  const seen: string[] = []
  let after: string | undefined
  for (let page = 0; page < 4; page++) {
    const { rows } = await listMessages(world.db, who.id, {}, 7, after)
    seen.push(...rows.map(({ row }) => row.id))
    after = rows.at(-1)?.cursor ?? after
    // The last one read leaves, and an urgent one arrives before everything.
    await changeMessages(world.db, wakes[0]!, who.id, [seen.at(-1)!], 'archive')
    await take(requested(`AP-urgent-${page}`, who, { dueAt: '2026-11-01T10:00:00+08:00' }))
  }
  expect(seen).toEqual(expected)
})

// The sample rules with one more: what an administrator's fix of messages.yaml amounts to.
function withRule(original: Rules, type: string): Rules {
  const low = original.file.events['erp.stock.low']!
  const raise = { ...low.raise[0]!, summary: undefined, facts: [] }
  const rule = {
    ...low,
    schema: { product: 'id', planner: 'id' },
    subject: undefined,
    version: undefined,
    raise: [raise],
  }
  return prepareRules({ ...original.file, events: { ...original.file.events, [type]: rule } })
}
