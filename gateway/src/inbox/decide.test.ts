import { randomUUID } from 'node:crypto'
import { readAudit } from '@atrium/platform/audit'
import { log } from '@atrium/platform/log'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { findPersonById } from '../access/people.ts'
import type { Person } from '../access/person.ts'
import type { Systems } from '../systems/types.ts'
import { type DecideInput, DecisionRefused, decide } from './decide.ts'
import type { Inbox } from './inbox.ts'
import { findMessage, listMessages, type MessageRow } from './messages.ts'
import { planEvent, type Rules } from './rules/plan.ts'
import { startTaking } from './take.ts'
import { type ApprovalSystem, startApprovalSystem, systemsOver } from './testing/approval-system.fixture.ts'
import {
  approvalData,
  type Colleague,
  cloudEvent,
  encryptionKey,
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
let systems: Systems
let inbox: Inbox
let lina: Colleague
let person: Person

beforeAll(async () => {
  world = await startWorld()
  rules = await sampleRules()
  wake = startWake(world.db, world.url, 'test', log('test'))
  lina = await world.hire('li.na')
  person = (await findPersonById(world.db, lina.id))!
})

beforeEach(async () => {
  system = await startApprovalSystem()
  systems = systemsOver(system.url)
  inbox = await startGateway(world, systems)
})

afterEach(async () => {
  await inbox.stop()
  await system.stop()
})

afterAll(async () => {
  await wake.stop()
  await world.stop()
})

async function waitingApproval(): Promise<MessageRow> {
  const id = `AP-${randomUUID().slice(0, 8)}`
  system.approvals.set(id, { approvalId: id, assigneeId: lina.oa, state: 'PENDING', version: 1, history: [] })
  await startTaking(world.db, wake).take(
    planEvent(rules, cloudEvent('/oa', 'oa.approval.requested', approvalData(id, lina.oa))),
  )
  const { rows } = await listMessages(world.db, lina.id, {}, 100)
  return rows.find(({ row }) => row.subject_id === id)!.row
}

const decideAs = (message: MessageRow, input: Partial<DecideInput> = {}, use = systems) =>
  decide(
    { db: world.db, systems: use, rules, encryptionKey, wake, nudge: () => {} },
    person,
    { kind: 'person', personId: lina.id, accessToken: lina.oa },
    {
      message: message.id,
      decision: 'approve',
      comment: '同意，按合同执行',
      idempotencyKey: randomUUID(),
      ...input,
    },
  )
const now = async (message: MessageRow): Promise<MessageRow> => (await findMessage(world.db, lina.id, message.id))!
const settled = (message: MessageRow, phase: string) =>
  expect.poll(async () => (await now(message)).decided?.phase, { timeout: 10_000 }).toBe(phase)
const historyOf = (message: MessageRow) => system.approvals.get(message.subject_id)!.history

test('an approval reaches the system once, under the own name and with the comment, and the message is done', async () => {
  const message = await waitingApproval()
  expect((await decideAs(message)).decided).toMatchObject({ decision: 'approve', phase: 'PENDING' })
  await settled(message, 'CONFIRMED')
  expect(historyOf(message)).toEqual([
    expect.objectContaining({ userId: lina.oa, action: 'APPROVE', comment: '同意，按合同执行' }),
  ])
  expect(await now(message)).toMatchObject({ state: 'DONE', read: true })
  const stored = await world.db
    .selectFrom('decision')
    .selectAll()
    .where('message_id', '=', message.id)
    .executeTakeFirstOrThrow()
  expect(stored.token_sealed).toBeNull()
  const trail = await readAudit(world.db, { action: 'decision.approve', limit: 50 })
  const own = trail.filter(entry => entry.target.id === message.subject_id)
  expect(own.map(entry => entry.detail.phase)).toEqual(['CONFIRMED', 'PENDING'])
})

test('the token waits sealed, never in clear', async () => {
  await inbox.stop()
  const message = await waitingApproval()
  await decideAs(message)
  const { token_sealed } = await world.db
    .selectFrom('decision')
    .selectAll()
    .where('message_id', '=', message.id)
    .executeTakeFirstOrThrow()
  expect(token_sealed).toMatch(/^v1\./)
  expect(token_sealed).not.toContain('.eyJ')
  inbox = await startGateway(world, systems)
  await settled(message, 'CONFIRMED')
})

test('deciding again changes nothing, with the same key and with another, at once and later', async () => {
  const message = await waitingApproval()
  const key = randomUUID()
  await Promise.all([
    decideAs(message, { idempotencyKey: key }),
    decideAs(message, { idempotencyKey: key }),
    decideAs(message),
    decideAs(message),
  ])
  await settled(message, 'CONFIRMED')
  expect((await decideAs(message, { idempotencyKey: key })).decided?.phase).toBe('CONFIRMED')
  expect((await decideAs(message)).decided?.phase).toBe('CONFIRMED')
  expect(historyOf(message)).toHaveLength(1)
  await expect(decideAs(message, { decision: 'reject', comment: '不' })).rejects.toThrow('Already decided: Approve')
})

test('a key that was used for one decision is not taken for another', async () => {
  const message = await waitingApproval()
  const key = randomUUID()
  await decideAs(message, { idempotencyKey: key })
  await expect(decideAs(message, { idempotencyKey: key, comment: '别的' })).rejects.toThrow(
    'used for a different decision',
  )
  await settled(message, 'CONFIRMED')
})

test.each([
  ['a decision that is not offered', { decision: 'escalate' }, 'does not offer "escalate"; it offers: approve, reject'],
  ['a rejection without a comment', { decision: 'reject', comment: ' ' }, '"Reject" needs a comment'],
  ['a short key', { idempotencyKey: 'x' }, '8 to 200'],
  ['an endless comment', { comment: 'x'.repeat(2001) }, 'at most 2000'],
  ['an unknown message', { message: randomUUID() }, 'no such message'],
  ['a malformed id', { message: '1; drop table decision' }, 'no such message'],
])('%s is refused and leaves nothing behind', async (_, input, words) => {
  const message = await waitingApproval()
  const error = await decideAs(message, input).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(DecisionRefused)
  expect((error as DecisionRefused).message).toContain(words)
  expect((await now(message)).decision_id).toBeNull()
})

test("nobody decides another person's message", async () => {
  const message = await waitingApproval()
  const other = (await findPersonById(world.db, (await world.hire('other')).id))!
  const attempt = decide(
    { db: world.db, systems, rules, encryptionKey, wake, nudge: () => {} },
    other,
    { kind: 'person', personId: other.id, accessToken: 'x' },
    {
      message: message.id,
      decision: 'approve',
      idempotencyKey: randomUUID(),
    },
  )
  await expect(attempt).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('a refusal by the system is shown with its reason and the message returns', async () => {
  const message = await waitingApproval()
  system.approvals.get(message.subject_id)!.assigneeId = 'somebody-else'
  await decideAs(message)
  await settled(message, 'REFUSED')
  expect(await now(message)).toMatchObject({
    state: 'OPEN',
    read: false,
    decided: { reason: { zh: 'OA 拒绝了：只有审批人可以决定' } },
  })
  system.approvals.get(message.subject_id)!.assigneeId = lina.oa
  await decideAs(message)
  await settled(message, 'CONFIRMED')
  expect(historyOf(message)).toHaveLength(1)
})

test('somebody else decided in the system meanwhile: the decision is refused and the message is done', async () => {
  const message = await waitingApproval()
  Object.assign(system.approvals.get(message.subject_id)!, { state: 'REJECTED', decidedBy: 'boss' })
  await decideAs(message)
  await settled(message, 'REFUSED')
  expect(await now(message)).toMatchObject({ state: 'DONE' })
  expect(historyOf(message)).toHaveLength(0)
})

test('an answer lost after the system decided leads to no second call', async () => {
  const message = await waitingApproval()
  system.misbehave('DecideApproval', 'hangAfter')
  await decideAs(message)
  await settled(message, 'CONFIRMED')
  expect(historyOf(message)).toHaveLength(1)
  expect(system.calls.filter(call => call === 'DecideApproval')).toHaveLength(1)
})

test('a proxy that answers HTML after the system decided is no refusal', async () => {
  const message = await waitingApproval()
  system.misbehave('DecideApproval', 'html')
  await decideAs(message)
  await settled(message, 'CONFIRMED')
  expect(historyOf(message)).toHaveLength(1)
})

test('a system that decides long after the deadline is waited for, not asked twice', async () => {
  const message = await waitingApproval()
  system.misbehave('DecideApproval', { delayBefore: 900 })
  await decideAs(message)
  await settled(message, 'IN_DOUBT')
  expect((await now(message)).state).toBe('OPEN')
  await settled(message, 'CONFIRMED')
  expect(historyOf(message)).toHaveLength(1)
})

test('a call that never got through is repeated after a look at the state', async () => {
  const message = await waitingApproval()
  system.misbehave('DecideApproval', 'reset')
  await decideAs(message)
  await settled(message, 'CONFIRMED')
  expect(historyOf(message)).toHaveLength(1)
  expect(system.calls).toContain('GetApproval')
})

test('in doubt while the state cannot be read either', async () => {
  const message = await waitingApproval()
  system.misbehave('DecideApproval', 'hangAfter')
  system.misbehave('GetApproval', 'html', 4)
  await decideAs(message)
  await settled(message, 'IN_DOUBT')
  await settled(message, 'CONFIRMED')
  expect(historyOf(message)).toHaveLength(1)
})

test('a system that is down gets the decision once it is back', async () => {
  const message = await waitingApproval()
  const { approvals } = system
  const port = Number(new URL(system.url).port)
  await system.stop()
  await decideAs(message)
  await expect
    .poll(
      async () =>
        (await world.db.selectFrom('decision').selectAll().where('message_id', '=', message.id).executeTakeFirst())
          ?.phase,
    )
    .toBe('PENDING')
  await new Promise(resolve => setTimeout(resolve, 400))
  expect((await now(message)).decided?.phase).toBe('PENDING')
  system = await startApprovalSystem(port)
  for (const [id, approval] of approvals) system.approvals.set(id, approval)
  await settled(message, 'CONFIRMED')
  expect(historyOf(message)).toHaveLength(1)
})

test('a token that ran out while the system was down: nothing is sent, the message returns and says so', async () => {
  const message = await waitingApproval()
  const { approvals } = system
  const port = Number(new URL(system.url).port)
  await system.stop()
  await decideAs(message, {}, systemsOver(system.url, 3))
  await new Promise(resolve => setTimeout(resolve, 2000))
  system = await startApprovalSystem(port)
  for (const [id, approval] of approvals) system.approvals.set(id, approval)
  await settled(message, 'REFUSED')
  expect(await now(message)).toMatchObject({
    state: 'OPEN',
    decided: { reason: { en: expect.stringContaining('ran out') } },
  })
  expect(system.calls).toContain('GetApproval')
  expect(historyOf(message)).toHaveLength(0)
})

test('a token that ran out after a call that did reach the system: the service account finds the decision there', async () => {
  const message = await waitingApproval()
  system.misbehave('DecideApproval', 'hangAfter')
  system.misbehave('GetApproval', 'html', 10_000)
  const expires = Date.now() + 6000
  await decideAs(message, {}, systemsOver(system.url, 6))
  await settled(message, 'IN_DOUBT')
  await new Promise(resolve => setTimeout(resolve, expires - Date.now()))
  expect((await now(message)).decided?.phase).toBe('IN_DOUBT')
  system.misbehave('GetApproval', 'html', 1)
  await settled(message, 'CONFIRMED')
  expect(historyOf(message)).toHaveLength(1)
})
