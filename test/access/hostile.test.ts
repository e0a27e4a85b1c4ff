import { request } from 'node:http'
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { asker, houseRules, smallWorld } from './fixtures.ts'
import { type Answer, type Stage, startStage } from './stage.ts'

const limits = { depth: 9, breadth: 400, cost: 20_000 }
// Far above what a refusal needs on a loaded machine, far below what the attack would cost.
const quick = 10_000

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
  stage.under(houseRules(), { limits, introspection: false })
  stage.askers.set('a', asker('e1', ['A', 'B'], 'all', ['r1']))
  stage.held.world = smallWorld()
})
afterAll(() => stage?.stop())
beforeEach(() => {
  for (const one of Object.values(stage.upstreams)) one.requests.length = 0
})

const asked = (): number => Object.values(stage.upstreams).reduce((sum, one) => sum + one.requests.length, 0)
const codes = ({ body }: Answer): string[] =>
  (body?.errors ?? []).map((error: { extensions?: { code?: string } }) => error.extensions?.code ?? 'none')
const many = (count: number, one: (index: number) => string): string =>
  Array.from({ length: count }, (_, n) => one(n)).join(' ')

const ring = `{ customers { nodes { ...f0 } } } ${many(200, n => `fragment f${n} on Customer { ...f${(n + 1) % 200} }`)}`
const bomb = `{ customers { nodes { ...f0 } } } ${many(40, n => `fragment f${n} on Customer { ...f${n + 1} ...f${n + 1} }`)} fragment f40 on Customer { code name }`

describe('what is refused at once, before any system is asked', () => {
  test.each<[string, unknown]>([
    ['10,000 aliases', { query: `{ ${many(10_000, n => `a${n}: __typename`)} }` }],
    ['2,500 aliases, in few letters', { query: `{${many(2500, n => `a${n}:__typename`)}}` }],
    ['one field 15,000 times', { query: `{ customers { nodes { ${many(15_000, () => 'code').slice(0, 30_000)} } } }` }],
    [
      'one field 8,000 times, where no operation uses it',
      { query: `{ me { id } } fragment f on Customer { ${many(5000, () => 'code')} }` },
    ],
    ['brackets 30,000 deep', { query: '{ customers { nodes '.padEnd(30_000, '{ a ') }],
    ['lists of lists in an argument', { query: `{ customers(codes: ${'['.repeat(10_000)}) { totalCount } }` }],
    ['fragments in a ring', { query: ring }],
    ['fragments that double forty times', { query: bomb }],
    ['800 fragments', { query: `{ me { id } } ${many(800, n => `fragment f${n} on Me { id }`)}` }],
    ['a flood of directives', { query: `{ customers ${many(1500, () => '@include(if: true)')} { totalCount } }` }],
    ['a flood of unknown directives', { query: `{ customers ${many(4000, n => `@d${n}`)} { totalCount } }` }],
    ['400 operations', { query: many(450, n => `query q${n} { me { id } }`), operationName: 'q1' }],
    [
      'values beyond counting',
      {
        query:
          '{ customers(first: 100) { nodes { orders(first: 100) { customer { orders(first: 100) { customer { contacts { id } } } } } } } }',
      },
    ],
    ['introspection', { query: '{ __schema { types { name fields { name } } } }' }],
    ['introspection of one type', { query: '{ __type(name: "Customer") { fields { name } } }' }],
    ['a subscription over HTTP', { query: 'subscription { told { customer { code } } }' }],
    ['a batch', [{ query: '{ me { id } }' }, { query: '{ me { id } }' }]],
    ['no query', {}],
    ['a query that is none', { query: 17 }],
    ['variables that are none', { query: '{ me { id } }', variables: [1] }],
    ['a document and a query', { documentId: 'X', query: '{ me { id } }' }],
    ['a document that is none', { documentId: { a: 1 } }],
    [
      'a prototype',
      '{"query":"{ me { id } }","variables":{"__proto__":{"first":1}},"__proto__":{"query":"x"},"documentId":"__proto__"}',
    ],
    ['a page of 201', { query: '{ customers(first: 201) { totalCount } }' }],
    [
      '1,000 keys',
      {
        query: 'query($c: [String!]) { customers(codes: $c) { totalCount } }',
        variables: { c: Array.from({ length: 1000 }, (_, n) => `C${n}`) },
      },
    ],
    [
      'a search of 10,000 letters',
      { query: 'query($s: String) { customers(search: $s) { totalCount } }', variables: { s: 'x'.repeat(10_000) } },
    ],
    ['a cursor of another make', { query: '{ customers(after: "eyJvIjoxfQ") { totalCount } }' }],
    [
      'variables nested 20,000 deep',
      `{"query":"query($s: String) { customers(search: $s) { totalCount } }","variables":{"s":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`,
    ],
    ['half of a document', '{"query":"{ me'],
    ['no JSON', 'query=me'],
  ])('%s', { timeout: 20_000 }, async (_name, body) => {
    // More than once: what comes again may take another way.
    for (let time = 0; time < 3; time += 1) {
      const answer = await stage.ask('a', body)
      expect(answer.status, answer.text.slice(0, 300)).toBeLessThan(500)
      expect(codes(answer).length > 0 || answer.status >= 400, answer.text.slice(0, 300)).toBe(true)
      for (const code of codes(answer)) expect(code).not.toBe('INTERNAL')
      expect(answer.text.length).toBeLessThan(40_000)
      expect(answer.ms).toBeLessThan(quick)
      expect(asked()).toBe(0)
    }
  })

  test('a body of 50 MB, with its length told and without; memory does not grow with it', {
    timeout: 30_000,
  }, async () => {
    const before = process.memoryUsage().rss
    const big = 'x'.repeat(300_000)
    expect((await stage.ask('a', { query: '{ me { id } }', variables: { big } })).status).toBe(413)
    // In pieces, without a length: read up to the bound and no further.
    let sent = 0
    const status = await new Promise<number | string>(resolve => {
      const asking = request(stage.url, {
        method: 'POST',
        headers: { authorization: 'Bearer a', 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
      })
      asking.on('response', response => resolve(response.statusCode ?? 0))
      asking.on('error', error => resolve(error.message))
      const piece = Buffer.alloc(64 * 1024, 32)
      const push = (): void => {
        if (sent >= 50_000_000 || asking.destroyed) return void asking.end()
        sent += piece.length
        asking.write(piece) ? setImmediate(push) : asking.once('drain', push)
      }
      push()
    })
    expect(status === 413 || typeof status === 'string', String(status)).toBe(true)
    expect(sent).toBeLessThan(50_000_000)
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000)
    expect((await stage.ask('a', { query: '{ me { id } }' })).body.data.me.id).toBe('e1')
  })

  test.each([
    ['GET', { method: 'GET' }, 405],
    ['GET with a query', { method: 'GET', query: '?query=%7Bme%7Bid%7D%7D' }, 405],
    ['PUT', { method: 'PUT', type: 'application/json', body: '{"query":"{ me { id } }"}' }, 405],
    ['text', { method: 'POST', type: 'text/plain', body: '{"query":"{ me { id } }"}' }, 415],
    ['a form', { method: 'POST', type: 'application/x-www-form-urlencoded', body: 'query=%7Bme%7Bid%7D%7D' }, 415],
    ['parts', { method: 'POST', type: 'multipart/form-data; boundary=x', body: '--x--' }, 415],
    ['a bare query', { method: 'POST', type: 'application/graphql', body: '{ me { id } }' }, 415],
    ['no type', { method: 'POST', type: '', body: '{"query":"{ me { id } }"}' }, 415],
  ])(
    '%s',
    async (_name, {
      method,
      query,
      type,
      body,
    }: { method: string; query?: string; type?: string; body?: string }, status) => {
      const answer = await fetch(stage.url + (query ?? ''), {
        method,
        headers: { authorization: 'Bearer a', ...(type !== undefined && { 'content-type': type }) },
        ...(body && { body: Buffer.from(body) }),
      })
      expect(answer.status).toBe(status)
      expect(await answer.text()).not.toContain('"e1"')
    },
  )

  test('over a socket as well', { timeout: 20_000 }, async () => {
    const refused = async (query: string): Promise<unknown> => {
      const client = createClient({
        url: stage.url.replace('http', 'ws'),
        webSocketImpl: WebSocket,
        connectionParams: { authorization: 'Bearer a', locale: 'en' },
        retryAttempts: 0,
      })
      try {
        const started = performance.now()
        const told = await client
          .iterate({ query })
          .next()
          .then(
            ({ value }) => value?.errors,
            (error: unknown) => error,
          )
        expect(performance.now() - started).toBeLessThan(quick)
        return told
      } finally {
        await client.dispose()
      }
    }
    for (const [query, code] of [
      [`{ ${many(6000, n => `a${n}: __typename`)} }`, 'TOO_COMPLEX'],
      [`{ customers { nodes { ${many(5000, () => 'code')} } } }`, 'TOO_COMPLEX'],
      [bomb, 'TOO_COMPLEX'],
      [ring, 'BAD_INPUT'],
      ['{ __schema { types { name } } }', 'BAD_INPUT'],
      [
        'subscription { told { customer { orders(first: 100) { customer { orders(first: 100) { customer { orders(first: 100) { number } } } } } } } }',
        'TOO_COMPLEX',
      ],
    ] as const)
      expect(((await refused(query)) as object[])[0]).toMatchObject({ extensions: { code } })
    // A frame beyond the bound ends the socket.
    expect(await refused(`{ me { id } } # ${'x'.repeat(200_000)}`)).toMatchObject({ code: 1009 })
    expect(asked()).toBe(0)
  })
})
