import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApp } from '@atrium/platform/http'
import { createClient } from 'graphql-ws'
import type { Kysely } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { createPermissions } from '../access/permissions.ts'
import { type Person, Unauthenticated, type Viewer } from '../access/person.ts'
import { createClients } from '../clients/clients.ts'
import { parseClients } from '../clients/definition.ts'
import type { Database } from '../database/schema.ts'
import { parseSystems } from '../systems/configuration.ts'
import { Connector } from '../systems/connector.ts'
import { json, startServer, type TestServer } from '../systems/testing/server.ts'
import type { SystemStatus, Systems } from '../systems/types.ts'
import { compileDictionary } from './dictionary.ts'
import { always } from './editions.ts'
import { graphqlRoutes } from './endpoint.ts'
import { checkEntities, compileEntities } from './entities.ts'
import { buildGraph } from './graph.ts'
import { ownResolvers } from './own-resolvers.ts'
import { ownTypeDefs } from './own-schema.ts'
import { serveSockets } from './socket.ts'
import { compileOperation } from './stored-operations.ts'

const sdl = /* GraphQL */ `
  scalar DateTime scalar Date scalar Decimal
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  enum Level { HIGH @code(is: ["A"]) LOW @code(is: ["B", "C"]) }
  type Thing @entity(key: "id", system: "s") @read(roles: ["s:*"]) {
    id: ID! @from(system: "s", path: "thingId")
    on: Date @from(system: "s", path: "day")
    level: Level @from(system: "s", path: "level")
    price: Decimal @from(system: "s", path: "price")
    half: Decimal @from(system: "s", value: "$string($number(price) / 2)")
    label: String! @from(system: "s", path: "label")
    secret: String @from(system: "s", path: "secret") @read(roles: ["s:Boss"])
    parent: Thing @from(system: "s", path: "parentId")
  }
  type Order @entity(key: "number", system: "s") @read(roles: ["s:*"]) { number: ID! @from(system: "s", path: "n") }
  type Customer @entity(key: "code", system: "s") @read(roles: ["s:*"]) { code: ID! @from(system: "s", path: "n") }
  type Product @entity(key: "code", system: "s") @read(roles: ["s:*"]) { code: ID! @from(system: "s", path: "n") }
  type Employee @read(roles: ["*"]) { id: ID! }
  extend type Query { things(ids: [String!], first: Int = 20, after: String): ThingConnection @list thing(id: String!): Thing @one(by: "id") }
`
const standIns =
  'type Board { id: ID! name: String! } type TrendPoint { key: String! value: Decimal! } type Message { id: ID! }'
const row = (id: string, more: object = {}) => ({
  thingId: id,
  day: '2026-01-02',
  level: 'A',
  price: '10.50',
  label: `thing ${id}`,
  secret: 's',
  parentId: null,
  ownerId: 'me',
  ...more,
})

let system: TestServer
let rows: unknown[] = []
let server: Server
let url: string
let sockets: { close(): Promise<void> }
const people = new Map<string, { changed?: (person: Person) => void; ended: () => void }>()
const listeners = new Set<(status: SystemStatus) => void>()
const keyGone = new Set<() => void>()

const person = (roles: string[], more: Partial<Person> = {}): Person => ({
  id: 'e1',
  username: 'a',
  name: { zh: '甲', en: 'A' },
  email: null,
  position: { zh: '', en: '' },
  departmentId: null,
  departmentName: { zh: '', en: '' },
  departmentPath: [],
  managerId: null,
  businessRoles: [],
  systems: { s: { id: 'me', roles, scope: 'own' } },
  active: true,
  ...more,
})
const viewers: Record<string, Person> = {
  clerk: person(['Clerk']),
  boss: person(['Boss'], { businessRoles: ['administrator'] }),
}
async function authenticate(header: string | undefined): Promise<Viewer> {
  const one = viewers[header?.replace('Bearer ', '') ?? '']
  if (!one) throw new Unauthenticated({ zh: '请先登录', en: 'Sign in first' })
  return { kind: 'person', person: one, accessToken: 'x', tokenExpiresAt: Date.now() / 1000 + 300 }
}

beforeAll(async () => {
  system = await startServer((request, response) => {
    const wanted = new URL(request.path, 'http://s').searchParams.get('ids')?.split(',')
    const found = wanted ? rows.filter(one => wanted.includes((one as { thingId: string })?.thingId)) : rows
    json(response, { items: found, total: found.length })
  })
  const dictionary = compileDictionary(sdl)
  const file = parseSystems({
    company: { zone: 'Asia/Shanghai', currency: 'CNY' },
    systems: {
      s: {
        name: { zh: '某系统', en: 'Some system' },
        url: system.url,
        protocol: 'openapi',
        endpoint: system.url,
        authentication: { kind: 'none' },
        entities: {
          Thing: {
            operation: 'list',
            rows: 'items',
            total: 'total',
            filter: { id: 'ids', ids: { field: 'ids', reads: ['id'] }, owner: { field: 'owner', reads: [] } },
            scope: { filter: 'owner', path: 'ownerId' },
          },
        },
      },
    },
  })
  const entities = compileEntities(dictionary, file)
  const properties = Object.fromEntries(Object.keys(row('1')).map(name => [name, {}]))
  const document = {
    openapi: '3.1.0',
    paths: {
      '/things': {
        get: {
          operationId: 'list',
          parameters: ['ids', 'owner', 'offset', 'limit'].map(name => ({ name, in: 'query' })),
          responses: {
            200: {
              content: {
                'application/json': {
                  schema: {
                    type: 'object',
                    properties: { items: { type: 'array', items: { type: 'object', properties } } },
                  },
                },
              },
            },
          },
        },
      },
    },
  }
  const tokens = { forPerson: async () => 't', forService: async () => 't', forget: () => {} }
  const connector = new Connector('s', file.systems.s as NonNullable<typeof file.systems.s>, tokens, {
    onBreaker: () => {},
    onCall: () => {},
    onDescribed: ({ description }) => checkEntities(entities, 's', description),
  })
  const { describe: describeSystem } = await import('../systems/description.ts')
  connector.use(describeSystem('s', connector.definition, JSON.stringify(document)))
  const systems = {
    get: () => connector,
    has: () => true,
    list: () => [],
    onStatus: (listener: (status: SystemStatus) => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  } as unknown as Systems // what these tests use of it
  const own = ownResolvers({
    dictionary,
    entities,
    connectors: () => connector,
    inboxStatus: async () => new Map(),
    findMessages: async () => [],
    boardsOf: () => {
      throw new Error('ORA-00942 at db01.corp.local')
    },
  })
  const graph = buildGraph({
    dictionary,
    entities,
    connectors: () => connector,
    currency: 'CNY',
    local: { typeDefs: [ownTypeDefs, standIns], resolvers: [own] },
  })
  const deps = {
    graph,
    stored: new Map([
      [
        'Things',
        compileOperation(
          'Things',
          'query Things($first: Int) { things(first: $first) { totalCount nodes { id label } } }',
          graph.schema,
        ),
      ],
    ]),
    request: {
      db: undefined as unknown as Kysely<Database>,
      systems,
      connectors: () => connector,
      permissions: createPermissions(dictionary),
      zone: 'Asia/Shanghai',
      budgetMs: 3000,
    },
    clients: createClients(parseClients({}), { limits: { depth: 8, breadth: 60, cost: 5000 }, introspection: true }),
    authenticate,
  }
  const app = createApp({ name: 'test' })
  app.use(graphqlRoutes(always(deps)).routes())
  server = createServer(app.callback())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`
  sockets = serveSockets(server, always(deps), {
    follow(id, listener) {
      people.set(id, listener)
      return () => people.delete(id)
    },
    onKeyGone(listener) {
      keyGone.add(listener)
      return () => keyGone.delete(listener)
    },
  })
})
afterAll(async () => {
  await sockets.close()
  server.closeAllConnections()
  server.close()
  await system.stop()
})
beforeEach(() => {
  rows = [row('1'), row('2')]
  system.requests.length = 0
})

// biome-ignore lint/suspicious/noExplicitAny: answers are read by path
async function ask(who: string, body: object, language = 'en'): Promise<{ status: number; body: any }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${who}`, 'content-type': 'application/json', 'accept-language': language },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: await response.json() }
}
const codes = (answer: { body: { errors?: { extensions: { code: string } }[] } }) =>
  answer.body.errors?.map(error => error.extensions.code)

describe('what is refused before it costs anything', () => {
  const nested = (levels: number): string =>
    `{ things { nodes { ${'parent { '.repeat(levels)}id${' }'.repeat(levels)} } } }`
  test.each([
    ['too deep', nested(12)],
    ['far too deep to parse', nested(20_000).slice(0, 30_000)],
    [
      'deep by fragments',
      'query { things { nodes { ...a } } } fragment a on Thing { parent { ...b } } fragment b on Thing { parent { ...c } } fragment c on Thing { parent { parent { parent { parent { id } } } } }',
    ],
    ['too wide', `{ ${Array.from({ length: 80 }, (_, index) => `a${index}: me { id }`).join(' ')} }`],
    [
      'too many values',
      '{ things(first: 100) { nodes { id label on level price parent { id label on level price } a: parent { id label on level price half secret } b: parent { id label on level price half secret } c: parent { id label on level price half secret } d: parent { id label on level price half secret } e: parent { id label on level price half secret } f: parent { id on } } edges { node { parent { id label on level } } } } }',
    ],
    ['too long', `{ me { id } } # ${'x'.repeat(40_000)}`],
  ])('a query that is %s', async (_name, query) => {
    const answer = await ask('clerk', { query })
    expect(codes(answer)).toEqual(['TOO_COMPLEX'])
    expect(answer.body.errors[0].message).toMatch(/at most|more than/)
    expect(system.requests).toEqual([])
  })

  test('a fragment that contains itself, a field nobody knows, a syntax error, a variable of the wrong type', async () => {
    expect(
      codes(await ask('clerk', { query: '{ things { nodes { ...a } } } fragment a on Thing { parent { ...a } }' })),
    ).toContain('BAD_INPUT')
    expect(codes(await ask('clerk', { query: '{ nothing }' }))).toEqual(['BAD_INPUT'])
    expect(codes(await ask('clerk', { query: '{ things {' }))).toEqual(['BAD_INPUT'])
    expect(
      codes(
        await ask('clerk', {
          query: 'query($first: Int) { things(first: $first) { totalCount } }',
          variables: { first: 'many' },
        }),
      ),
    ).toEqual(['BAD_INPUT'])
    expect(system.requests).toEqual([])
  })

  test('somebody unknown, in the language asked for', async () => {
    expect(await ask('nobody', { query: '{ me { id } }' })).toEqual({
      status: 401,
      body: { errors: [{ message: 'Sign in first', extensions: { code: 'UNAUTHENTICATED', retryable: false } }] },
    })
    expect((await ask('nobody', { query: '{ me { id } }' }, 'zh-CN')).body.errors[0].message).toBe('请先登录')
  })

  test('a stored operation by its name only; an unknown one is named', async () => {
    expect((await ask('clerk', { documentId: 'Things', variables: { first: 5 } })).body).toMatchObject({
      data: { things: { totalCount: 2, nodes: [{ id: '1' }, { id: '2' }] } },
      extensions: { sources: [{ system: 's', stale: false }] },
    })
    expect((await ask('clerk', { documentId: 'Nothing' })).body.errors[0]).toMatchObject({
      message: 'no stored operation is called "Nothing"',
      extensions: { code: 'BAD_INPUT' },
    })
    expect(codes(await ask('clerk', { documentId: 'Things', query: '{ me { id } }' }))).toEqual(['BAD_INPUT'])
  })
})

describe('the short way of a plain request answers as the long way does', () => {
  // What names no operation takes the long way: the short one takes what is plain only.
  const long = { operationName: null }
  const untold = (answer: Awaited<ReturnType<typeof ask>>): unknown =>
    JSON.parse(JSON.stringify(answer), (name, value) => (['traceId', 'at', 'ageSeconds'].includes(name) ? '…' : value))

  test.each<[string, string, object]>([
    ['a stored operation', 'clerk', { documentId: 'Things', variables: { first: 5 } }],
    ['without variables', 'clerk', { documentId: 'Things' }],
    ['with a variable of the wrong type', 'clerk', { documentId: 'Things', variables: { first: 'many' } }],
    ['with bad input', 'clerk', { documentId: 'Things', variables: { first: 500 } }],
    ['a query', 'clerk', { query: '{ things { nodes { id on level half parent { id } } } me { id name } }' }],
    ['with a field that is denied', 'clerk', { query: '{ things { nodes { id secret } } }' }],
    ['with faults of records', 'clerk', { query: '{ things { nodes { id level on price label } } }' }],
    [
      'with a variable',
      'boss',
      { query: 'query A($id: String!) { thing(id: $id) { id secret } }', variables: { id: '2' } },
    ],
    ['without a variable it needs', 'boss', { query: 'query A($id: String!) { thing(id: $id) { id } }' }],
    ['with an error nobody foresaw', 'boss', { query: '{ me { id boards { id } } }' }],
    [
      'that is too expensive',
      'clerk',
      {
        query:
          '{ things(first: 100) { nodes { a: parent { id label } b: parent { id label } c: parent { id label } d: parent { id label } e: parent { id label } f: parent { id label } g: parent { id label } h: parent { id label } i: parent { id label } j: parent { id label } k: parent { id label } l: parent { id label } m: parent { id label } n: parent { id label } o: parent { id label } p: parent { id label } q: parent { id label } r: parent { id label } } } }',
      },
    ],
    ['introspection', 'clerk', { query: '{ __type(name: "Thing") { name } }' }],
    ['a field nobody knows', 'clerk', { query: '{ nothing }' }],
    [
      'several operations, one of them named',
      'clerk',
      { query: 'query A { me { id } } query B { me { name } }', operationName: 'B' },
    ],
    ['an operation that is not there', 'clerk', { query: 'query A { me { id } }', operationName: 'C' }],
    ['an administrator’s field', 'clerk', { query: '{ auditLog { id } }' }],
  ])('%s', async (_name, who, body) => {
    rows = [row('1', { level: 'Q', day: '2026-02-30' }), row('2', { parentId: '1' }), row('1')]
    const expected = untold(await ask(who, { ...long, ...body }))
    for (let turn = 0; turn < 3; turn += 1) expect(untold(await ask(who, body))).toEqual(expected)
  })
})

describe('what a system sends and the dictionary does not take', () => {
  test('single values are left out, records without a key or a value they must have altogether, each counted', async () => {
    rows = [
      row('1', { day: '2026-02-30' }),
      row('2', { level: 'Z' }),
      row('3', { price: '64,2500.00' }),
      row('4', { label: null }),
      row('', {}),
      row('5'),
      row('5', { label: 'twice' }),
      row('6', { ownerId: 'somebody else' }),
      'no record',
    ]
    const { body } = await ask('clerk', { query: '{ things { nodes { id on level price half label } } }' })
    expect(body.errors).toBeUndefined()
    expect(body.data.things.nodes).toEqual([
      { id: '1', on: null, level: 'HIGH', price: '10.50', half: '5.25', label: 'thing 1' },
      { id: '2', on: '2026-01-02', level: null, price: '10.50', half: '5.25', label: 'thing 2' },
      { id: '3', on: '2026-01-02', level: 'HIGH', price: null, half: null, label: 'thing 3' },
      { id: '5', on: '2026-01-02', level: 'HIGH', price: '10.50', half: '5.25', label: 'thing 5' },
    ])
    const told = body.extensions.faults.examples
      .map((one: { field: string; key: string; reason: string }) => `${one.field} of ${one.key}: ${one.reason}`)
      .sort()
    expect(told).toEqual(
      [
        '* of null: no record',
        'half of 3: cannot be computed',
        'id of 5: the same record twice',
        'id of : no key',
        'label of 4: missing',
        'level of 2: unknown code',
        'on of 1: no date of the calendar',
        'price of 3: no decimal number',
      ].sort(),
    )
    expect(body.extensions.faults.count).toBe(8)
  })

  test('the row scope is a condition of every call, by key as well', async () => {
    await ask('clerk', { query: '{ things { totalCount } thing(id: "1") { label } }' })
    expect(system.requests.map(request => request.path).sort()).toEqual([
      '/things?ids=1&owner=me&offset=0&limit=1',
      '/things?owner=me&offset=0&limit=20',
    ])
  })
})

test('what nobody foresaw is masked and logged, never told', async () => {
  const { body } = await ask('clerk', { query: '{ me { id boards { id } } }' })
  expect(body.errors[0]).toMatchObject({
    message: expect.stringContaining('trace id'),
    extensions: { code: 'INTERNAL', retryable: false, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) },
  })
  expect(JSON.stringify(body)).not.toMatch(/ORA|corp|stack/)
})

describe('over a socket', () => {
  const connect = (who: string) =>
    createClient({
      url: url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${who}`, locale: 'en' },
      retryAttempts: 0,
    })
  const status: SystemStatus = {
    id: 's',
    name: { zh: '某系统', en: 'Some system' },
    protocol: 'openapi',
    url: '',
    state: 'DOWN',
    since: null,
    lastSuccessAt: null,
    p95Ms: 7,
    errorRate: 0.5,
    breaker: 'OPEN',
    nextProbeAt: null,
    explanation: null,
    latency: [],
    events: [],
  }

  test('queries, stored operations and limits work as over HTTP', async () => {
    const client = connect('clerk')
    const once = async (payload: { query: string; extensions?: Record<string, unknown> }) =>
      (await client.iterate(payload).next()).value
    expect(await once({ query: '{ things { nodes { id secret } } }' })).toMatchObject({
      data: {
        things: {
          nodes: [
            { id: '1', secret: null },
            { id: '2', secret: null },
          ],
        },
      },
      extensions: { denied: ['Thing.secret'] },
    })
    expect(await once({ query: '', extensions: { documentId: 'Things' } })).toMatchObject({
      data: { things: { totalCount: 2 } },
    })
    await expect(
      once({ query: `{ things { nodes { ${'parent { '.repeat(12)}id${' }'.repeat(12)} } } }` }),
    ).rejects.toMatchObject([{ extensions: { code: 'TOO_COMPLEX' } }])
    await client.dispose()
  })

  test('an event is shown with the rights of its moment, and a deactivated account loses its socket', async () => {
    let closed: unknown
    const client = createClient({
      url: url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: 'Bearer boss', locale: 'en' },
      retryAttempts: 0,
      on: {
        closed: event => {
          closed = event
        },
      },
    })
    const events = client.iterate<{ systemChanges: { name: string; p95Ms: number | null } }>({
      query: 'subscription { systemChanges { name state p95Ms } }',
    })
    const first = events.next()
    await until(() => listeners.size > 0)
    for (const listener of listeners) listener(status)
    expect((await first).value?.data).toEqual({ systemChanges: { name: 'Some system', state: 'DOWN', p95Ms: 7 } })
    people.get('e1')?.changed?.(person(['Clerk']))
    const second = events.next()
    for (const listener of listeners) listener({ ...status, state: 'UP' })
    expect((await second).value?.data).toEqual({ systemChanges: { name: 'Some system', state: 'UP', p95Ms: null } })
    people.get('e1')?.ended()
    await events.next().catch(() => {})
    await until(() => closed !== undefined)
    expect(closed).toMatchObject({ code: 4403, reason: 'the account was deactivated' })
    await until(() => listeners.size === 0)
  })

  test('a key that the issuer took back closes the sockets of its tokens, and of no others', async () => {
    const closed: unknown[] = []
    const open = (token: string) => {
      const on = { closed: (event: unknown) => closed.push(event) }
      const connectionParams = { authorization: `Bearer ${token}` }
      const client = createClient({
        url: url.replace('http', 'ws'),
        webSocketImpl: WebSocket,
        connectionParams,
        retryAttempts: 0,
        on,
      })
      return { client, events: client.iterate({ query: 'subscription { systemChanges { name } }' }) }
    }
    viewers.forged = person(['Boss'])
    const [forged, right] = [open('forged'), open('clerk')]
    const ends = forged.events.next().catch(() => {})
    const next = right.events.next()
    await until(() => listeners.size === 2)
    delete viewers.forged
    for (const listener of keyGone) listener()
    await ends
    await until(() => closed.length > 0)
    expect(closed).toEqual([expect.objectContaining({ code: 4403, reason: 'the key of the token was taken back' })])
    await until(() => listeners.size === 1)
    for (const listener of listeners) listener(status)
    expect((await next).value?.data).toEqual({ systemChanges: { name: '某系统' } })
    await right.client.dispose()
    await until(() => keyGone.size === 0)
  })

  test('a socket without a valid token is closed', async () => {
    await expect(connect('nobody').iterate({ query: '{ me { id } }' }).next()).rejects.toMatchObject({ code: 4403 })
  })
})

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries += 1) {
    if (tries > 300) throw new Error('it did not come to pass')
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}
