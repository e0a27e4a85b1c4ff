import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApp } from '@atrium/platform/http'
import type { Kysely } from 'kysely'
import { expect } from 'vitest'
import { createPermissions } from '../access/permissions.ts'
import type { Viewer } from '../access/person.ts'
import { createClients } from '../clients/clients.ts'
import { parseClients } from '../clients/definition.ts'
import type { Database } from '../database/schema.ts'
import { parseSystems } from '../systems/configuration.ts'
import { Connector } from '../systems/connector.ts'
import { describe as describeSystem } from '../systems/description.ts'
import { json, startServer, type TestServer } from '../systems/testing/server.ts'
import type { Systems } from '../systems/types.ts'
import { compileDictionary } from './dictionary.ts'
import { always } from './editions.ts'
import { graphqlRoutes } from './endpoint.ts'
import { compileEntities } from './entities.ts'
import { buildGraph } from './graph.ts'
import { serveSockets } from './socket.ts'
import { compileOperation } from './stored-operations.ts'

export const ids = ['crm', 'erp', 'oa'] as const
export type SystemId = (typeof ids)[number]
const types = { crm: 'Customer', erp: 'Debt', oa: 'Contract' } as const

const sdl = /* GraphQL */ `
  type Customer @entity(key: "id", system: "crm") @read(roles: ["*"]) {
    id: ID! @from(system: "crm", path: "id")
    value: String @from(system: "crm", path: "value")
    secret: String @from(system: "crm", path: "value") @read(roles: ["crm:Boss"])
    debt: Debt @row
    contract: Contract @row
  }
  type Debt @entity(key: "id", system: "erp") @read(roles: ["*"]) { id: ID! @from(system: "erp", path: "id") value: String @from(system: "erp", path: "value") }
  type Contract @entity(key: "id", system: "oa") @read(roles: ["*"]) { id: ID! @from(system: "oa", path: "id") value: String @from(system: "oa", path: "value") }
  extend type Query {
    customers(first: Int = 20, after: String): CustomerConnection @list
    debts(first: Int = 20, after: String): DebtConnection @list
    contracts(first: Int = 20, after: String): ContractConnection @list
  }
`
const document = JSON.stringify({
  openapi: '3.1.0',
  paths: {
    '/things': {
      get: {
        operationId: 'list',
        parameters: ['ids', 'offset', 'limit'].map(name => ({ name, in: 'query' })),
        responses: { 200: { content: { 'application/json': { schema: { type: 'object' } } } } },
      },
    },
  },
})

/** Customers with what two other systems know of them, each on its own. */
export const joined = /* GraphQL */ `
  query Joined($erp: Boolean = true) {
    customers(first: 3) {
      totalCount
      nodes {
        id
        value
        ... @defer(label: "erp", if: $erp) { debt { value } secret }
        ... @defer(label: "oa") { contract { value } }
      }
    }
  }
`

/** The gateway over three systems, each of which can be held shut: what is late is known by the order of things, not by a clock. */
export interface ThreeSystems {
  url: string
  systems: Record<SystemId, TestServer>
  /** Lets questions to a system wait until it is opened. @returns what waits */
  shut(id: SystemId): unknown[]
  open(id: SystemId): void
  /** Lets a system fail. */
  broken: Set<SystemId>
  /** Lets the ERP never answer; resolves when the gateway hangs up. */
  cutShort(): Promise<void>
  /** Breaks every connection of the gateway's clients. */
  hangUp(): void
  /** All is well again, and nothing was asked yet. */
  reset(): void
  stop(): Promise<void>
}

export async function startThreeSystems(): Promise<ThreeSystems> {
  const systems = {} as Record<SystemId, TestServer>
  const waiting = new Map<SystemId, (() => void)[]>()
  const broken = new Set<SystemId>()
  const connectors = new Map<string, Connector>()
  const answering =
    (id: SystemId): TestServer['answer'] =>
    (request, response) => {
      const go = (): void => answer(broken.has(id), id, request.path, response)
      const others = waiting.get(id)
      if (others) others.push(go)
      else go()
    }
  const open = (id: SystemId): void => {
    for (const go of waiting.get(id) ?? []) go()
    waiting.delete(id)
  }
  for (const id of ids) systems[id] = await startServer(answering(id))
  const dictionary = compileDictionary(sdl)
  const file = parseSystems({
    company: { zone: 'UTC', currency: 'CNY' },
    systems: Object.fromEntries(
      ids.map(id => [
        id,
        {
          name: { zh: id, en: id },
          url: systems[id].url,
          protocol: 'openapi',
          endpoint: systems[id].url,
          authentication: { kind: 'none' },
          limits: { retries: 0, breaker: { requestThreshold: 1_000_000 } },
          entities: {
            [types[id]]: {
              operation: 'list',
              rows: 'items',
              total: 'total',
              filter: { id: 'ids', ids: { field: 'ids', reads: ['id'] } },
              scope: 'none',
            },
          },
        },
      ]),
    ),
  })
  const tokens = { forPerson: async () => 't', forService: async () => 't', forget: () => {} }
  const nothing = { onBreaker: () => {}, onCall: () => {}, onDescribed: () => {} }
  for (const id of ids) {
    const connector = new Connector(id, file.systems[id] as NonNullable<(typeof file.systems)[string]>, tokens, nothing)
    connector.use(describeSystem(id, connector.definition, document))
    connectors.set(id, connector)
  }
  const connectorOf = (id: string): Connector => connectors.get(id) as Connector
  const graph = buildGraph({
    dictionary,
    entities: compileEntities(dictionary, file),
    connectors: connectorOf,
    currency: 'CNY',
    local: { typeDefs: ['scalar DateTime scalar Date scalar Decimal'], resolvers: [] },
  })
  const deps = {
    graph,
    stored: new Map([['Joined', compileOperation('Joined', joined, graph.schema)]]),
    request: {
      db: undefined as unknown as Kysely<Database>,
      systems: { get: connectorOf, has: () => true, list: () => [] } as unknown as Systems, // what is used of it here
      connectors: connectorOf,
      permissions: createPermissions(dictionary),
      zone: 'UTC',
      budgetMs: 20_000,
    },
    clients: createClients(parseClients({ clients: { one: { concurrent: 1 } } }), {
      limits: { depth: 8, breadth: 60, cost: 5000 },
      introspection: true,
    }),
    authenticate: async (header: string | undefined): Promise<Viewer> => ({
      kind: 'person',
      person: {
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
        systems: { crm: { id: 'me', roles: ['Clerk'], scope: 'all' } },
        active: true,
      },
      accessToken: 'x',
      tokenExpiresAt: Date.now() / 1000 + 300,
      clientId: header?.replace('Bearer ', '') ?? '',
    }),
  }
  const app = createApp({ name: 'test', corsOrigins: ['http://portal.test'] })
  app.use(graphqlRoutes(always(deps)).routes())
  const server = createServer(app.callback())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`
  const sockets = serveSockets(server, always(deps), { follow: () => () => {}, onKeyGone: () => () => {} })
  return {
    url,
    systems,
    shut(id) {
      const list: (() => void)[] = []
      waiting.set(id, list)
      return list
    },
    open,
    broken,
    cutShort: () =>
      new Promise<void>(resolve => {
        systems.erp.answer = (_request, response) => void response.once('close', () => resolve())
      }),
    hangUp: () => server.closeAllConnections(),
    reset() {
      broken.clear()
      for (const id of ids) {
        open(id)
        systems[id].answer = answering(id)
        systems[id].requests.length = 0
      }
    },
    async stop() {
      for (const id of ids) open(id)
      await sockets.close()
      server.closeAllConnections()
      server.close()
      for (const connector of connectors.values()) await connector.close()
      for (const id of ids) await systems[id].stop()
    },
  }
}

function answer(isBroken: boolean, id: SystemId, path: string, response: ServerResponse): void {
  if (isBroken) {
    json(response, { error: 'ORA-00942 at db01' }, 500)
    return
  }
  const wanted = new URL(path, 'http://s').searchParams.get('ids')?.split(',')
  const items = ['1', '2', '3']
    .filter(one => !wanted || wanted.includes(one))
    .map(one => ({ id: one, value: `${id} ${one}` }))
  json(response, { items, total: 3 })
}

/** Reads a body of multipart/mixed by RFC 2046, a part as soon as its delimiter is there. */
export async function* partsOf(response: Response): AsyncGenerator<{ headers: string[]; body: string }> {
  const boundary = /^multipart\/mixed; *boundary="([^"]+)"/.exec(response.headers.get('content-type') ?? '')?.[1]
  expect(boundary).toBeDefined()
  const delimiter = `\r\n--${boundary}`
  let text = ''
  let preamble = true
  for await (const chunk of response.body as ReadableStream<Uint8Array>) {
    text += new TextDecoder().decode(chunk)
    for (let at = text.indexOf(delimiter); at >= 0; at = text.indexOf(delimiter)) {
      const part = text.slice(0, at)
      text = text.slice(at + delimiter.length)
      if (preamble) {
        expect(part).toBe('')
        preamble = false
        continue
      }
      const [head = '', ...body] = part.replace(/^\r\n/, '').split('\r\n\r\n')
      yield { headers: head.split('\r\n'), body: body.join('\r\n\r\n') }
    }
  }
  expect(text).toBe('--\r\n')
}

// biome-ignore lint/suspicious/noExplicitAny: payloads are read by path
export async function read(parts: AsyncGenerator<{ body: string }>): Promise<any> {
  const { value, done } = await parts.next()
  return done ? undefined : JSON.parse(value.body)
}
