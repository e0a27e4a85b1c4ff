import { randomUUID } from 'node:crypto'
import { CloudEvent, HTTP } from 'cloudevents'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Inbox } from './inbox.ts'
import { listMessages } from './messages.ts'
import { listQuarantine } from './quarantine.ts'
import { systemsOver } from './testing/approval-system.fixture.ts'
import {
  type Colleague,
  cloudEvent,
  serveEvents,
  startGateway,
  startWorld,
  type World,
  webhookSecret,
} from './testing/world.fixture.ts'

let world: World
let inbox: Inbox
let server: { url: string; stop(): Promise<void> }
let chen: Colleague
let erpToken: string

beforeAll(async () => {
  world = await startWorld()
  inbox = await startGateway(world, systemsOver('http://127.0.0.1:9'))
  server = await serveEvents(inbox)
  chen = await world.hire('chen.jie')
  erpToken = await world.clientToken('erp')
})

afterAll(async () => {
  await server.stop()
  await inbox.stop()
  await world.stop()
})

const low = (product = randomUUID()) => ({
  product,
  description: '减速机',
  warehouse: 'WH1',
  quantity: 2,
  minimum: 9,
  planner: chen.erp,
})
const send = async (
  body: string,
  headers: Record<string, string>,
): Promise<{ status: number; body: Record<string, unknown> }> => {
  const response = await fetch(`${server.url}/events`, { method: 'POST', body, headers })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
const sendAsErp = (body: unknown, type = 'application/cloudevents+json', more: Record<string, string> = {}) =>
  send(typeof body === 'string' ? body : JSON.stringify(body), {
    authorization: `Bearer ${erpToken}`,
    'content-type': type,
    ...more,
  })
const followUp = () =>
  cloudEvent('/crm', 'crm.followup.due', {
    followUpId: randomUUID(),
    customerNo: 'C00001',
    customerName: '无锡万拓重工',
    ownerId: chen.crm,
    dueAt: '2026-11-23T10:00:00+08:00',
    content: '确认技术参数',
  })
const signed = (body: string, secret = webhookSecret, at = new Date(), id = `msg_${randomUUID()}`) => ({
  'content-type': 'application/cloudevents+json',
  'webhook-id': id,
  'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
  'webhook-signature': new Webhook(secret).sign(id, at, body),
})
const subjects = async () => (await listMessages(world.db, chen.id, {}, 100)).rows.map(({ row }) => row.subject_id)

test.each(['structured', 'binary'] as const)(
  'a %s event of the foreign cloudevents library arrives once',
  async mode => {
    const data = low()
    const event = new CloudEvent({ source: '/erp', type: 'erp.stock.low', subject: '减速机 A', data })
    const message = HTTP[mode](event)
    // The library leaves header values as they are; the HTTP binding percent-encodes them.
    const headers = Object.fromEntries(
      Object.entries(message.headers).map(([k, v]) => [
        k,
        k === 'ce-subject' ? encodeURIComponent(String(v)) : String(v),
      ]),
    )
    const once = await send(String(message.body), { ...headers, authorization: `Bearer ${erpToken}` })
    expect(once).toMatchObject({ status: 202, body: { accepted: 1, duplicate: 0 } })
    const again = await send(String(message.body), { ...headers, authorization: `Bearer ${erpToken}` })
    expect(again).toMatchObject({ status: 200, body: { accepted: 0, duplicate: 1 } })
    expect((await subjects()).filter(id => id === `${data.product}/WH1`)).toHaveLength(1)
    const row = await world.db.selectFrom('event_in').select('subject').where('id', '=', event.id).executeTakeFirst()
    expect(row?.subject).toBe('减速机 A')
  },
)

test('a batch is taken whole; what was known is told apart', async () => {
  const events = [1, 2, 3].map(() => cloudEvent('/erp', 'erp.stock.low', low()))
  await sendAsErp(events[0])
  const answer = await sendAsErp([...events, events[2]], 'application/cloudevents-batch+json')
  expect(answer).toEqual({ status: 202, body: { accepted: 2, duplicate: 2, stale: 0, quarantined: 0 } })
})

test('a batch with one malformed event is refused and nothing of it is done', async () => {
  const good = cloudEvent('/erp', 'erp.stock.low', low())
  const answer = await sendAsErp([good, { ...good, id: '' }], 'application/cloudevents-batch+json')
  expect(answer.status).toBe(400)
  expect(answer.body.detail).toContain('[1].id')
  expect(await subjects()).not.toContain(`${(good.data as { product: string }).product}/WH1`)
})

test('a signed webhook of the CRM arrives; the same signature and body again changes nothing', async () => {
  const body = JSON.stringify(followUp())
  const headers = signed(body)
  expect((await send(body, headers)).status).toBe(202)
  expect((await send(body, headers)).status).toBe(200)
})

test.each([
  [
    'forged',
    (body: string) => signed(body, `whsec_${Buffer.from('another secret of sufficient length').toString('base64')}`),
    'bad_signature',
  ],
  ['of another body', () => signed('{}'), 'bad_signature'],
  ['stale', (body: string) => signed(body, webhookSecret, new Date(Date.now() - 301_000)), 'stale_signature'],
  ['of the future', (body: string) => signed(body, webhookSecret, new Date(Date.now() + 302_000)), 'stale_signature'],
  ['without a time', (body: string) => ({ ...signed(body), 'webhook-timestamp': 'now' }), 'stale_signature'],
])('a signature that is %s is refused', async (_, headers, code) => {
  const event = followUp()
  const body = JSON.stringify(event)
  const answer = await send(body, headers(body))
  expect(answer).toMatchObject({ status: 401, body: { code } })
  expect(await subjects()).not.toContain((event.data as { followUpId: string }).followUpId)
})

test('a signature opens its own source only', async () => {
  const body = JSON.stringify(cloudEvent('/erp', 'erp.stock.low', low()))
  expect(await send(body, signed(body))).toMatchObject({ status: 403, body: { code: 'foreign_source' } })
})

test('a client may send its own source only, with the scope, and a person may not send at all', async () => {
  const event = JSON.stringify(followUp())
  const type = { 'content-type': 'application/cloudevents+json' }
  expect((await sendAsErp(event)).body.code).toBe('foreign_source')
  expect(
    (await send(event, { ...type, authorization: `Bearer ${await world.clientToken('erp', 'scim:read')}` })).body.code,
  ).toBe('insufficient_scope')
  const person = await world.directory.token({ sub: chen.id, client_id: 'portal', scope: 'events:write' })
  expect((await send(event, { ...type, authorization: `Bearer ${person}` })).body.code).toBe('insufficient_scope')
  const foreign = await world.directory.token(
    { sub: 'erp', client_id: 'erp', scope: 'events:write' },
    { foreignKey: true },
  )
  expect(await send(event, { ...type, authorization: `Bearer ${foreign}` })).toMatchObject({
    status: 401,
    body: { code: 'invalid_token' },
  })
  expect(await send(event, type)).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
})

test.each([
  ['no id', { id: undefined }, 'id'],
  ['an unknown version', { specversion: '0.3' }, 'specversion'],
  ['no type', { type: '' }, 'type'],
  ['a source that is no URI', { source: 'a b' }, 'source'],
  ['a time that is no time', { time: 'yesterday' }, 'time'],
  ['a time without a zone', { time: '2026-11-22T10:00:00' }, 'time'],
  ['a forbidden attribute name', { 'Trace-Parent': 'x' }, 'Trace-Parent'],
  ['data twice', { data_base64: 'e30=' }, 'data_base64'],
  ['data that is not JSON', { datacontenttype: 'text/xml' }, 'datacontenttype'],
  ['an attribute that is an object', { extra: { a: 1 } }, 'extra'],
  ['a NUL character', { subject: 'a\u0000b' }, 'NUL'],
  ['half a surrogate pair', { subject: '\ud800' }, 'surrogate'],
])('a CloudEvent with %s is refused with words that help', async (_, fault, words) => {
  const answer = await sendAsErp({ ...cloudEvent('/erp', 'erp.stock.low', low()), ...fault }, undefined, {
    'accept-language': 'en',
  })
  expect(answer).toMatchObject({ status: 400, body: { code: 'bad_event' } })
  expect(answer.body.detail).toContain(words)
})

test.each([
  ['not JSON', 'application/cloudevents+json', '{"specversion":', 400],
  ['a list where one event belongs', 'application/cloudevents+json', '[]', 400],
  ['one event where a list belongs', 'application/cloudevents-batch+json', '{}', 400],
  ['too many events', 'application/cloudevents-batch+json', JSON.stringify(Array(501).fill({})), 413],
  ['another content type', 'application/json', '{}', 415],
  ['a form', 'application/x-www-form-urlencoded', 'a=b', 415],
  ['nothing at all', 'application/cloudevents+json', '', 400],
  ['prototype pollution', 'application/cloudevents+json', '{"__proto__":{"source":"/erp"},"constructor":1}', 400],
])('%s is refused', async (_, type, body, status) => {
  expect((await sendAsErp(body, type)).status).toBe(status)
})

test('what is too large is refused with 413, and the service goes on', async () => {
  const large = { ...low(), description: 'x'.repeat(300 * 1024) }
  expect((await sendAsErp(cloudEvent('/erp', 'erp.stock.low', large))).status).toBe(413)
  expect((await sendAsErp('x'.repeat(2 * 1024 * 1024))).status).toBe(413)
  expect((await sendAsErp(cloudEvent('/erp', 'erp.stock.low', low()))).status).toBe(202)
})

test('an event that cannot be understood is accepted, held, and shown with its body', async () => {
  const event = cloudEvent('/erp', 'mes.batch.failed', { line: 4 })
  expect(await sendAsErp(event)).toMatchObject({ status: 202, body: { quarantined: 1 } })
  const { groups } = await listQuarantine(world.db, 10)
  expect(groups[0]).toMatchObject({ type: 'mes.batch.failed', body: { id: event.id, data: { line: 4 } } })
  expect((await inbox.status()).get('erp')?.quarantined).toBeGreaterThan(0)
})

test('a hint of the directory is told to the parts that follow it, again when one of them failed', async () => {
  const heard: unknown[] = []
  let failures = 1
  const end = inbox.onEvent(event => {
    if (event.type !== 'atrium.directory.changed') return
    heard.push(event.data)
    if (failures-- > 0) throw new Error('not now')
  })
  const token = await world.clientToken('idp')
  const event = cloudEvent('/atrium/idp', 'atrium.directory.changed', { personIds: ['e0001'] })
  await send(JSON.stringify(event), {
    authorization: `Bearer ${token}`,
    'content-type': 'application/cloudevents+json',
  })
  await expect.poll(() => heard.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(2)
  expect(heard[0]).toEqual({ personIds: ['e0001'] })
  end()
})
