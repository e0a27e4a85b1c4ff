import { setClock } from '@atrium/platform/clock'
import { freePort } from '@atrium/platform/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseSystems } from './configuration.ts'
import { Connector } from './connector.ts'
import { json, startServer, type TestServer } from './testing/server.ts'
import type { BreakerState, Tokens, UpstreamError } from './types.ts'

const document = {
  openapi: '3.1.0',
  paths: {
    '/things': {
      get: {
        operationId: 'listThings',
        parameters: [
          { name: 'ids', in: 'query', schema: { type: 'string' } },
          { name: 'tags', in: 'query', schema: { type: 'array' } },
        ],
        responses: { 200: { content: { 'application/json': { schema: { type: 'object' } } } } },
      },
      post: {
        operationId: 'createThing',
        requestBody: {
          content: { 'application/json': { schema: { type: 'object', properties: { name: { type: 'string' } } } } },
        },
        responses: { 201: { content: { 'application/json': { schema: { type: 'object' } } } } },
      },
    },
    '/things/{id}': {
      get: {
        operationId: 'getThing',
        parameters: [{ name: 'id', in: 'path', required: true }],
        responses: { 200: {} },
      },
    },
  },
}

let server: TestServer
let connector: Connector
let tokens: Tokens & { given: number }
const states: BreakerState[] = []
const person = { kind: 'person', personId: 'e1', accessToken: 'token' } as const
const call = (more: { safe?: boolean; ms?: number } = {}) => ({
  credential: person,
  deadline: Date.now() + (more.ms ?? 3000),
  safe: more.safe ?? true,
})

function connect(url: string, limits: object = {}): Connector {
  const { systems } = parseSystems({
    company: { zone: 'Asia/Shanghai', currency: 'CNY' },
    systems: {
      s: {
        name: { zh: 'S', en: 'S' },
        url,
        protocol: 'openapi',
        document: `${url}/openapi.json`,
        endpoint: url,
        authentication: { kind: 'exchange', audience: 'urn:s' },
        limits,
      },
    },
  })
  return new Connector('s', systems.s as NonNullable<typeof systems.s>, tokens, {
    onBreaker: state => states.push(state),
    onCall: () => {},
    onDescribed: () => {},
  })
}

/** Answers the description, and everything else by the function. */
async function serverThat(answer: TestServer['answer']): Promise<void> {
  server.answer = (request, response) =>
    request.path === '/openapi.json' ? json(response, document) : answer(request, response)
}

const calls = () => server.requests.filter(request => request.path !== '/openapi.json')
const failure = async (work: Promise<unknown>): Promise<UpstreamError> =>
  (await work.then(
    () => {
      throw new Error('it succeeded')
    },
    (error: unknown) => error,
  )) as UpstreamError

beforeEach(async () => {
  server = await startServer((_request, response) => json(response, {}))
  tokens = {
    given: 0,
    async forPerson() {
      tokens.given += 1
      return `token-${tokens.given}`
    },
    forService: async () => 'service',
    forget: () => {},
  }
  states.length = 0
  connector = connect(server.url)
  await serverThat((_request, response) => json(response, { ok: true }))
})
afterEach(async () => {
  setClock()
  await connector.close()
  await server.stop()
})

describe('calling', () => {
  test('a flat input is put into path, query and body by the description; the token is the person’s', async () => {
    await connector.invoke('listThings', { ids: ['a', 'b,&c'], tags: ['x', 'y'] }, call())
    await connector.invoke('getThing', { id: '../admin' }, call())
    await connector.invoke('createThing', { name: '铁' }, call({ safe: false }))
    expect(calls().map(request => `${request.method} ${request.path} ${request.body}`)).toEqual([
      'GET /things?ids=a,b,&c&tags=x&tags=y ',
      'GET /things/../admin ',
      'POST /things {"name":"铁"}',
    ])
    expect(calls()[0]?.headers.authorization).toBe('Bearer token-1')
  })

  test('an operation or input that the description does not know is refused before anything is sent', async () => {
    for (const [operation, input] of [
      ['dropThings', {}],
      ['listThings', { all: 'yes' }],
      ['getThing', {}],
      ['listThings', { ids: [] }],
    ] as const) {
      expect(await failure(connector.invoke(operation, input, call()))).toMatchObject({
        code: 'UPSTREAM_REFUSED',
        outcome: 'not_sent',
      })
    }
    expect(calls()).toEqual([])
  })

  test('a description that is away or broken is told as such and asked for again', async () => {
    server.answer = (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')
    expect((await failure(connector.invoke('listThings', {}, call()))).code).toBe('UPSTREAM_BAD_ANSWER')
    await serverThat((_request, response) => json(response, { ok: true }))
    expect(await connector.invoke('listThings', {}, call())).toEqual({ ok: true })
  })
})

describe('answers that are none', () => {
  test.each([
    [
      'HTML for JSON',
      (response: import('node:http').ServerResponse) =>
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html>login</html>'),
      'UPSTREAM_BAD_ANSWER',
      false,
    ],
    [
      'broken JSON',
      (response: import('node:http').ServerResponse) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":'),
      'UPSTREAM_BAD_ANSWER',
      false,
    ],
    [
      'half a body',
      (response: import('node:http').ServerResponse) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{"a":1')
        setTimeout(() => response.destroy(), 20)
      },
      'UPSTREAM_UNAVAILABLE',
      true,
    ],
    [
      'more bytes than allowed',
      (response: import('node:http').ServerResponse) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify('x'.repeat(70_000))),
      'UPSTREAM_BAD_ANSWER',
      false,
    ],
    [
      'a redirect',
      (response: import('node:http').ServerResponse) =>
        response.writeHead(302, { location: 'http://example.com/' }).end(),
      'UPSTREAM_BAD_ANSWER',
      true,
    ],
    [
      'no answer at all',
      (response: import('node:http').ServerResponse) => response.destroy(),
      'UPSTREAM_UNAVAILABLE',
      true,
    ],
  ])('%s', async (_name, answer, code) => {
    connector = connect(server.url, { maxBytes: 60_000, retries: 0 })
    await serverThat((_request, response) => answer(response))
    expect(await failure(connector.invoke('listThings', {}, call()))).toMatchObject({
      code,
      system: 's',
      outcome: 'unknown',
    })
  })

  test('an answer after the deadline counts as none, and the caller does not wait for it', async () => {
    await serverThat((_request, response) => setTimeout(() => json(response, { late: true }), 800))
    const started = Date.now()
    expect(await failure(connector.invoke('listThings', {}, call({ ms: 200 })))).toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
      outcome: 'unknown',
      retryable: true,
    })
    expect(Date.now() - started).toBeLessThan(600)
  })

  test('what the system refuses with reason is told with that reason, and is no failure of the system', async () => {
    await serverThat((_request, response) =>
      response
        .writeHead(409, { 'content-type': 'application/problem+json' })
        .end(JSON.stringify({ detail: 'taken', code: 'conflict' })),
    )
    for (let index = 0; index < 12; index += 1) {
      expect(await failure(connector.invoke('createThing', {}, call({ safe: false })))).toMatchObject({
        code: 'UPSTREAM_REFUSED',
        outcome: 'refused',
        reason: 'taken',
        reasonCode: 'conflict',
        retryable: false,
      })
    }
    expect(connector.breaker.state).toBe('CLOSED')
  })

  test('a failing server’s own words are kept out of the reason', async () => {
    await serverThat((_request, response) => json(response, { detail: 'ORA-00942 at db01.corp.local' }, 500))
    const error = await failure(connector.invoke('createThing', {}, call({ safe: false })))
    expect(error).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', outcome: 'unknown' })
    expect(error.reason).toBeUndefined()
  })
})

describe('repeating', () => {
  test('a safe call is repeated after 503, one that changes something is not', async () => {
    let left = 1
    await serverThat((_request, response) => (left-- > 0 ? json(response, {}, 503) : json(response, { ok: true })))
    expect(await connector.invoke('listThings', {}, call())).toEqual({ ok: true })
    expect(calls()).toHaveLength(2)
    left = 1
    expect((await failure(connector.invoke('createThing', {}, call({ safe: false })))).outcome).toBe('unknown')
    expect(calls()).toHaveLength(3)
  })

  test('a call that was certainly not sent is told as such even when it changes something', async () => {
    await connector.invoke('listThings', {}, call())
    await server.stop()
    // Until the closed connection is noticed, a request may have gone out on it: that is then unknown, and not repeated.
    await new Promise(resolve => setTimeout(resolve, 100))
    const error = await failure(connector.invoke('createThing', {}, call({ safe: false, ms: 800 })))
    expect(error).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', outcome: 'not_sent' })
  })

  test('a refused token is exchanged anew once, then the refusal stands', async () => {
    await serverThat((request, response) =>
      request.headers.authorization === 'Bearer token-1' ? json(response, {}, 401) : json(response, { ok: true }),
    )
    expect(await connector.invoke('createThing', {}, call({ safe: false }))).toEqual({ ok: true })
    await serverThat((_request, response) => json(response, {}, 401))
    expect(await failure(connector.invoke('listThings', {}, call()))).toMatchObject({
      code: 'UPSTREAM_UNAUTHENTICATED',
      outcome: 'refused',
    })
    expect(calls()).toHaveLength(4)
  })

  test('retries are a small share of the calls, so that they cannot bury a system in trouble', async () => {
    connector = connect(server.url, { breaker: { requestThreshold: 1000 } })
    await serverThat((_request, response) => json(response, {}, 503))
    for (let index = 0; index < 40; index += 1) await failure(connector.invoke('listThings', {}, call()))
    // Ten saved at the start, and a tenth of each call.
    expect(calls().length).toBeLessThanOrEqual(40 + 10 + 4)
    expect(calls().length).toBeGreaterThan(40)
  })
})

describe('circuit breaker and bulkhead', () => {
  test('many failures open it, nobody waits any more, a trial closes it', async () => {
    let at = Date.now()
    setClock(() => new Date(at))
    connector = connect(server.url, { retries: 0 })
    await serverThat((_request, response) => json(response, {}, 500))
    for (let index = 0; index < 10; index += 1) await failure(connector.invoke('listThings', {}, call()))
    const before = calls().length
    expect(await failure(connector.invoke('listThings', {}, call()))).toMatchObject({
      code: 'CIRCUIT_OPEN',
      outcome: 'not_sent',
      retryable: true,
    })
    expect(calls()).toHaveLength(before)
    at += 5001
    expect((await failure(connector.invoke('listThings', {}, call()))).code).toBe('UPSTREAM_UNAVAILABLE')
    expect((await failure(connector.invoke('listThings', {}, call()))).code).toBe('CIRCUIT_OPEN')
    at += 5001
    await serverThat((_request, response) => json(response, { ok: true }))
    await connector.invoke('listThings', {}, call())
    await connector.invoke('listThings', {}, call())
    expect(states).toEqual(['OPEN', 'HALF_OPEN', 'OPEN', 'HALF_OPEN', 'CLOSED'])
  })

  test('few failures, or failures among many successes, leave it closed', async () => {
    connector = connect(server.url, { retries: 0 })
    let index = 0
    await serverThat((_request, response) => (index++ % 3 === 0 ? json(response, {}, 500) : json(response, {})))
    for (let count = 0; count < 30; count += 1) await connector.invoke('listThings', {}, call()).catch(() => {})
    expect(connector.breaker.state).toBe('CLOSED')
  })

  test('a slow system holds up only as many calls as it is allowed', async () => {
    connector = connect(server.url, { concurrent: 2, waiting: 1, retries: 0, timeoutMs: 400 })
    await connector.description(Date.now() + 1000)
    await serverThat(() => {})
    const errors = await Promise.all(
      Array.from({ length: 6 }, () => failure(connector.invoke('listThings', {}, call()))),
    )
    expect(calls()).toHaveLength(2)
    expect(errors.filter(error => error.outcome === 'not_sent')).toHaveLength(4)
  })

  test('a port where nobody listens is an outage', async () => {
    connector = connect(`http://127.0.0.1:${await freePort()}`)
    expect(await failure(connector.invoke('listThings', {}, call({ ms: 500 })))).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      outcome: 'not_sent',
    })
  })
})
