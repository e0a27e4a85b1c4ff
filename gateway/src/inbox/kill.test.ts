import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { log } from '@atrium/platform/log'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findPersonById } from '../access/people.ts'
import { decide } from './decide.ts'
import { findMessage, listMessages } from './messages.ts'
import { planEvent, type Rules } from './rules/plan.ts'
import { startTaking } from './take.ts'
import { type ApprovalSystem, startApprovalSystem, systemsOver } from './testing/approval-system.fixture.ts'
import {
  approvalData,
  type Colleague,
  cloudEvent,
  encryptionKey,
  sampleRules,
  startWorld,
  type World,
} from './testing/world.fixture.ts'
import { startWake, type Wake } from './wake.ts'

let world: World
let rules: Rules
let wake: Wake
let system: ApprovalSystem
let lina: Colleague
const children: ChildProcess[] = []

beforeAll(async () => {
  world = await startWorld()
  rules = await sampleRules()
  wake = startWake(world.db, world.url, 'test', log('test'))
  system = await startApprovalSystem()
  lina = await world.hire('li.na')
})

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await wake.stop()
  await system.stop()
  await world.stop()
})

async function startProcess(): Promise<ChildProcess> {
  const child = fork(new URL('./testing/gateway-process.fixture.ts', import.meta.url), {
    env: {
      ...process.env,
      DATABASE_URL: world.url,
      ISSUER: world.directory.issuer,
      SYSTEM_URL: system.url,
      LOG_LEVEL: 'silent',
    },
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  children.push(child)
  await once(child, 'message')
  return child
}

async function approveInAtrium(): Promise<{ id: string; subject: string }> {
  const subject = `AP-${randomUUID().slice(0, 8)}`
  system.approvals.set(subject, { approvalId: subject, assigneeId: lina.oa, state: 'PENDING', version: 1, history: [] })
  await startTaking(world.db, wake).take(
    planEvent(rules, cloudEvent('/oa', 'oa.approval.requested', approvalData(subject, lina.oa))),
  )
  const { rows } = await listMessages(world.db, lina.id, {}, 100)
  const { id } = rows.find(({ row }) => row.subject_id === subject)!.row
  const person = (await findPersonById(world.db, lina.id))!
  await decide(
    { db: world.db, systems: systemsOver(system.url), rules, encryptionKey, wake, nudge: () => {} },
    person,
    { kind: 'person', personId: lina.id, accessToken: lina.oa },
    { message: id, decision: 'approve', comment: '同意', idempotencyKey: randomUUID() },
  )
  return { id, subject }
}

const phase = async (id: string) => (await findMessage(world.db, lina.id, id))?.decided?.phase

test('a gateway killed between the call and its answer, and started again, ends with exactly one approval', async () => {
  const first = await startProcess()
  // The system records the decision and never answers; at that very moment the gateway dies.
  system.misbehave('DecideApproval', 'hangAfter')
  const killed = new Promise<void>(resolve => {
    system.onDecided(() => {
      first.kill('SIGKILL')
      resolve()
    })
  })
  const { id, subject } = await approveInAtrium()
  await killed
  expect(await phase(id)).toBe('PENDING')
  await startProcess()
  await expect.poll(() => phase(id), { timeout: 15_000 }).toBe('CONFIRMED')
  await new Promise(resolve => setTimeout(resolve, 1500))
  expect(system.approvals.get(subject)?.history).toHaveLength(1)
  expect((await findMessage(world.db, lina.id, id))?.state).toBe('DONE')
})

test('a gateway killed after it marked the call but before the system got it, and started again, asks once', async () => {
  for (const child of children) child.kill('SIGKILL')
  const { id, subject } = await approveInAtrium()
  // What such a process leaves: the row taken, the call marked, nothing sent.
  await world.db.updateTable('decision').set({ calls: 1, called_at: new Date() }).where('message_id', '=', id).execute()
  await startProcess()
  await expect.poll(() => phase(id), { timeout: 15_000 }).toBe('CONFIRMED')
  expect(system.approvals.get(subject)?.history).toHaveLength(1)
})

test('two gateways at work on the same decisions approve each once', async () => {
  await Promise.all([startProcess(), startProcess()])
  const approvals = await Promise.all(Array.from({ length: 12 }, () => approveInAtrium()))
  for (const { id } of approvals) await expect.poll(() => phase(id), { timeout: 15_000 }).toBe('CONFIRMED')
  for (const { subject } of approvals) expect(system.approvals.get(subject)?.history).toHaveLength(1)
})
