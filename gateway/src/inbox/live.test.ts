import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sql } from '@atrium/platform/database'
import { log } from '@atrium/platform/log'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { type Client, createClient } from 'graphql-ws'
import { useServer } from 'graphql-ws/use/ws'
import { afterAll, beforeAll, expect, test } from 'vitest'
import WebSocket, { WebSocketServer } from 'ws'
import { entry } from '../access/directory.fixture.ts'
import type { People } from '../access/start-people.ts'
import type { RequestContext } from '../schema/context.ts'
import { changeMessages } from './change.ts'
import { type Inbox, inboxTypeDefs } from './inbox.ts'
import { listMessages } from './messages.ts'
import { planEvent, type Rules } from './rules/plan.ts'
import { startTaking, type Taker } from './take.ts'
import { systemsOver } from './testing/approval-system.fixture.ts'
import {
  type Colleague,
  cloudEvent,
  sampleRules,
  startDirectoryReader,
  startGateway,
  startWorld,
  type World,
} from './testing/world.fixture.ts'
import { startWake, type Wake } from './wake.ts'

type Change = {
  seq: number
  kind: string
  message: { title: string; state: string; read: boolean } | null
  counts: { open: number; unread: number; seq: number }
}
type Server = { url: string; dropAll(): void; stop(): Promise<void> }

let world: World
let rules: Rules
let wake: Wake
let taker: Taker
const inboxes: Inbox[] = []
const readers: People[] = []
let servers: Server[]

beforeAll(async () => {
  world = await startWorld()
  rules = await sampleRules()
  wake = startWake(world.db, world.url, 'ingest', log('test'))
  taker = startTaking(world.db, wake)
  // Two gateways, neither of which takes the events.
  for (const _ of [1, 2]) {
    const people = startDirectoryReader(world.db, world.url, world.directory.issuer)
    readers.push(people)
    inboxes.push(await startGateway({ ...world, people }, systemsOver('http://127.0.0.1:9')))
  }
  servers = await Promise.all(inboxes.map((inbox, i) => serveSocket(inbox, readers[i]!)))
})

afterAll(async () => {
  await Promise.all(servers.map(server => server.stop()))
  await Promise.all(inboxes.map(inbox => inbox.stop()))
  await Promise.all(readers.map(people => people.stop()))
  await wake.stop()
  await world.stop()
})

// The dictionary's types that the inbox's part refers to, as the composed schema has them.
const dictionary = /* GraphQL */ `
  scalar DateTime scalar Decimal
  type Query { ok: Boolean } type Mutation { ok: Boolean } type Subscription { ok: Boolean }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type ApprovalStep { at: DateTime by: String action: String comment: String }
  type Customer { code: ID! } type Contract { number: ID! }
`

async function serveSocket(inbox: Inbox, people: People): Promise<Server> {
  // The resolver map's context type is narrower than the schema builder's.
  const schema = makeExecutableSchema({ typeDefs: [dictionary, inboxTypeDefs], resolvers: inbox.resolvers as never })
  const http = createServer()
  const sockets = new WebSocketServer({ server: http, path: '/graphql' })
  useServer(
    {
      schema,
      context: async ctx => {
        const viewer = await people.authenticate(String(ctx.connectionParams?.authorization))
        return { viewer, locale: 'zh-CN' } as RequestContext
      },
    },
    sockets,
  )
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/graphql`,
    dropAll: () => {
      for (const socket of sockets.clients) socket.terminate()
    },
    stop: () =>
      new Promise(resolve => {
        for (const socket of sockets.clients) socket.terminate()
        http.close(() => resolve())
      }),
  }
}

async function connect(who: Colleague, server: Server): Promise<Client> {
  const token = await world.directory.token({ sub: who.id, client_id: 'portal' })
  return createClient({
    url: server.url,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  })
}

/** A device: remembers its cursor, and asks for what comes after it when its socket is gone. */
function device(client: Client, after: number | null) {
  const changes: Change[] = []
  let ended = false
  const end = client.subscribe<{ inboxChanges: Change }>(
    {
      query:
        'subscription($after: Int) { inboxChanges(after: $after) { seq kind message { title state read } counts { open unread seq } } }',
      variables: { after },
    },
    {
      next: ({ data }) => void changes.push(data!.inboxChanges),
      error: () => {
        ended = true
      },
      complete: () => {
        ended = true
      },
    },
  )
  return { changes, end, ended: () => ended, seqs: () => changes.map(change => change.seq) }
}

const alert = (who: Colleague) =>
  taker.take(
    planEvent(
      rules,
      cloudEvent('/erp', 'erp.stock.low', {
        product: randomUUID(),
        warehouse: 'WH1',
        quantity: 1,
        minimum: 5,
        planner: who.erp,
      }),
    ),
  )
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)

test('an open socket hears of a message within 250 ms, on a gateway that did not take the event', async () => {
  const who = await world.hire('online')
  const client = await connect(who, servers[0]!)
  const phone = device(client, 0)
  await new Promise(resolve => setTimeout(resolve, 300))
  const sent = performance.now()
  await alert(who)
  await expect.poll(() => phone.changes.length, { interval: 5, timeout: 5000 }).toBe(1)
  expect(performance.now() - sent).toBeLessThan(250)
  expect(phone.changes[0]).toMatchObject({
    seq: 1,
    kind: 'MESSAGE',
    message: { state: 'OPEN' },
    counts: { open: 1, unread: 1, seq: 1 },
  })
  await client.dispose()
})

test('after a dropped socket a device resumes at its cursor on another gateway, without a gap or a repeat', async () => {
  const who = await world.hire('resume')
  const seen: number[] = []
  const sending = (async () => {
    for (let i = 0; i < 60; i++) await alert(who)
  })()
  for (let turn = 0; turn < 6; turn++) {
    const server = servers[turn % 2]!
    const client = await connect(who, server)
    const phone = device(client, seen.at(-1) ?? 0)
    await expect.poll(() => phone.changes.length, { timeout: 5000 }).toBeGreaterThan(0)
    server.dropAll()
    await expect.poll(() => phone.ended()).toBe(true)
    seen.push(...phone.seqs())
    await client.dispose()
    if (seen.at(-1) === 60) break
  }
  await sending
  const client = await connect(who, servers[0]!)
  const phone = device(client, seen.at(-1) ?? 0)
  await expect.poll(() => [...seen, ...phone.seqs()].at(-1), { timeout: 5000 }).toBe(60)
  expect([...seen, ...phone.seqs()]).toEqual(upTo(60))
  await client.dispose()
})

test('two devices of one person converge: a change on one is a step of the log on the other', async () => {
  const who = await world.hire('devices')
  await alert(who)
  const client = await connect(who, servers[1]!)
  const phone = device(client, 0)
  const message = (await listMessages(world.db, who.id, {}, 1)).rows[0]!.row
  await changeMessages(world.db, wake, who.id, [message.id], 'read')
  await changeMessages(world.db, wake, who.id, [message.id], 'read')
  await changeMessages(world.db, wake, who.id, [message.id], 'archive')
  await expect.poll(() => phone.seqs(), { timeout: 5000 }).toEqual([1, 2, 3])
  expect(phone.changes.at(-1)).toMatchObject({
    kind: 'STATE',
    message: { state: 'ARCHIVED', read: true },
    counts: { open: 0, unread: 0, seq: 3 },
  })
  await client.dispose()
})

test('a long backlog is replayed whole', async () => {
  const who = await world.hire('backlog')
  await Promise.all(Array.from({ length: 450 }, () => alert(who)))
  const client = await connect(who, servers[0]!)
  const phone = device(client, 20)
  await expect.poll(() => phone.changes.length, { timeout: 10_000 }).toBe(430)
  expect(phone.seqs()).toEqual(upTo(450).slice(20))
  await client.dispose()
})

test('a hint that was lost is made good by the look every two seconds', async () => {
  const who = await world.hire('lost')
  const client = await connect(who, servers[0]!)
  const phone = device(client, 0)
  await new Promise(resolve => setTimeout(resolve, 300))
  const silent: Wake = { send: () => {}, onHint: () => {}, stop: async () => {} }
  await startTaking(world.db, silent).take(
    planEvent(
      rules,
      cloudEvent('/erp', 'erp.stock.low', {
        product: 'lost',
        warehouse: 'WH1',
        quantity: 1,
        minimum: 5,
        planner: who.erp,
      }),
    ),
  )
  await expect.poll(() => phone.seqs(), { timeout: 4000 }).toEqual([1])
  await client.dispose()
})

test.each([
  ['older than what is kept', 1],
  ['of another life', 99],
])('a cursor %s is told to start anew', async (_, cursor) => {
  const who = await world.hire('old')
  for (const _turn of upTo(3)) await alert(who)
  await sql`select inbox_prune(${who.id}, clock_timestamp())`.execute(world.db)
  await alert(who)
  const client = await connect(who, servers[0]!)
  const phone = device(client, cursor)
  const reset = { seq: 4, kind: 'RESET', message: null, counts: { open: 4, unread: 4, seq: 4 } }
  await expect.poll(() => phone.changes, { timeout: 5000 }).toEqual([reset])
  await alert(who)
  await expect.poll(() => phone.seqs(), { timeout: 5000 }).toEqual([4, 5])
  await client.dispose()
})

test("a deactivated person's open socket ends", async () => {
  const who = await world.hire('leaver')
  const client = await connect(who, servers[0]!)
  const phone = device(client, 0)
  await alert(who)
  await expect.poll(() => phone.changes.length, { timeout: 5000 }).toBe(1)
  world.directory.put(entry(who.id, { active: false }))
  await world.people.directoryChanged([who.id])
  await expect.poll(() => phone.ended(), { timeout: 5000 }).toBe(true)
  await client.dispose()
})
