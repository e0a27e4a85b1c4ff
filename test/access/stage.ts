import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { migrate, openDatabase, platformMigrate } from '@atrium/platform/database'
import { createApp } from '@atrium/platform/http'
import { testDatabase } from '@atrium/platform/testing'
import type { Kysely } from 'kysely'
import { createPermissions } from '../../gateway/src/access/permissions.ts'
import { type Person, Unauthenticated, type Viewer } from '../../gateway/src/access/person.ts'
import type { ReadLog } from '../../gateway/src/access/read-log.ts'
import { createClients } from '../../gateway/src/clients/clients.ts'
import { type ClientsFile, parseClients } from '../../gateway/src/clients/definition.ts'
import type { Database } from '../../gateway/src/database/schema.ts'
import { compileDictionary } from '../../gateway/src/schema/dictionary.ts'
import { always } from '../../gateway/src/schema/editions.ts'
import { graphqlRoutes } from '../../gateway/src/schema/endpoint.ts'
import { compileEntities } from '../../gateway/src/schema/entities.ts'
import { buildGraph } from '../../gateway/src/schema/graph.ts'
import { ownResolvers } from '../../gateway/src/schema/own-resolvers.ts'
import { ownTypeDefs } from '../../gateway/src/schema/own-schema.ts'
import { serveSockets } from '../../gateway/src/schema/socket.ts'
import { compileOperation, type StoredOperation } from '../../gateway/src/schema/stored-operations.ts'
import { parseSystems } from '../../gateway/src/systems/configuration.ts'
import { Connector } from '../../gateway/src/systems/connector.ts'
import { describe as describeSystem } from '../../gateway/src/systems/description.ts'
import type { Systems } from '../../gateway/src/systems/types.ts'
import { heard } from './heard.ts'
import { mergedPayloads } from './payloads.ts'
import { dictionaryText, type Rules } from './rules.ts'
import { systemsDocument } from './systems.ts'
import { documents, type Stage as Held, startUpstreams } from './upstreams.ts'
import type { Asker } from './viewer.ts'
import { employees, nativeId, type SystemId, systemIds, type World } from './world.ts'

const local = /* GraphQL */ `
  type Board { id: ID! name: String! } type TrendPoint { key: String! value: Decimal! } type Message { id: ID! }
  extend type Subscription { told: Told! } type Told { customer: Customer order: Order }`

export interface Answer {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: answers are read by path
  body: any
  ms: number
}

/** The real gateway over three systems that keep nothing back. */
export interface Stage {
  db: Kysely<Database>
  held: Held
  url: string
  upstreams: Awaited<ReturnType<typeof startUpstreams>>
  /** who the token `id` belongs to */
  askers: Map<string, Asker>
  /** Puts a gateway with these rules in place of the one before. */
  under(rules: Rules, options?: Options): void
  /** Keeps an operation, as if it had been stored. */
  store(id: string, text: string): void
  ask(token: string, body: unknown, headers?: Record<string, string>): Promise<Answer>
  /** tells every `told` subscription of a customer and an order */
  tell(customer: string, order: string): void
  listening(): number
  stop(): Promise<void>
}

export interface Options {
  clients?: unknown
  introspection?: boolean
  readLog?: ReadLog
  limits?: { depth: number; breadth: number; cost: number }
}

export async function startStage(): Promise<Stage> {
  const db = openDatabase<Database>(await testDatabase())
  await platformMigrate(db)
  await migrate(db, new URL('../../gateway/src/database/migrations/', import.meta.url))
  await insertPeople(db)
  const held: Held = { world: nothing, down: new Set() }
  const upstreams = await startUpstreams(held)
  const url = Object.fromEntries(systemIds.map(id => [id, upstreams[id].url])) as Record<SystemId, string>
  const file = parseSystems(systemsDocument(url))
  const tokens = { forPerson: async () => 't', forService: async () => 't', forget: () => {} }
  const connectors = new Map(
    systemIds.map(id => [
      id as string,
      new Connector(id, file.systems[id] as NonNullable<(typeof file.systems)[string]>, tokens, {
        onBreaker: () => {},
        onCall: () => {},
        onDescribed: () => {},
      }),
    ]),
  )
  for (const id of ['crm', 'oa'] as const) {
    const connector = connectors.get(id) as Connector
    connector.use(describeSystem(id, connector.definition, JSON.stringify(documents[id])))
  }
  const connectorOf = (id: string): Connector => connectors.get(id) as Connector
  const systems = {
    get: connectorOf,
    has: (id: string) => connectors.has(id),
    list: () => systemIds.map(id => ({ id, state: held.down.has(id) ? 'DOWN' : 'UP' })),
    onStatus: () => () => {},
  } as unknown as Systems // what is used of it here
  const askers = new Map<string, Asker>()
  const stored = new Map<string, StoredOperation>()
  const ears = new Set<(value: object) => void>()
  let schema: ReturnType<typeof buildGraph>['schema']
  let sockets: { close(): Promise<void> } | undefined
  let server: Server
  let handle: ReturnType<ReturnType<typeof createApp>['callback']>

  async function authenticate(header: string | undefined): Promise<Viewer> {
    const token = header?.replace('Bearer ', '') ?? ''
    const asker = askers.get(token.split('@')[0] ?? '')
    if (!asker) throw new Unauthenticated({ zh: '请先登录', en: 'Sign in first' })
    return {
      kind: 'person',
      person: personOf(asker),
      accessToken: token,
      tokenExpiresAt: Date.now() / 1000 + 600,
      clientId: token.split('@')[1] ?? 'portal',
    }
  }

  server = createServer((request, response) => void handle(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`

  return {
    db,
    held,
    url: address,
    upstreams,
    askers,
    under(rules, options = {}) {
      const dictionary = compileDictionary(dictionaryText(rules))
      const entities = compileEntities(dictionary, file)
      const own = ownResolvers({
        dictionary,
        entities,
        connectors: connectorOf,
        inboxStatus: async () => new Map(),
        findMessages: async () => [],
        boardsOf: () => [],
      })
      const subscription = { Subscription: { told: { subscribe: () => heard(ears), resolve: (told: object) => told } } }
      const graph = buildGraph({
        dictionary,
        entities,
        connectors: connectorOf,
        currency: 'CNY',
        local: { typeDefs: [ownTypeDefs, local], resolvers: [own, subscription] },
      })
      schema = graph.schema
      stored.clear()
      const deps = {
        graph,
        stored,
        request: {
          db,
          systems,
          connectors: connectorOf,
          permissions: createPermissions(dictionary),
          zone: 'Asia/Shanghai',
          budgetMs: 5000,
          ...(options.readLog && { readLog: options.readLog }),
        },
        clients: createClients(options.clients ? (parseClients(options.clients) as ClientsFile) : parseClients({}), {
          limits: options.limits ?? { depth: 12, breadth: 10_000, cost: 1_000_000 },
          introspection: options.introspection ?? true,
        }),
        authenticate,
      }
      const app = createApp({ name: 'test' })
      app.use(graphqlRoutes(always(deps)).routes())
      handle = app.callback()
      server.removeAllListeners('upgrade')
      sockets = serveSockets(server, always(deps), { follow: () => () => {}, onKeyGone: () => () => {} })
    },
    store: (id, text) => void stored.set(id, compileOperation(id, text, schema)),
    async ask(token, question, headers = {}) {
      const started = performance.now()
      const response = await fetch(address, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'accept-language': 'en',
          ...headers,
        },
        body: typeof question === 'string' ? question : JSON.stringify(question),
      })
      const text = await response.text()
      const ms = performance.now() - started
      const inParts = response.headers.get('content-type')?.startsWith('multipart/mixed')
      const body = inParts ? mergedPayloads(text) : parsed(text)
      return { status: response.status, headers: response.headers, text, body, ms }
    },
    tell(customer, order) {
      const told = {
        customer: { __typename: 'Customer', code: customer },
        order: { __typename: 'Order', number: order },
      }
      for (const ear of ears) ear(told)
    },
    listening: () => ears.size,
    async stop() {
      await sockets?.close()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      for (const connector of connectors.values()) await connector.close()
      for (const id of systemIds) await upstreams[id].stop()
      await db.destroy()
    },
  }
}

const nothing: World = { customers: [], contacts: [], partners: [], orders: [], invoices: [], approvals: [] }

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function personOf(asker: Asker): Person {
  const { path, zh, en, email } = employees.find(one => one.id === asker.id) as (typeof employees)[number]
  const home = path.at(-1) as string
  return {
    id: asker.id,
    username: asker.id,
    name: { zh, en },
    email,
    position: { zh: '', en: '' },
    departmentId: home,
    departmentName: { zh: home, en: home },
    departmentPath: path,
    managerId: null,
    businessRoles: asker.business,
    systems: Object.fromEntries(
      systemIds.map(system => {
        const { account, roles, scope } = asker.systems[system]
        return [system, { id: account ? nativeId(system, asker.id) : null, roles, scope }]
      }),
    ),
    active: true,
  }
}

async function insertPeople(db: Kysely<Database>): Promise<void> {
  for (const { id, zh, en, email, path } of employees) {
    const home = path.at(-1) as string
    await db
      .insertInto('people')
      .values({
        id,
        username: id,
        name: JSON.stringify({ zh, en }),
        email,
        position: JSON.stringify({ zh: '', en: '' }),
        department_id: home,
        department_name: JSON.stringify({ zh: home, en: home }),
        department_path: path,
        manager_id: null,
        business_roles: [],
        systems: JSON.stringify({}),
        active: true,
        modified_at: new Date(),
        digest: '',
        version: 1,
      })
      .execute()
    for (const system of systemIds)
      await db
        .insertInto('person_account')
        .values({ person_id: id, system, native_id: nativeId(system, id) })
        .execute()
  }
}
