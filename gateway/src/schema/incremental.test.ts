import { Client, fetchExchange, type OperationResult } from '@urql/core'
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import WebSocket from 'ws'
import { type OperationEvent, onOperation } from '../clients/operation-events.ts'
import { ids, joined, partsOf, read, startThreeSystems, type ThreeSystems } from './incremental.fixture.ts'
import { takesParts } from './incremental.ts'

let three: ThreeSystems
beforeAll(async () => {
  three = await startThreeSystems()
})
afterAll(() => three?.stop())
beforeEach(() => three.reset())

const apollo = 'multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9'

function post(
  body: object,
  { accept = apollo, client = 'portal', signal }: { accept?: string; client?: string; signal?: AbortSignal } = {},
) {
  return fetch(three.url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${client}`,
      'content-type': 'application/json',
      accept,
      'accept-language': 'en',
      origin: 'http://portal.test',
    },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  })
}

const nodes = (of: (id: string) => object): object[] => ['1', '2', '3'].map(of)

// The short way of a stored operation is open to clients whose manner of asking was seen before.
describe.each([
  ['a stored operation', { documentId: 'Joined' }],
  ['the same again', { documentId: 'Joined' }],
  ['a query of the client’s own', { query: joined }],
  ['the same again', { query: joined }],
  ['and once more', { query: joined }],
])('%s', (_name, body) => {
  test('is told part by part while one system keeps it waiting, and asks each system once', async () => {
    await (await post({ query: '{ customers { totalCount } }' })).text()
    three.systems.crm.requests.length = 0
    const waiting = three.shut('erp')
    const response = await post(body)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('multipart/mixed; boundary="-"; deferSpec=20220824')
    expect(response.headers.get('access-control-allow-origin')).toBe('http://portal.test')
    expect(response.headers.get('content-encoding')).toBeNull()
    const parts = partsOf(response)
    const first = await read(parts)
    expect(first).toMatchObject({ data: { customers: { totalCount: 3 } }, hasNext: true })
    // What other systems had ready in the same moment may be there already.
    let seen = JSON.stringify(first)
    while (!seen.includes('oa 3')) seen += JSON.stringify(await read(parts))
    expect(waiting, 'the ERP was asked long ago and has not answered').toHaveLength(1)
    expect(seen).not.toContain('erp 1')
    three.open('erp')
    const last = await read(parts)
    expect(last.hasNext).toBe(false)
    expect(last.incremental.map((part: object) => ({ ...part, extensions: undefined }))).toEqual(
      nodes(id => ({
        path: ['customers', 'nodes', Number(id) - 1],
        label: 'erp',
        data: { debt: { value: `erp ${id}` }, secret: null },
      })),
    )
    expect(last.incremental[2].extensions).toMatchObject({ denied: ['Customer.secret'] })
    expect(last.incremental[2].extensions.sources.map((one: { system: string }) => one.system).sort()).toEqual([
      'crm',
      'erp',
      'oa',
    ])
    expect(await read(parts)).toBeUndefined()
    expect(ids.map(id => three.systems[id].requests.length)).toEqual([1, 1, 1])
  })

  test('is told as a whole to whoever takes no parts, and where a variable says so', async () => {
    for (const accept of ['application/json', '*/*', 'multipart/mixed;incrementalSpec=v0.2, application/json']) {
      const response = await post(body, { accept })
      expect(response.headers.get('content-type')).toMatch(/^application\/(graphql-response\+)?json/)
      expect((await response.json()).data.customers.nodes).toEqual(
        nodes(id => ({
          id,
          value: `crm ${id}`,
          debt: { value: `erp ${id}` },
          secret: null,
          contract: { value: `oa ${id}` },
        })),
      )
    }
    const waiting = three.shut('erp')
    const whole = post({ ...body, variables: { erp: false } }).then(one => one.text())
    await vi.waitFor(() => expect(waiting).toHaveLength(1))
    three.open('erp')
    expect(await whole).toContain('erp 3')
  })

  test('tells the failure of a part with the part', async () => {
    three.broken.add('erp')
    const parts = partsOf(await post(body))
    const first = await read(parts)
    expect(first.errors).toBeUndefined()
    const told = []
    for (let payload = first; payload?.hasNext; ) {
      payload = await read(parts)
      told.push(...(payload.incremental ?? []))
    }
    const failed = told.filter(part => part.label === 'erp')
    expect(failed).toHaveLength(3)
    expect(failed[1]).toMatchObject({
      data: { debt: null },
      errors: [
        { path: ['customers', 'nodes', 1, 'debt'], extensions: { code: 'UPSTREAM_UNAVAILABLE', system: 'erp' } },
      ],
    })
    expect(told.filter(part => part.label === 'oa').flatMap(part => part.errors ?? [])).toEqual([])
    expect(JSON.stringify(told)).not.toMatch(/ORA-|db01/)
  })
})

test('an answer that is whole at once comes as one, not in parts', async () => {
  const response = await post({ query: '{ customers { nodes { id ... @defer { value } } } }' })
  expect(response.headers.get('content-type')).toMatch(/json/)
  expect((await response.json()).data.customers.nodes[0]).toEqual({ id: '1', value: 'crm 1' })
})

test('who goes away between two parts ends what is under way for it, and gives back its place', async () => {
  const events: OperationEvent[] = []
  const end = onOperation(event => events.push(event))
  const closed = three.cutShort()
  const gone = new AbortController()
  const response = await post({ documentId: 'Joined' }, { signal: gone.signal, client: 'one' })
  await partsOf(response).next()
  expect((await post({ query: '{ debts { totalCount } }' }, { client: 'one' })).status).toBe(429)
  gone.abort()
  await closed
  await vi.waitFor(() => expect(events.map(one => one.operation)).toContain('Joined'))
  end()
})

describe('clients of other makers', () => {
  test('urql shows each part when it comes', async () => {
    three.shut('erp')
    const client = new Client({
      url: three.url,
      exchanges: [fetchExchange],
      preferGetMethod: false,
      fetchOptions: { headers: { authorization: 'Bearer urql' } },
    })
    const results: OperationResult[] = []
    const { unsubscribe } = client.query(joined, {}).subscribe(result => results.push(result))
    await vi.waitFor(() => expect(JSON.stringify(results.at(-1)?.data)).toContain('oa 3'))
    expect(results.at(-1)).toMatchObject({ hasNext: true, error: undefined })
    three.open('erp')
    await vi.waitFor(() => expect(results.at(-1)?.hasNext).toBe(false))
    expect(results.at(-1)?.data.customers.nodes).toEqual(
      nodes(id => ({
        id,
        value: `crm ${id}`,
        debt: { value: `erp ${id}` },
        secret: null,
        contract: { value: `oa ${id}` },
      })),
    )
    expect(results.at(-1)?.extensions?.sources).toHaveLength(3)
    unsubscribe()
  })

  test.each([
    ['a stored operation', { query: '', extensions: { documentId: 'Joined' } }],
    ['a query', { query: joined }],
  ])('graphql-ws gets a message a part of %s, and no more after it said so', async (_name, payload) => {
    const client = createClient({ url: three.url.replace('http', 'ws'), webSocketImpl: WebSocket, lazy: false })
    const results: Record<string, unknown>[] = []
    three.shut('erp')
    const done = new Promise<void>((resolve, reject) => {
      client.subscribe(payload, { next: one => results.push({ ...one }), error: reject, complete: resolve })
    })
    await vi.waitFor(() => expect(JSON.stringify(results)).toContain('oa 3'))
    expect(results[0]).toMatchObject({ data: { customers: { totalCount: 3 } }, hasNext: true })
    three.open('erp')
    await done
    expect(JSON.stringify(results.at(-1))).toContain('erp 3')
    expect(results.at(-1)).toMatchObject({ hasNext: false })

    const closed = three.cutShort()
    results.length = 0
    const leave = client.subscribe(payload, {
      next: one => results.push({ ...one }),
      error: () => {},
      complete: () => {},
    })
    await vi.waitFor(() => expect(JSON.stringify(results)).toContain('oa 3'))
    leave()
    await closed
    await client.dispose()
  })
})

test.each([
  ['multipart/mixed; deferSpec=20220824, application/json', true],
  ['application/json, multipart/mixed;deferSpec="20220824";q=0.5', true],
  ['application/graphql-response+json, text/event-stream, multipart/mixed', true],
  ['multipart/mixed;q=0, application/json', false],
  ['multipart/mixed;deferSpec=20200101', false],
  ['multipart/mixed;incrementalDeliverySpec=3283f8a', false],
  ['multipart/mixed;boundary=graphql;subscriptionSpec=1.0, application/json', false],
  ['multipart/form-data, application/json', false],
  ['*/*', false],
  ['', false],
])('Accept: %s takes parts: %s', (accept, takes) => {
  expect(takesParts(accept)).toBe(takes)
})
