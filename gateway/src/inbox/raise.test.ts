import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { entry } from '../access/directory.fixture.ts'
import type { Inbox } from './inbox.ts'
import { listMessages } from './messages.ts'
import { listQuarantine } from './quarantine.ts'
import { type Raised, raise } from './raise.ts'
import { systemsOver } from './testing/approval-system.fixture.ts'
import { connectTo, device, type SocketServer, serveSocket } from './testing/sockets.fixture.ts'
import { startGateway, startWorld, type World } from './testing/world.fixture.ts'

let world: World
let inbox: Inbox
let server: SocketServer

beforeAll(async () => {
  world = await startWorld()
  inbox = await startGateway(world, systemsOver('http://127.0.0.1:9'))
  server = await serveSocket(inbox, world.people)
})

afterAll(async () => {
  await server.stop()
  await inbox.stop()
  await world.stop()
})

async function hire(roles: string[]): Promise<string> {
  const id = `raised-${randomUUID().slice(0, 8)}`
  world.directory.put(entry(id, { roles }))
  await world.people.directoryChanged([id])
  return id
}

async function change(id: string, more: { roles?: string[]; active?: boolean }): Promise<void> {
  world.directory.put(entry(id, more))
  await world.people.directoryChanged([id])
}

const message = (to: Raised['to'], more: Partial<Raised> = {}): Raised => ({
  key: randomUUID(),
  to,
  title: { zh: 'CRM 的客户有 12 条错误', en: '12 faults in the customers of CRM' },
  body: { zh: '电话格式不对', en: 'Telephone numbers have a wrong form' },
  href: '/admin/quality?system=crm',
  level: 'warning',
  system: 'crm',
  ...more,
})
const inboxOf = async (id: string) => (await listMessages(world.db, id, {}, 50)).rows.map(({ row }) => row)

test('a raised message arrives on an open socket', async () => {
  const id = await hire(['keeper'])
  const client = await connectTo(world, { id }, server)
  const phone = device(client, 0)
  await raise(world.db, message({ personIds: [id] }))
  await expect.poll(() => phone.seqs(), { timeout: 5000 }).toEqual([1])
  expect(phone.changes[0]).toMatchObject({
    kind: 'MESSAGE',
    message: {
      title: 'CRM 的客户有 12 条错误',
      summary: '电话格式不对',
      kind: 'ALERT',
      system: 'crm',
      url: '/admin/quality?system=crm',
      state: 'OPEN',
      read: false,
    },
    counts: { open: 1, unread: 1 },
  })
  await raise(world.db, message({ personIds: [id] }, { title: { zh: '第二条', en: 'The second' } }))
  await expect.poll(() => phone.changes[1]?.message?.title, { timeout: 5000 }).toBe('第二条')
  await client.dispose()
})

test('both languages are kept and found by search', async () => {
  const id = await hire(['keeper'])
  await raise(world.db, message({ personIds: [id] }))
  const [row] = await inboxOf(id)
  expect(row!.title).toEqual({ zh: 'CRM 的客户有 12 条错误', en: '12 faults in the customers of CRM' })
  expect(row!.summary).toEqual({ zh: '电话格式不对', en: 'Telephone numbers have a wrong form' })
  for (const text of ['电话格式', 'wrong form'])
    expect((await listMessages(world.db, id, { text }, 5)).rows.map(({ row }) => row.person_id)).toEqual([id])
})

test('the same key is one message, however many gateways raise it at once', async () => {
  const id = await hire(['keeper'])
  const one = message({ personIds: [id] })
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => raise(world.db, one)))
  expect(outcomes.filter(({ outcome }) => outcome === 'accepted')).toHaveLength(1)
  expect(outcomes.filter(({ outcome }) => outcome === 'duplicate')).toHaveLength(7)
  expect(await inboxOf(id)).toHaveLength(1)
})

test('a role means those who hold it at that moment', async () => {
  const [before, after, leaver] = [await hire(['planner']), await hire(['employee']), await hire(['planner'])]
  await change(before, { roles: ['employee'] })
  await change(after, { roles: ['planner'] })
  await change(leaver, { roles: ['planner'], active: false })
  const raised = await raise(world.db, message({ businessRole: 'planner' }))
  expect(raised).toEqual({ outcome: 'accepted', people: [after] })
  expect(await inboxOf(before)).toEqual([])
  expect(await inboxOf(leaver)).toEqual([])
})

test('what concerns nobody goes to the administrators; without one nothing is kept and the key stays free', async () => {
  const gone = await hire(['employee'])
  await change(gone, { active: false })
  const lost = message({ personIds: [gone] })
  expect(await raise(world.db, lost)).toEqual({ outcome: 'nobody', people: [] })
  const administrator = await hire(['administrator'])
  expect(await raise(world.db, lost)).toEqual({ outcome: 'accepted', people: [administrator] })
  expect(await raise(world.db, message({ businessRole: 'a role nobody holds' }))).toEqual({
    outcome: 'accepted',
    people: [administrator],
  })
  expect((await listQuarantine(world.db, 10)).total).toBe(0)
})

test('a message of a transaction that is taken back was never raised', async () => {
  const id = await hire(['keeper'])
  const one = message({ personIds: [id] })
  const failed = world.db.transaction().execute(async trx => {
    await raise(trx, one)
    throw new Error('taken back')
  })
  await expect(failed).rejects.toThrow('taken back')
  expect(await inboxOf(id)).toEqual([])
  expect((await raise(world.db, one)).outcome).toBe('accepted')
})

test.each([
  ['info', 'NOTICE', 'NORMAL'],
  ['warning', 'ALERT', 'HIGH'],
  ['urgent', 'ALERT', 'URGENT'],
] as const)('level %s is a %s of priority %s', async (level, kind, priority) => {
  const id = await hire(['keeper'])
  const { key, to, title, body } = message({ personIds: [id] })
  await raise(world.db, { key, to, title, body, level })
  expect(await inboxOf(id)).toMatchObject([{ kind, priority, system: 'atrium', url: null }])
})
