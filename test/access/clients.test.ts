import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import WebSocket from 'ws'
import { checkOperations, readClientsFile } from '../../gateway/src/clients/definition.ts'
import { type OperationEvent, onOperation } from '../../gateway/src/clients/operation-events.ts'
import { createRate } from '../../gateway/src/clients/rate.ts'
import { asker, houseRules, smallWorld } from './fixtures.ts'
import { type Answer, type Stage, startStage } from './stage.ts'

const clients = {
  default: { requestsPerMinute: 60, burst: 3 },
  clients: {
    portal: { storedOnly: true, requestsPerMinute: 6000, burst: 50, per: 'person' },
    report: { operations: ['Names'], requestsPerMinute: 6000 },
    flat: { depth: 3, breadth: 4, cost: 30, introspection: false, requestsPerMinute: 6000 },
    slow: { requestsPerMinute: 6000, concurrent: 1 },
    few: { requestsPerMinute: 60, burst: 2, per: 'person' },
    quiet: { requestsPerMinute: 60, burst: 1 },
  },
}
const names = '{ customers { nodes { name } } }'
const deep = '{ customers { nodes { orders { customer { name } } } } }'

let stage: Stage
const events: OperationEvent[] = []
const stopHearing = onOperation(event => void events.push(event))
beforeAll(async () => {
  stage = await startStage()
})
afterAll(async () => {
  stopHearing()
  await stage?.stop()
})
beforeEach(() => {
  stage.under(houseRules(), { clients })
  stage.askers.set('a', asker('e1', ['A']))
  stage.askers.set('b', asker('e2', ['A']))
  stage.held.world = smallWorld()
  stage.store('Names', names)
  stage.store('Deep', deep)
  events.length = 0
})
const codes = ({ body }: Answer): string[] =>
  (body?.errors ?? []).map((error: { extensions: { code: string } }) => error.extensions.code)
const socket = (token: string) =>
  createClient({
    url: stage.url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}`, locale: 'en' },
    retryAttempts: 0,
  })

test('a client of stored operations runs nothing else, over HTTP and sockets', async () => {
  expect(codes(await stage.ask('a@portal', { documentId: 'Names' }))).toEqual([])
  for (let time = 0; time < 3; time += 1) {
    const refused = await stage.ask('a@portal', { query: names })
    expect({ status: refused.status, codes: codes(refused) }).toEqual({ status: 403, codes: ['OPERATION_REFUSED'] })
  }
  expect((await stage.ask('a@portal', { query: names }, { 'accept-language': 'zh-CN' })).body.errors[0].message).toBe(
    '这个应用只能使用预存的操作',
  )
  const client = socket('a@portal')
  await expect(client.iterate({ query: names }).next()).rejects.toMatchObject([
    { extensions: { code: 'OPERATION_REFUSED' } },
  ])
  const stored = await client.iterate({ query: '', extensions: { documentId: 'Names' } }).next()
  expect(stored.value.data.customers.nodes).toHaveLength(2)
  await client.dispose()
})

test('what one client asked and was given is not given to another that may not ask it', async () => {
  for (let time = 0; time < 3; time += 1) {
    expect(codes(await stage.ask('a@slow', { query: names }))).toEqual([])
    expect(codes(await stage.ask('a@portal', { query: names }))).toEqual(['OPERATION_REFUSED'])
    expect(codes(await stage.ask('a@slow', { query: deep }))).toEqual([])
    expect(codes(await stage.ask('a@flat', { query: deep }))).toEqual(['TOO_COMPLEX'])
    const schema = { query: '{ __schema { queryType { name } } }' }
    expect(codes(await stage.ask('a@slow', schema))).toEqual([])
    expect(codes(await stage.ask('a@flat', schema))[0]).toBe('BAD_INPUT')
  }
})

test('a client of named operations runs those only', async () => {
  expect(codes(await stage.ask('a@report', { documentId: 'Names' }))).toEqual([])
  expect(codes(await stage.ask('a@report', { documentId: 'Deep' }))).toEqual(['OPERATION_REFUSED'])
  expect(codes(await stage.ask('a@report', { query: names }))).toEqual(['OPERATION_REFUSED'])
})

test('depth, breadth and cost are the lower of the client’s and everybody’s', async () => {
  const wide = '{ customers { nodes { code name level } totalCount } }'
  const long = '{ customers(first: 100) { nodes { code } } }'
  for (const [query, code] of [
    [names, []],
    [deep, ['TOO_COMPLEX']],
    [wide, ['TOO_COMPLEX']],
    [long, ['TOO_COMPLEX']],
  ] as const) {
    expect(codes(await stage.ask('a@flat', { query })), query).toEqual(code)
    expect(codes(await stage.ask('a@slow', { query })), query).toEqual([])
  }
})

test('who asks too often is told when to come again: by client, or each person of one', async () => {
  for (let time = 0; time < 2; time += 1) expect((await stage.ask('a@few', { query: names })).status).toBe(200)
  const refused = await stage.ask('a@few', { query: names })
  expect(refused.status).toBe(429)
  expect(Number(refused.headers.get('retry-after'))).toBe(1)
  expect(refused.body.errors[0].extensions).toMatchObject({ code: 'TOO_MANY_REQUESTS', retryable: true, retryAfter: 1 })
  // Another person of the same client has a rate of their own, a client without a section that of all unknown ones.
  expect((await stage.ask('b@few', { query: names })).status).toBe(200)
  expect((await stage.ask('a@quiet', { query: names })).status).toBe(200)
  expect((await stage.ask('b@quiet', { query: names })).status).toBe(429)
  for (let time = 0; time < 3; time += 1) expect((await stage.ask('a@stranger', { query: names })).status).toBe(200)
  expect((await stage.ask('a@stranger', { query: names })).status).toBe(429)
})

test('over a socket the rate holds for operations', async () => {
  const client = socket('a@quiet')
  expect((await client.iterate({ query: names }).next()).value.data.customers.nodes).toHaveLength(2)
  await expect(client.iterate({ query: names }).next()).rejects.toMatchObject([
    { extensions: { code: 'TOO_MANY_REQUESTS', retryAfter: 1 } },
  ])
  await client.dispose()
})

test('a client has as much under way at once as it may, and a place again when one is answered', async () => {
  const answers = await Promise.all(Array.from({ length: 6 }, () => stage.ask('a@slow', { query: deep })))
  const statuses = answers.map(one => one.status)
  expect(statuses).toContain(200)
  expect(statuses).toContain(429)
  const next = await stage.ask('a@slow', { query: deep })
  expect(next.status, next.text).toBe(200)
  // A request that fails gives its place back as well.
  await stage.ask('a@slow', 'no JSON')
  expect((await stage.ask('a@slow', { query: deep })).status).toBe(200)
})

test('every operation is told with its client and outcome', async () => {
  await stage.ask('a@portal', { documentId: 'Names' })
  await stage.ask('a@portal', { query: names })
  await stage.ask('a@slow', { query: '{ receivables { total } orders(first: 0) { totalCount } }' })
  expect(events.map(({ client, operation, outcome }) => [client, operation, outcome])).toEqual([
    ['portal', 'Names', 'ok'],
    ['portal', null, 'refused'],
    ['slow', null, 'partial'],
  ])
})

test('clients.yaml is checked: unknown words and operations are named; without the file nothing is held back', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'clients-'))
  try {
    expect(await readClientsFile(dir)).toEqual({ default: {}, clients: {} })
    await writeFile(join(dir, 'clients.yaml'), 'clients: { portal: { storedOnly: yes, requests: 5, depth: 0 } }')
    await expect(readClientsFile(dir)).rejects.toThrow(/clients\.portal.*depth|depth/s)
    await writeFile(join(dir, 'clients.yaml'), 'clients: { portal: { operations: [Names, Nothing] } }')
    const file = await readClientsFile(dir)
    expect(() => checkOperations(file, new Map([['Names', 1]]))).toThrow(
      'portal: no stored operation is called Nothing',
    )
  } finally {
    await rm(dir, { recursive: true })
  }
})

test('a rate fills evenly up to its burst', () => {
  const rate = createRate(60, 2)
  const taken = (times: number[]): number[] => times.map(ms => rate.take('x', ms))
  expect(taken([0, 0, 0, 500, 1000, 1001, 9000, 9000, 9000])).toEqual([0, 0, 1, 1, 0, 1, 0, 0, 1])
})
