import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { sql } from '@atrium/platform/database'
import { log } from '@atrium/platform/log'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { entry } from '../access/directory.fixture.ts'
import { changeMessages, markAllRead } from './change.ts'
import { readCounts } from './counts.ts'
import type { Inbox } from './inbox.ts'
import { listMessages } from './messages.ts'
import { prune } from './retention.ts'
import { planEvent, type Rules } from './rules/plan.ts'
import { startTaking } from './take.ts'
import { type ApprovalSystem, startApprovalSystem, systemsOver } from './testing/approval-system.fixture.ts'
import {
  approvalData,
  type Colleague,
  cloudEvent,
  sampleRules,
  startGateway,
  startWorld,
  type World,
} from './testing/world.fixture.ts'
import { startWake, type Wake } from './wake.ts'

let world: World
let rules: Rules
let wake: Wake
let system: ApprovalSystem
let gateways: Inbox[]

beforeAll(async () => {
  world = await startWorld()
  rules = await sampleRules()
  wake = startWake(world.db, world.url, 'test', log('test'))
  system = await startApprovalSystem()
  gateways = await Promise.all([1, 2].map(() => startGateway(world, systemsOver(system.url))))
})

afterAll(async () => {
  await Promise.all(gateways.map(gateway => gateway.stop()))
  await wake.stop()
  await system.stop()
  await world.stop()
})

const list = async (who: Colleague, state: 'OPEN' | 'SNOOZED' | 'DONE' | 'ARCHIVED' = 'OPEN') =>
  (await listMessages(world.db, who.id, { state }, 100)).rows.map(({ row }) => row)
const counts = async (who: Colleague) => (await readCounts(world.db, [who.id])).get(who.id)!
const alert = (who: Colleague, product: string = randomUUID()) =>
  startTaking(world.db, wake).take(
    planEvent(
      rules,
      cloudEvent('/erp', 'erp.stock.low', { product, warehouse: 'WH1', quantity: 1, minimum: 5, planner: who.erp }),
    ),
  )
let cursor = 0
const change = (type: string, data: Record<string, unknown>): void => {
  cursor += 1
  system.changes.push({
    cursor: String(cursor),
    type,
    objectId: data.approvalId,
    version: data.version,
    at: new Date().toISOString(),
    approval: data,
  })
}

test('a snoozed message leaves the list and comes back by itself, once, with two gateways running', async () => {
  const who = await world.hire('snooze')
  await alert(who)
  const [message] = await list(who)
  const until = new Date(Date.now() + 1200)
  await changeMessages(world.db, wake, who.id, [message!.id], 'snooze', until)
  expect(await list(who)).toEqual([])
  expect(await counts(who)).toMatchObject({ open: 0, unread: 0, snoozed: 1 })
  await expect.poll(async () => (await list(who)).length, { timeout: 8000 }).toBe(1)
  expect(Date.now()).toBeGreaterThanOrEqual(until.getTime())
  expect(await counts(who)).toMatchObject({ open: 1, snoozed: 0, seq: 3 })
})

test('the last of several snoozes counts, an earlier job does not wake the message', async () => {
  const who = await world.hire('snooze-twice')
  await alert(who)
  const [message] = await list(who)
  await changeMessages(world.db, wake, who.id, [message!.id], 'snooze', new Date(Date.now() + 600))
  await changeMessages(world.db, wake, who.id, [message!.id], 'snooze', new Date(Date.now() + 86_400_000))
  await new Promise(resolve => setTimeout(resolve, 1800))
  expect(await list(who, 'SNOOZED')).toHaveLength(1)
})

test('what was settled in its system while snoozed or archived stays done', async () => {
  const who = await world.hire('settled')
  for (const product of ['snoozed', 'archived']) await alert(who, `${product}-${who.erp}`)
  const byProduct = new Map((await list(who)).map(row => [row.subject_id.split('-')[0], row.id]))
  await changeMessages(world.db, wake, who.id, [byProduct.get('snoozed')!], 'snooze', new Date(Date.now() + 700))
  await changeMessages(world.db, wake, who.id, [byProduct.get('archived')!], 'archive')
  for (const product of ['snoozed', 'archived']) {
    const data = { product: `${product}-${who.erp}`, warehouse: 'WH1', quantity: 9, minimum: 5 }
    await startTaking(world.db, wake).take(planEvent(rules, cloudEvent('/erp', 'erp.stock.changed', data)))
  }
  await changeMessages(world.db, wake, who.id, [byProduct.get('archived')!], 'unarchive')
  await new Promise(resolve => setTimeout(resolve, 1500))
  expect(await list(who)).toEqual([])
  expect(await list(who, 'DONE')).toHaveLength(2)
})

test('marking all read by a filter leaves the others unread', async () => {
  const who = await world.hire('mark')
  await alert(who)
  await startTaking(world.db, wake).take(
    planEvent(rules, cloudEvent('/oa', 'oa.approval.requested', approvalData(randomUUID(), who.oa))),
  )
  await markAllRead(world.db, wake, who.id, { kinds: ['ALERT'] })
  expect(await counts(who)).toMatchObject({ open: 2, unread: 1 })
  const found = await listMessages(world.db, who.id, { unread: true, text: '皖泽' }, 10)
  expect(found.rows.map(({ row }) => row.kind)).toEqual(['APPROVAL'])
})

test('the polled system: a request becomes a message and a decision there closes it within seconds', async () => {
  const who = await world.hire('polled')
  change('oa.approval.requested', approvalData(`AP-${who.oa}`, who.oa))
  await expect.poll(async () => (await list(who)).length, { timeout: 5000 }).toBe(1)
  change('oa.approval.decided', approvalData(`AP-${who.oa}`, who.oa, { state: 'APPROVED', version: 2 }))
  await expect.poll(async () => (await list(who)).length, { timeout: 5000 }).toBe(0)
  expect(await list(who, 'DONE')).toHaveLength(1)
})

test('a change that appears behind the cursor is found by the overlap', async () => {
  const [first, late] = [await world.hire('first'), await world.hire('late')]
  change('oa.approval.requested', approvalData(`AP-${first.oa}`, first.oa))
  await expect.poll(async () => (await list(first)).length, { timeout: 5000 }).toBe(1)
  // As when a transaction with a smaller cursor commits later: the newest place is taken, the change stands before it.
  change('oa.approval.requested', approvalData(`AP-${first.oa}`, first.oa))
  await new Promise(resolve => setTimeout(resolve, 400))
  const newest = system.changes.pop()!
  change('oa.approval.requested', approvalData(`AP-${late.oa}`, late.oa))
  system.changes.push(newest)
  await expect.poll(async () => (await list(late)).length, { timeout: 5000 }).toBe(1)
  expect(await list(first)).toHaveLength(1)
})

test('an event that came before its recipient was known arrives by itself when the directory tells of the person', async () => {
  const event = cloudEvent('/oa', 'oa.approval.requested', approvalData('AP-early', 'oa-early'))
  expect(await startTaking(world.db, wake).take(planEvent(rules, event))).toBe('quarantined')
  world.directory.put(entry('early', { systems: { oa: { id: 'oa-early', roles: [], scope: 'own' } } }))
  await world.people.directoryChanged(['early'])
  const early: Colleague = { id: 'early', crm: '', oa: 'oa-early', erp: '' }
  await expect.poll(async () => (await list(early)).length, { timeout: 10_000 }).toBe(1)
})

test('polling that fails pauses longer and longer, says so, and goes on from the same place', async () => {
  const who = await world.hire('outage')
  system.misbehave('ListChanges', 'html', 3)
  await expect.poll(async () => (await gateways[0]!.status()).get('oa')?.error, { timeout: 5000 }).toContain('HTML')
  change('oa.approval.requested', approvalData(`AP-${who.oa}`, who.oa))
  await expect.poll(async () => (await list(who)).length, { timeout: 10_000 }).toBe(1)
  expect((await gateways[0]!.status()).get('oa')).toMatchObject({ error: null, freshAt: expect.any(Date) })
})

test('retention removes old log rows and events, keeps messages and quarantine', async () => {
  const who = await world.hire('retention')
  await alert(who)
  await startTaking(world.db, wake).take(planEvent(rules, cloudEvent('/erp', 'no.such.kind', {})))
  await new Promise(resolve => setTimeout(resolve, 20))
  await prune(world.db, { logDays: 0, eventDays: 0 })
  const left = await sql<{ log: number; accepted: number; held: number }>`
    select (select count(*) from inbox_log) as log, count(*) filter (where state <> 'quarantined') as accepted,
      count(*) filter (where state = 'quarantined') as held from event_in`.execute(world.db)
  expect(left.rows[0]).toMatchObject({ log: 0, accepted: 0 })
  expect(left.rows[0]!.held).toBeGreaterThan(0)
  expect(await list(who)).toHaveLength(1)
})

test('every event the sample systems send has a rule', async () => {
  const design = [
    'crm.followup.due',
    'crm.order.changed',
    'crm.opportunity.changed',
    'oa.approval.requested',
    'oa.approval.decided',
    'oa.task.assigned',
    'oa.announcement.published',
    'erp.stock.low',
    'erp.stock.changed',
    'erp.invoice.changed',
    'erp.payment.due',
    'erp.payment.received',
    'atrium.directory.changed',
    'atrium.roles.published',
  ]
  expect(Object.keys(rules.file.events)).toEqual(expect.arrayContaining(design))
  expect(await readFile(new URL('../../../test/company/gateway/messages.yaml', import.meta.url), 'utf8')).not.toMatch(
    /\t/,
  )
})
