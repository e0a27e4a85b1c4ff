import { randomUUID } from 'node:crypto'
import { type Kysely, sql } from '@atrium/platform/database'
import { log } from '@atrium/platform/log'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { readConfigFile } from '../../../gateway/src/config.ts'
import { decide } from '../../../gateway/src/inbox/decide.ts'
import { type Inbox, openInbox } from '../../../gateway/src/inbox/inbox.ts'
import { findMessage, listMessages, type MessageRow } from '../../../gateway/src/inbox/messages.ts'
import { prepareRules, type Rules } from '../../../gateway/src/inbox/rules/plan.ts'
import { messagesFile } from '../../../gateway/src/inbox/rules/schema.ts'
import type { InboxTables } from '../../../gateway/src/inbox/tables.ts'
import { startGraph, type TestGraph } from './graph.fixture.ts'

/** Decisions against the running sample OA, over SOAP, which records a repeated decision a second time. */

const configDir = new URL('.', import.meta.url).pathname
const encryptionKey = Buffer.alloc(32, 3)
type Approval = { state: string; decidedBy?: string; history: { userId: string; action: string; comment: string }[] }

let graph: TestGraph
let inbox: Inbox
let rules: Rules
let db: Kysely<InboxTables>
const used = new Set<string>()

beforeAll(async () => {
  graph = await startGraph(new Date().toISOString().slice(0, 10))
  Object.assign(process.env, {
    CRM_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 4).toString('base64')}`,
    CRM_URL: graph.company.url.crm,
    OA_URL: graph.company.url.oa,
    ERP_URL: graph.company.url.erp,
    OA_POLL_MS: '200',
    OA_DECIDE_TIMEOUT_MS: '1000',
    OA_SETTLE_MS: '2500',
  })
  // Only the inbox's tables are read below; Kysely's type is invariant in its tables.
  db = graph.db as unknown as Kysely<InboxTables>
  rules = prepareRules(await readConfigFile(configDir, 'messages.yaml', messagesFile))
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(graph.db)
  inbox = await openInbox({
    db: graph.db,
    config: {
      DATABASE_URL: inject('postgresUrl').replace(/\/postgres$/, `/${rows[0]!.name}`),
      CONFIG_DIR: configDir,
      RETRY_DELAYS: [100, 300],
    },
    systems: graph.systems,
    people: {
      authenticate: () => Promise.reject(new Error('nobody signs in here')),
      follow: () => () => {},
      onChanged: () => () => {},
      ready: async () => {},
    },
    encryptionKey,
    log: log('test'),
  })
}, 240_000)

afterAll(async () => {
  await inbox?.stop()
  await graph?.close()
})
afterEach(() => graph.fault('oa', []))

const openOf = async (username: string): Promise<MessageRow[]> =>
  (await listMessages(db, graph.person(username).id, {}, 100)).rows.map(({ row }) => row)

async function waiting(username: string): Promise<MessageRow> {
  await expect
    .poll(async () => (await openOf(username)).filter(row => row.kind === 'APPROVAL').length, { timeout: 15_000 })
    .toBeGreaterThan(0)
  const message = (await openOf(username)).find(row => row.kind === 'APPROVAL' && !used.has(row.id))!
  used.add(message.id)
  return message
}

const approve = (username: string, message: MessageRow, comment = '同意，按流程执行') => {
  const person = graph.person(username)
  const wake = { send: () => {}, onHint: () => {}, stop: async () => {} }
  return decide(
    { db, systems: graph.systems, rules, encryptionKey, wake, nudge: () => {} },
    person,
    { kind: 'person', personId: person.id, accessToken: 'token' },
    { message: message.id, decision: 'approve', comment, idempotencyKey: randomUUID() },
  )
}

// Asked by the OA's own API, with the gateway's reading account.
const inOa = async (message: MessageRow): Promise<Approval> =>
  (await graph.systems
    .get('oa')
    .invoke(
      'GetApproval',
      { approvalId: message.subject_id },
      { credential: { kind: 'service' }, deadline: Date.now() + 5000, safe: true },
    )) as Approval
const approvals = async (message: MessageRow) =>
  (await inOa(message)).history.filter(step => step.action === 'APPROVE' && step.userId === 'lina')
const phase = (message: MessageRow, username = 'li.na') =>
  expect.poll(async () => (await findMessage(db, graph.person(username).id, message.id))?.decided?.phase, {
    timeout: 15_000,
  })

test('on the first morning everybody finds what waits for them, in their words', async () => {
  await waiting('wang.fang')
  await expect
    .poll(async () => (await openOf('li.na')).filter(row => row.kind === 'APPROVAL').length, { timeout: 15_000 })
    .toBeGreaterThanOrEqual(5)
  const list = await openOf('li.na')
  const contract = list.find(row => row.title.zh.startsWith('合同审批') && row.amount === '3200000.00')
  expect(contract).toMatchObject({
    system: 'oa',
    priority: 'HIGH',
    currency: 'CNY',
    summary: { zh: expect.stringContaining('张伟') },
  })
  expect(contract?.decisions.map(option => [option.label.zh, option.inRow])).toEqual([
    ['同意', false],
    ['驳回', false],
  ])
  expect(list.filter(row => row.kind === 'TASK').length).toBeGreaterThan(0)
  const held = await inbox.status()
  expect(held.get('oa')).toMatchObject({ quarantined: 0, error: null })
})

test('a contract approved here is approved by lina there, with the comment given, and done here', async () => {
  const message = await waiting('li.na')
  await approve('li.na', message, '同意。请法务归档')
  await phase(message).toBe('CONFIRMED')
  expect(await inOa(message)).toMatchObject({ state: 'APPROVED', decidedBy: 'lina' })
  expect(await approvals(message)).toEqual([expect.objectContaining({ comment: '同意。请法务归档' })])
  await approve('li.na', message, '同意。请法务归档')
  await new Promise(resolve => setTimeout(resolve, 700))
  expect(await approvals(message)).toHaveLength(1)
})

test.each([
  ['answers long after it decided', { mode: 'delayAfter', ms: 3000 }],
  ['decides long after the deadline', { mode: 'delay', ms: 2000 }],
  ['never answers', { mode: 'hang' }],
  ['answers HTML', { mode: 'html' }],
  ['fails with 503', { mode: 'status', status: 503 }],
])('an OA that %s ends with exactly one approval', async (_, fault) => {
  const message = await waiting('li.na')
  await graph.fault('oa', [{ match: '^DecideApproval$', times: 1, ...fault }])
  await approve('li.na', message)
  await phase(message).toBe('CONFIRMED')
  expect(await approvals(message)).toHaveLength(1)
})

test('a decision made in the OA itself closes the message within seconds', async () => {
  const message = await waiting('zhao.lei')
  const person = graph.person('zhao.lei')
  await graph.systems.get('oa').invoke(
    'DecideApproval',
    { approvalId: message.subject_id, action: 'REJECT', comment: '预算不足' },
    {
      credential: { kind: 'person', personId: person.id, accessToken: 'token' },
      deadline: Date.now() + 5000,
      safe: false,
    },
  )
  await expect.poll(async () => (await findMessage(db, person.id, message.id))?.state, { timeout: 5000 }).toBe('DONE')
  expect((await findMessage(db, person.id, message.id))?.close_reason).toEqual({
    zh: 'OA 里已驳回',
    en: 'rejected in the OA',
  })
  await expect(approve('zhao.lei', message)).rejects.toThrow('Already settled')
})
