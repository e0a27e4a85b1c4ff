import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { parseSystems } from '../configuration.ts'
import { Connector } from '../connector.ts'
import { explain, stateOf } from '../state.ts'
import { json, startServer, type TestServer } from '../testing/server.ts'
import { type InvokeOptions, type Tokens, UpstreamError } from '../types.ts'
import { hedged, NotWanted } from './hedge.ts'
import type { Pause } from './pace.ts'

const document = {
  openapi: '3.1.0',
  paths: {
    '/things': {
      get: {
        operationId: 'list',
        parameters: [{ name: 'ids', in: 'query', schema: { type: 'string' } }],
        responses: { 200: { content: { 'application/json': { schema: { type: 'object' } } } } },
      },
      post: {
        operationId: 'create',
        requestBody: {
          content: { 'application/json': { schema: { type: 'object', properties: { name: { type: 'string' } } } } },
        },
        responses: { 201: { content: { 'application/json': { schema: { type: 'object' } } } } },
      },
    },
  },
}

let server: TestServer
let connector: Connector
let pauses: (Pause | null)[]
const tokens: Tokens = { forPerson: async () => 't', forService: async () => 't', forget: () => {} }

async function connect(limits: object, answer: TestServer['answer']): Promise<void> {
  server.answer = (request, response) =>
    request.path === '/openapi.json' ? json(response, document) : answer(request, response)
  const { url } = server
  const { systems } = parseSystems({
    company: { zone: 'UTC', currency: 'CNY' },
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
  connector = new Connector('s', systems.s as NonNullable<typeof systems.s>, tokens, {
    onBreaker: () => {},
    onCall: () => {},
    onPause: pause => pauses.push(pause),
    onDescribed: () => {},
  })
  await connector.description(Date.now() + 5000)
}

beforeEach(async () => {
  pauses = []
  server = await startServer(() => {})
})
afterEach(async () => {
  await connector?.close()
  await server.stop()
})

const calls = () => server.requests.filter(request => request.path !== '/openapi.json')
const options = (more: Partial<InvokeOptions> & { ms?: number } = {}): InvokeOptions => ({
  credential: { kind: 'service' },
  deadline: Date.now() + (more.ms ?? 5000),
  safe: true,
  ...more,
})
const ended = async (work: Promise<unknown>): Promise<unknown> =>
  work.catch(error => {
    if (!(error instanceof UpstreamError)) throw error
    return `${error.code} ${error.outcome}`
  })

describe('a call has an end', () => {
  test('after its time, however often it was repeated', async () => {
    await connect({ timeoutMs: 300, retries: 5 }, (_request, response) => setTimeout(() => response.destroy(), 110))
    const started = performance.now()
    expect(await ended(connector.invoke('list', {}, options()))).toMatch(/^UPSTREAM_(TIMEOUT|UNAVAILABLE) unknown$/)
    expect(performance.now() - started).toBeLessThan(600)
    expect(calls().length).toBeGreaterThanOrEqual(2)
  })

  test('even when the issuer of tokens takes longer than the caller may', async () => {
    await connect({ breaker: { requestThreshold: 1 } }, (_request, response) => json(response, {}))
    const slow = vi.spyOn(tokens, 'forService').mockReturnValue(new Promise(() => {}))
    const started = performance.now()
    expect(await ended(connector.invoke('list', {}, options({ ms: 150 })))).toBe('UPSTREAM_TIMEOUT not_sent')
    expect(performance.now() - started).toBeLessThan(1000)
    // The system had no part in it.
    expect(connector.breaker.state).toBe('CLOSED')
    slow.mockRestore()
  })

  test('when nobody waits any more: the system is told, and nothing is held against it', async () => {
    let closed = false
    await connect({ breaker: { requestThreshold: 1 } }, (_request, response) => {
      response.on('close', () => {
        closed = true
      })
    })
    const gone = new AbortController()
    const call = connector.invoke('list', {}, options({ signal: gone.signal, sharing: { reader: 'r' } }))
    await vi.waitFor(() => expect(calls()).toHaveLength(1))
    gone.abort()
    expect(await ended(call)).toBe('UPSTREAM_TIMEOUT unknown')
    await vi.waitFor(() => expect(closed).toBe(true))
    expect(connector.breaker.state).toBe('CLOSED')
    expect(connector.statistics.recent().calls).toBe(0)
  })

  test('what changes something is carried out though nobody waits', async () => {
    await connect({}, (_request, response) => setTimeout(() => json(response, { done: true }, 201), 50))
    const gone = new AbortController()
    const call = connector.invoke('create', { name: 'x' }, options({ safe: false, signal: gone.signal }))
    gone.abort()
    expect(await call).toEqual({ done: true })
  })
})

describe('a system that wants to be asked less', () => {
  test('is left alone as long as it says; calls that can wait do, the others are told at once', async () => {
    let refusals = 1
    await connect({ timeoutMs: 4000, breaker: { requestThreshold: 1 } }, (_request, response) =>
      refusals-- > 0
        ? response.writeHead(429, { 'retry-after': '1' }).end()
        : json(response, { at: performance.now() }),
    )
    const first = connector.invoke('list', {}, options())
    await vi.waitFor(() => expect(connector.pace.pause?.told).toBe(true))
    const asked = performance.now()
    expect(await ended(connector.invoke('list', {}, options({ ms: 300 })))).toBe('UPSTREAM_BUSY not_sent')
    expect(await ended(connector.invoke('create', {}, options({ ms: 300, safe: false })))).toBe(
      'UPSTREAM_BUSY not_sent',
    )
    expect(performance.now() - asked).toBeLessThan(300)
    expect(calls()).toHaveLength(1)
    expect(await first).toEqual({ at: expect.any(Number) })
    expect(pauses.map(pause => pause?.told ?? null)).toEqual([true, null])
    expect(connector.breaker.state).toBe('CLOSED')
  })

  test('503 with Retry-After is one failure, however many calls were under way', async () => {
    await connect({ retries: 0, breaker: { requestThreshold: 3 } }, (_request, response) =>
      setTimeout(() => response.writeHead(503, { 'retry-after': '60' }).end(), 50),
    )
    const failures = await Promise.all(
      Array.from({ length: 12 }, (_, index) => ended(connector.invoke('list', { ids: String(index) }, options()))),
    )
    expect(new Set(failures)).toEqual(new Set(['UPSTREAM_UNAVAILABLE unknown']))
    expect(connector.breaker.window).toEqual({ calls: 1, failures: 1 })
    expect(connector.breaker.state).toBe('CLOSED')
    expect(pauses).toHaveLength(1)
  })

  test('is told to be paused, with how long, when people would notice', async () => {
    await connect({ retries: 0 }, (_request, response) => response.writeHead(429, { 'retry-after': '60' }).end())
    expect(await ended(connector.invoke('list', {}, options()))).toBe('UPSTREAM_BUSY refused')
    expect(stateOf(connector)).toBe('PAUSED')
    const told = explain(connector, 'PAUSED', undefined)
    expect(told?.zh).toMatch(/^S：它要求少发请求，按它说的停 (60|59) 秒$/)
    expect(told?.en).toMatch(/^S: It asks for fewer requests and is left alone for (60|59) seconds, as it said$/)
  })

  test('429 without a word of how long backs off by itself and goes on by itself', async () => {
    let refusals = 1
    await connect({ timeoutMs: 4000 }, (_request, response) =>
      refusals-- > 0 ? response.writeHead(429).end() : json(response, { ok: true }),
    )
    const started = performance.now()
    expect(await connector.invoke('list', {}, options())).toEqual({ ok: true })
    expect(performance.now() - started).toBeGreaterThan(370)
    expect(calls()).toHaveLength(2)
  })

  test('a write that was answered 429 is not repeated', async () => {
    await connect({}, (_request, response) => response.writeHead(429).end())
    expect(await ended(connector.invoke('create', {}, options({ safe: false })))).toBe('UPSTREAM_BUSY refused')
    expect(calls()).toHaveLength(1)
  })
})

describe('a second call after the usual time', () => {
  test('answers in the place of one that hangs, for reads of systems that allow it', async () => {
    let hang = false
    await connect({ hedge: true, timeoutMs: 3000 }, (_request, response) => {
      if (hang) hang = false
      else json(response, { ok: true })
    })
    // So many are needed to know what is usual; more would spend the budget where the machine is uneven.
    for (let index = 0; index < 20; index += 1) await connector.invoke('list', {}, options())
    hang = true
    const before = calls().length
    const started = performance.now()
    expect(await connector.invoke('list', {}, options())).toEqual({ ok: true })
    expect(performance.now() - started).toBeLessThan(2500)
    expect(calls()).toHaveLength(before + 2)
    expect(connector.statistics.recent().errorRate).toBe(0)
  })

  test('is not made for writes, nor without being told to', async () => {
    let hang = false
    await connect({ timeoutMs: 200, retries: 0 }, (_request, response) => hang || json(response, { ok: true }))
    for (let index = 0; index < 25; index += 1) await connector.invoke('list', {}, options())
    hang = true
    const before = calls().length
    expect(await ended(connector.invoke('list', {}, options()))).toBe('UPSTREAM_TIMEOUT unknown')
    expect(await ended(connector.invoke('create', {}, options({ safe: false })))).toBe('UPSTREAM_TIMEOUT unknown')
    expect(calls()).toHaveLength(before + 2)
  })

  test('gives up the loser without holding it against anybody, and spends the budget of retries', async () => {
    const signals: AbortSignal[] = []
    const call = (signal: AbortSignal): Promise<string> => {
      signals.push(signal)
      return signals.length === 1 ? new Promise(() => {}) : Promise.resolve('second')
    }
    expect(await hedged(call, { afterMs: 5, may: () => true })).toBe('second')
    expect(signals[0]?.reason).toBeInstanceOf(NotWanted)
    const alone = hedged(() => new Promise(resolve => setTimeout(resolve, 40, 'first')), {
      afterMs: 5,
      may: () => false,
    })
    expect(await alone).toBe('first')
    await expect(hedged(() => Promise.reject(new Error('at once')), { afterMs: 5, may: () => true })).rejects.toThrow(
      'at once',
    )
  })
})

test('identical reads of people with the same rights are one call of the system', async () => {
  await connect({}, (_request, response) => setTimeout(() => json(response, { ok: true }), 60))
  const shared = (reader: string): Promise<unknown> =>
    connector.invoke('list', { ids: '1,2' }, options({ sharing: { reader } }))
  await Promise.all([shared('a'), shared('a'), shared('a'), shared('b')])
  expect(calls()).toHaveLength(2)
})

test('a write makes the next read ask anew', async () => {
  await connect({}, (request, response) => json(response, { n: calls().length, method: request.method }))
  const keep = { freshS: 60, staleS: 60 }
  const read = (): Promise<unknown> => connector.invoke('list', {}, options({ sharing: { reader: 'a', keep } }))
  expect([await read(), await read()]).toEqual([
    { n: 1, method: 'GET' },
    { n: 1, method: 'GET' },
  ])
  await connector.invoke('create', {}, options({ safe: false }))
  expect(await read()).toEqual({ n: 3, method: 'GET' })
})
