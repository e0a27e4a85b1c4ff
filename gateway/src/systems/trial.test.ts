import type { ServerResponse } from 'node:http'
import { setClock } from '@atrium/platform/clock'
import { afterEach, describe, expect, test } from 'vitest'
import { parseSystems } from './configuration.ts'
import { Connector } from './connector.ts'
import { explain, stateOf } from './state.ts'
import { json, startServer, type TestServer } from './testing/server.ts'

const tokens = { forPerson: async () => '', forService: async () => '', forget: () => {} }
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  setClock()
  for (const stop of stops.splice(0)) await stop()
})

const rest = {
  protocol: 'rest',
  rest: { operations: { list: { path: '/things', query: { offset: '$offset', limit: '$limit' } } } },
  entities: { T: { operation: 'list', scope: 'none' } },
}
const rpc = {
  protocol: 'json-rpc',
  entities: { T: { operation: 't.list', scope: 'none', parameters: ['$domain', '$limit'] } },
}
const rows = (request: { body: string }, response: ServerResponse): void =>
  json(response, request.body === '' ? [{ id: 1 }] : { id: JSON.parse(request.body).id, result: [{ id: 1 }] })

async function systemOf(definition: object): Promise<{ server: TestServer; connector: Connector }> {
  const server = await startServer((request, response) =>
    request.path === '/' ? json(response, { welcome: true }, 404) : rows(request, response),
  )
  const { systems } = parseSystems({
    company: { zone: 'UTC', currency: 'CNY' },
    systems: {
      s: {
        name: { zh: '仓库', en: 'Store' },
        url: 'http://s',
        endpoint: server.url,
        authentication: { kind: 'none' },
        ...definition,
      },
    },
  })
  const connector = new Connector('s', systems.s as NonNullable<typeof systems.s>, tokens, {
    onBreaker: () => {},
    onCall: () => {},
    onDescribed: () => {},
  })
  stops.push(
    () => connector.close(),
    () => server.stop(),
  )
  return { server, connector }
}

const failed = (connector: Connector) =>
  connector.probe().then(
    () => 'nothing failed',
    (error: { code: string }) => error.code,
  )

describe.each([
  ['rest', rest],
  ['json-rpc', rpc],
])('a %s system that names no probe', (_, definition) => {
  test('is asked for one record, and then only whether its address answers', async () => {
    const { server, connector } = await systemOf(definition)
    server.answer = rows
    await connector.probe()
    await connector.probe()
    expect(stateOf(connector)).toBe('UP')
    expect(explain(connector, 'UP', undefined)).toBeNull()
    const [first, second, ...more] = server.requests
    expect(`${first?.path}${first?.body}`).toMatch(/^\/things\?offset=0&limit=1$|"params":\[\[\],1\]/)
    expect(second).toMatchObject({ method: 'GET', path: '/' })
    expect(more).toEqual([])
    // What worked five minutes ago shows nothing any more.
    setClock(() => new Date(Date.now() + 301_000))
    await connector.probe()
    expect(server.requests.at(-1)?.path).toBe(first?.path)
  })

  test('is down when nobody listens', async () => {
    const { server, connector } = await systemOf(definition)
    server.answer = rows
    await connector.probe()
    await server.stop()
    for (let turn = 0; turn < 2; turn += 1) expect(await failed(connector)).toBe('UPSTREAM_UNAVAILABLE')
    expect(stateOf(connector)).toBe('DOWN')
  })

  test('is not well because its address answers while its calls fail', async () => {
    const { server, connector } = await systemOf(definition)
    server.answer = (_request, response) =>
      void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>maintenance</h1>')
    for (let turn = 0; turn < 3; turn += 1) expect(await failed(connector)).toBe('UPSTREAM_BAD_ANSWER')
    expect(stateOf(connector)).toBe('DOWN')
    server.answer = rows
    await connector.probe()
    expect(connector.statistics.lastSuccessAt).not.toBeNull()
  })

  test('is away when a proxy answers for it', async () => {
    const { server, connector } = await systemOf(definition)
    server.answer = rows
    await connector.probe()
    server.answer = (_request, response) => void response.writeHead(503).end()
    expect(await failed(connector)).toBe('UPSTREAM_UNAVAILABLE')
  })
})

test('where nothing can be asked without knowing more, the page says what is known', async () => {
  const { connector } = await systemOf({
    ...rest,
    rest: { operations: { list: { path: '/things/{owner}' } } },
    entities: { T: { operation: 'list', scope: 'none' } },
  })
  await connector.probe()
  expect(stateOf(connector)).toBe('UP')
  expect(explain(connector, 'UP', undefined)).toEqual({
    zh: '仓库 的地址有应答；还没有请求能证实它工作正常',
    en: 'Store answers at its address; no call has shown yet that it works',
  })
  const options = { credential: { kind: 'service' as const }, deadline: Date.now() + 3000, safe: true }
  await connector.invoke('list', { owner: 'a' }, options)
  expect(explain(connector, 'UP', undefined)).toBeNull()
})

test('a description that lies elsewhere does not stand for the system', async () => {
  const documents = await startServer((_request, response) => json(response, { openapi: '3.1.0', paths: {} }))
  stops.push(() => documents.stop())
  const { server, connector } = await systemOf({ protocol: 'openapi', document: `${documents.url}/openapi.json` })
  await connector.probe()
  await server.stop()
  expect(await failed(connector)).toBe('UPSTREAM_UNAVAILABLE')
})
