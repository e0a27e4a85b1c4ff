import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { sql } from '@atrium/platform/database'
import { createClient } from 'graphql-ws'
import { Pool } from 'undici'
import WebSocket from 'ws'
import { type BenchGateway, startBenchGateway } from './gateway-process.ts'
import { postgresCpu, processCpu } from './process-cpu.ts'
import type { Row } from './row.ts'

const online = 200
const perSecond = 50
const writers = 16
const senders = 64

/** Events by HTTP into one inbox against bare inserts on the same PostgreSQL, and the way of an event to an open browser socket. */
export async function benchInbox(): Promise<Row[]> {
  const gateway = await startBenchGateway(online + 1)
  try {
    // Bare inserts before and after, so that a machine that slows down meanwhile does not flatter the ratio.
    await ingest(gateway, 1500)
    const before = await bareInserts(gateway, 3000)
    const events = await ingest(gateway, 6000)
    const after = await bareInserts(gateway, 3000)
    const bare = (before + after) / 2
    const delays = await eventToSocket(gateway, 12_000)
    const ratio = events.perSecond / bare
    const p99 = percentile(delays, 99)
    return [
      {
        name: 'events by HTTP into one inbox, a bare insert commit being 1',
        value: ratio,
        unit: '',
        baseline: `${Math.round(events.perSecond)} events/s to ${Math.round(bare)} commits/s`,
        target: '≥ 0.2',
        pass: ratio >= 0.2,
      },
      { name: 'CPU of the gateway an event', value: events.gatewayMs, unit: 'ms', target: 'none', pass: true },
      { name: 'CPU of PostgreSQL an event', value: events.postgresMs, unit: 'ms', target: 'none', pass: true },
      {
        name: `event to browser socket, 99th percentile, ${online} people online at ${perSecond} events/s`,
        value: p99,
        unit: 'ms',
        baseline: `median ${percentile(delays, 50).toFixed(1)} ms, ${delays.length} events`,
        target: '< 250',
        pass: p99 < 250 && delays.length > 0,
      },
    ]
  } finally {
    await gateway.stop()
  }
}

async function bareInserts(gateway: BenchGateway, ms: number): Promise<number> {
  await sql`create table if not exists bare (id bigint generated always as identity primary key, body jsonb not null)`.execute(
    gateway.db,
  )
  const body = JSON.stringify(event(0))
  const end = performance.now() + ms
  let done = 0
  const started = performance.now()
  await Promise.all(
    Array.from({ length: writers }, async () => {
      while (performance.now() < end) {
        await sql`insert into bare (body) values (${body}::jsonb)`.execute(gateway.db)
        done += 1
      }
    }),
  )
  return done / ((performance.now() - started) / 1000)
}

async function ingest(
  gateway: BenchGateway,
  ms: number,
): Promise<{ perSecond: number; gatewayMs: number; postgresMs: number }> {
  const send = await sender(gateway)
  const cpu = { gateway: processCpu(gateway.pid), postgres: postgresCpu(gateway.postmaster) }
  const end = performance.now() + ms
  let done = 0
  const started = performance.now()
  await Promise.all(
    Array.from({ length: senders }, async () => {
      while (performance.now() < end) {
        await send(0)
        done += 1
      }
    }),
  )
  const seconds = (performance.now() - started) / 1000
  await send.close()
  const { rows } = await sql<{ seq: number; messages: number }>`
    select seq, (select count(*) from inbox_message where person_id = 'p0') as messages from inbox_counter where person_id = 'p0'`.execute(
    gateway.db,
  )
  // What was counted must be there, and without a gap.
  if (rows[0]!.messages !== rows[0]!.seq || rows[0]!.messages < done)
    throw new Error('the inbox does not hold what was sent')
  return {
    perSecond: done / seconds,
    gatewayMs: (processCpu(gateway.pid) - cpu.gateway) / done,
    postgresMs: (postgresCpu(gateway.postmaster) - cpu.postgres) / done,
  }
}

async function eventToSocket(gateway: BenchGateway, ms: number): Promise<number[]> {
  const sent = new Map<string, number>()
  const delays: number[] = []
  const clients = await Promise.all(
    Array.from({ length: online }, async (_, n) => {
      const token = await gateway.directory.token({ sub: `p${n + 1}`, client_id: 'portal' })
      const client = createClient({
        url: `${gateway.url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${token}` },
      })
      client.subscribe<{ inboxChanges: { message: { subject: { id: string } } } }>(
        {
          query:
            'subscription { inboxChanges { seq kind message { id title summary priority subject { id } } counts { open unread } } }',
        },
        {
          next: ({ data }) => {
            const at = sent.get(data?.inboxChanges.message?.subject.id.split('/')[0] ?? '')
            if (at !== undefined) delays.push(performance.now() - at)
          },
          error: () => {},
          complete: () => {},
        },
      )
      return client
    }),
  )
  await wait(3000)
  const send = await sender(gateway)
  const end = performance.now() + ms
  let count = 0
  const flying: Promise<void>[] = []
  const started = performance.now()
  while (performance.now() < end) {
    const product = randomUUID()
    sent.set(product, performance.now())
    flying.push(send(1 + (count % online), product))
    count += 1
    await wait(Math.max(0, started + (count * 1000) / perSecond - performance.now()))
  }
  await Promise.all(flying)
  await wait(1000)
  await Promise.all(clients.map(client => client.dispose()))
  await send.close()
  if (delays.length !== count) throw new Error(`${count} events were sent, ${delays.length} arrived`)
  return delays.sort((a, b) => a - b)
}

async function sender(
  gateway: BenchGateway,
): Promise<{ (person: number, product?: string): Promise<void>; close(): Promise<void> }> {
  const token = await gateway.directory.token({ sub: 'erp', client_id: 'erp', scope: 'events:write' })
  const pool = new Pool(gateway.url, { connections: senders })
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/cloudevents+json' }
  const send = async (person: number, product?: string): Promise<void> => {
    const answer = await pool.request({
      path: '/events',
      method: 'POST',
      headers,
      body: JSON.stringify(event(person, product)),
    })
    const text = await answer.body.text()
    if (answer.statusCode !== 202 || !text.includes('"accepted":1'))
      throw new Error(`an event was not taken: ${answer.statusCode} ${text}`)
  }
  return Object.assign(send, { close: () => pool.close() })
}

function event(person: number, product: string = randomUUID()): object {
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: '/erp',
    type: 'erp.stock.low',
    subject: `${product}/WH1`,
    time: new Date().toISOString(),
    data: {
      product,
      description: '斜齿减速机',
      warehouse: 'WH1',
      quantity: 3,
      minimum: 20,
      planner: `n${person}`,
      version: 1,
    },
  }
}

function percentile(sorted: readonly number[], p: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? Number.POSITIVE_INFINITY
}
