import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSchema, createYoga } from 'graphql-yoga'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseSystems } from '../configuration.ts'
import { Connector } from '../connector.ts'
import { describe as describeSystem } from '../description.ts'
import { json, startServer, type TestServer } from '../testing/server.ts'
import type { Tokens, UpstreamError } from '../types.ts'
import type { OperationCall } from './protocol.ts'

const tokens: Tokens = { forPerson: async () => 'token', forService: async () => 'service', forget: () => {} }
const person = { kind: 'person', personId: 'e1', accessToken: 't' } as const
const call = (safe = true) => ({ credential: person, deadline: Date.now() + 3000, safe })
const connect = (definition: object): Connector => {
  const { systems } = parseSystems({
    company: { zone: 'UTC', currency: 'CNY' },
    systems: { s: { name: { zh: 'S', en: 'S' }, url: 'http://s', ...definition } },
  })
  return new Connector('s', systems.s as NonNullable<typeof systems.s>, tokens, {
    onBreaker: () => {},
    onCall: () => {},
    onDescribed: () => {},
  })
}

describe('JSON-RPC with a session', () => {
  let server: TestServer
  let connector: Connector
  let session = 1
  beforeAll(async () => {
    server = await startServer((request, response) => {
      const { id, method, params } = JSON.parse(request.body) as { id: number; method: string; params: unknown[] }
      if (method === 'common.db.login') return json(response, { id, result: [7, `session-${session}`] })
      if (request.headers.authorization !== `Session ${Buffer.from(`admin:7:session-${session}`).toString('base64')}`) {
        return void response.writeHead(401, { 'content-type': 'text/html' }).end('<html>401</html>')
      }
      if (method === 'fail') return json(response, { id, error: ['UserError', ['订单已关闭', '', null]] })
      if (method === 'unknown') return json(response, { id, error: ["'model.x'", ''] })
      json(response, {
        id,
        result: {
          asked: params,
          price: { __class__: 'Decimal', decimal: '60.00' },
          on: { __class__: 'date', year: 2026, month: 3, day: 4 },
          at: {
            __class__: 'datetime',
            year: 2026,
            month: 3,
            day: 4,
            hour: 5,
            minute: 6,
            second: 7,
            microsecond: 89000,
          },
        },
      })
    })
    connector = connect({
      protocol: 'json-rpc',
      endpoint: server.url,
      typeTag: '__class__',
      authentication: {
        kind: 'session',
        login: { operation: 'common.db.login', input: { params: ['admin', { password: 'p' }] } },
        header: {
          name: 'Authorization',
          value: '"Session " & $base64encode(input.params[0] & ":" & $string(result[0]) & ":" & result[1])',
        },
      },
    })
  })
  afterAll(async () => {
    await connector.close()
    await server.stop()
  })

  test('signs in once, and decimals and dates arrive as text', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => connector.invoke('model.read', { params: [1] }, call())))
    expect(answers[0]).toEqual({ asked: [1], price: '60.00', on: '2026-03-04', at: '2026-03-04T05:06:07.089Z' })
    expect(server.requests.filter(request => request.body.includes('common.db.login'))).toHaveLength(1)
  })

  test('decimals and dates go out in the system’s own form', async () => {
    const answer = (await connector.invoke(
      'model.read',
      { params: [[{ $decimal: '1.50' }], { $date: '2026-03-04' }] },
      call(),
    )) as { asked: unknown }
    expect(JSON.parse(server.requests.at(-1)?.body ?? '{}').params).toEqual([
      [{ __class__: 'Decimal', decimal: '1.50' }],
      { __class__: 'date', year: 2026, month: 3, day: 4 },
    ])
    expect(answer.asked).toEqual([['1.50'], '2026-03-04'])
  })

  test('an ended session is opened again', async () => {
    session = 2
    expect(await connector.invoke('model.read', { params: [] }, call())).toMatchObject({ price: '60.00' })
  })

  test('an error member of HTTP 200 is a refusal with its reason', async () => {
    const refused = (await connector
      .invoke('fail', { params: [] }, call())
      .catch((error: unknown) => error)) as UpstreamError
    expect(refused).toMatchObject({
      code: 'UPSTREAM_REFUSED',
      reasonCode: 'UserError',
      reason: '订单已关闭',
      outcome: 'refused',
    })
    expect(await connector.invoke('unknown', { params: [] }, call()).catch((error: unknown) => error)).toMatchObject({
      code: 'UPSTREAM_BAD_ANSWER',
    })
  })

  test('a shared account never writes for a person', async () => {
    const before = server.requests.length
    expect(
      await connector.invoke('model.write', { params: [] }, call(false)).catch((error: unknown) => error),
    ).toMatchObject({ code: 'UPSTREAM_REFUSED', outcome: 'not_sent' })
    expect(server.requests).toHaveLength(before)
  })
})

describe.each([
  ['a structure', ['$domain', { offset: '$offset', limit: '$limit' }]],
  ['an expression', '[[], {"offset": offset, "limit": limit}]'],
])('JSON-RPC pages told by %s', (_, parameters) => {
  test('what the system holds back beyond `max` is read on', async () => {
    const { systems } = parseSystems({
      company: { zone: 'UTC', currency: 'CNY' },
      systems: {
        s: {
          name: { zh: 'S', en: 'S' },
          url: 'http://s',
          protocol: 'json-rpc',
          endpoint: 'http://s/rpc',
          authentication: { kind: 'none' },
          entities: { T: { operation: 't.list', scope: 'none', max: 80, parameters } },
        },
      },
    })
    const definition = systems.s as NonNullable<typeof systems.s>
    const entity = definition.entities.T as NonNullable<typeof definition.entities.T>
    const { description } = describeSystem('s', definition, '')
    const question = { where: [], offset: 5, limit: 200, count: false, select: ['id'], sort: undefined }
    let call: OperationCall | undefined = await description.ask(entity, question)
    const asked: unknown[] = []
    const ids: unknown[] = []
    while (call) {
      const [, page] = call.input.params as [unknown, { offset: number; limit: number }]
      asked.push([page.offset, page.limit])
      const answer = Array.from({ length: page.limit }, (_row, index) => ({ id: page.offset + index }))
      const rows = description.rows(entity, answer, call)
      ids.push(...rows.rows.map(row => row.id))
      call = await rows.next
    }
    expect(asked).toEqual([
      [5, 80],
      [85, 80],
      [165, 40],
    ])
    expect(ids).toEqual(Array.from({ length: 200 }, (_row, index) => index + 5))
  })
})

describe('GraphQL, served by a foreign library', () => {
  const yoga = createYoga({
    logging: false,
    schema: createSchema({
      typeDefs:
        'type Query { tickets(ids: [ID!], offset: Int, limit: Int): Page! secret: String } type Page { items: [Ticket!]! total: Int! } type Ticket { id: ID! title: String owner: User } type User { id: ID! name: String } type Mutation { close(id: ID!): Ticket }',
      resolvers: {
        Query: {
          tickets: (_: unknown, { ids }: { ids?: string[] }) => ({
            items: (ids ?? ['1', '2']).map(id => ({ id, title: `T${id}`, owner: { id: 'u', name: 'U' } })),
            total: 2,
          }),
          secret: () => {
            throw new Error('ORA-00942 at db01.corp.local')
          },
        },
        Mutation: { close: (_: unknown, { id }: { id: string }) => ({ id, title: 'closed' }) },
      },
    }),
  })
  const server = createServer(yoga)
  let connector: Connector
  beforeAll(async () => {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    connector = connect({
      protocol: 'graphql',
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
      authentication: { kind: 'none' },
    })
  })
  afterAll(async () => {
    await connector.close()
    server.closeAllConnections()
    server.close()
  })

  test('describes itself by introspection; a root field is an operation, paths make the selection', async () => {
    expect(
      await connector.invoke('tickets', { ids: ['5'], $select: ['items.id', 'items.owner.name', 'total'] }, call()),
    ).toEqual({ items: [{ id: '5', owner: { name: 'U' } }], total: 2 })
    expect(await connector.invoke('tickets', {}, call())).toMatchObject({
      items: [{ id: '1', title: 'T1' }, { id: '2' }],
    })
    expect(connector.describe().operations.sort()).toEqual(['close', 'secret', 'tickets'])
  })

  test('an error of the system is no data, and its words stay inside', async () => {
    const error = (await connector.invoke('secret', {}, call()).catch((one: unknown) => one)) as UpstreamError
    expect(error.code).toBe('UPSTREAM_REFUSED')
    expect(error.reason).toBeUndefined()
  })
})
