import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { setClock } from '@atrium/platform/clock'
import { freePort } from '@atrium/platform/testing'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { signedDelivery } from './deliver.ts'
import { createEventSender, type EventSender, eventSchema } from './events.ts'
import { openStore, transaction } from './store.ts'

const SECRET = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`

type Received = { headers: IncomingHttpHeaders; body: string; id: string }
let folder: string
let db: DatabaseSync
let port: number
let receiver: Server | undefined
let received: Received[]
let answer: (id: string) => number
let sender: EventSender

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'events-test-'))
  db = openStore(folder, 'store.sqlite', eventSchema, 'CREATE TABLE IF NOT EXISTS thing (id TEXT PRIMARY KEY) STRICT')
  port = await freePort()
  received = []
  answer = () => 202
  sender = newSender()
})
afterEach(async () => {
  setClock()
  await sender.stop()
  await stopReceiver()
  db.close()
  await rm(folder, { recursive: true })
})

const newSender = () =>
  createEventSender({
    db,
    source: '/crm',
    retryDelays: [30, 60],
    deliver: signedDelivery({ url: `http://localhost:${port}/events`, secret: SECRET }),
  })

async function startReceiver() {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', chunk => (body += chunk))
    request.on('end', () => {
      const { id } = JSON.parse(body) as { id: string }
      const status = answer(id)
      if (status < 300) received.push({ headers: request.headers, body, id })
      response.writeHead(status)
      response.end()
    })
  })
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  receiver = server
}
async function stopReceiver() {
  const server = receiver
  receiver = undefined
  server?.closeAllConnections()
  if (server) await new Promise(resolve => server.close(resolve))
}
const enqueue = (id: string) =>
  sender.enqueue({ id, type: 'crm.followup.due', subject: id, data: { text: `到期 ${id}` } })
const ids = () => received.map(event => event.id)
const stateOf = (id: string) =>
  (db.prepare('SELECT state FROM event_queue WHERE id = ?').get(id) as { state: string }).state

describe('events of a sample system', () => {
  it('are structured CloudEvents whose signature a foreign library accepts, and not with another secret or body', async () => {
    await startReceiver()
    sender.start()
    enqueue('a')
    await vi.waitFor(() => expect(ids()).toEqual(['a']))
    const { headers, body } = received[0]!
    expect(headers['content-type']).toBe('application/cloudevents+json; charset=utf-8')
    const signed = headers as Record<string, string>
    expect(new Webhook(SECRET).verify(body, signed)).toMatchObject({
      specversion: '1.0',
      id: 'a',
      source: '/crm',
      type: 'crm.followup.due',
      subject: 'a',
      data: { text: '到期 a' },
    })
    expect(() => new Webhook(SECRET).verify(body.replace('到期', '过期'), signed)).toThrow()
    expect(() => new Webhook(`whsec_${Buffer.alloc(32, 1).toString('base64')}`).verify(body, signed)).toThrow()
  })

  it('wait while the receiver is down and arrive in their order when it is back, each once', async () => {
    sender.start()
    for (const id of ['a', 'b', 'c']) enqueue(id)
    await vi.waitFor(() =>
      expect(db.prepare("SELECT attempts FROM event_queue WHERE id = 'a'").get()!.attempts).toBeGreaterThan(1),
    )
    expect(db.prepare("SELECT attempts FROM event_queue WHERE id = 'c'").get()!.attempts).toBe(0)
    await startReceiver()
    await vi.waitFor(() => expect(sender.pending()).toBe(0))
    expect(ids()).toEqual(['a', 'b', 'c'])
  })

  it('outlive the process: what was entered before a crash is sent by the next one', async () => {
    sender.start()
    enqueue('a')
    await sender.stop()
    db.close()
    db = openStore(folder, 'store.sqlite', eventSchema)
    sender = newSender()
    await startReceiver()
    sender.start()
    await vi.waitFor(() => expect(ids()).toEqual(['a']))
  })

  it('are tried again after 500, 429 and 401, and one that is refused as malformed does not hold up the others', async () => {
    const refusals = new Map([
      ['a', [500, 429, 401]],
      ['b', [400]],
    ])
    answer = id => refusals.get(id)?.shift() ?? 202
    await startReceiver()
    sender.start()
    for (const id of ['a', 'b', 'c']) enqueue(id)
    await vi.waitFor(() => expect(sender.pending()).toBe(0))
    expect(ids()).toEqual(['a', 'c', 'b'])
  })

  it('that were refused for three days are kept as dead and no longer sent', async () => {
    answer = () => 400
    await startReceiver()
    sender.start()
    enqueue('a')
    await vi.waitFor(() => expect(stateOf('a')).toBe('pending'))
    const later = Date.now() + 4 * 24 * 3_600_000
    setClock(() => new Date(later))
    enqueue('b')
    await vi.waitFor(() => expect(stateOf('a')).toBe('dead'))
    expect(db.prepare("SELECT last_error FROM event_queue WHERE id = 'a'").get()!.last_error).toBe('HTTP 400')
  })

  it('belong to the transaction: what is rolled back is not reported; what is repeated is reported once', async () => {
    await startReceiver()
    sender.start()
    expect(() =>
      transaction(db, () => {
        db.prepare("INSERT INTO thing VALUES ('x')").run()
        enqueue('lost')
        throw new Error('refused')
      }),
    ).toThrow('refused')
    transaction(db, () => {
      db.prepare("INSERT INTO thing VALUES ('x')").run()
      enqueue('kept')
      enqueue('kept')
    })
    await vi.waitFor(() => expect(ids()).toEqual(['kept']))
    expect(db.prepare('SELECT count(*) AS n FROM event_queue').get()!.n).toBe(1)
  })

  it('follow no redirect: the signature is for one receiver', async () => {
    const redirecting = createServer((_request, response) => {
      response.writeHead(307, { location: `http://localhost:${port}/events` })
      response.end()
    })
    await new Promise<void>(resolve => redirecting.listen(0, '127.0.0.1', resolve))
    await startReceiver()
    const { port: other } = redirecting.address() as { port: number }
    const deliver = signedDelivery({ url: `http://localhost:${other}/events`, secret: SECRET })
    expect(
      await deliver({
        specversion: '1.0',
        id: 'a',
        source: '/crm',
        type: 't',
        subject: 's',
        time: new Date().toISOString(),
        datacontenttype: 'application/json',
        data: {},
      }),
    ).toMatchObject({ outcome: 'unavailable' })
    expect(received).toEqual([])
    redirecting.closeAllConnections()
    await new Promise(resolve => redirecting.close(resolve))
  })
})
