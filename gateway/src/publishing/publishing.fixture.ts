import { type Kysely, migrate, openDatabase, platformMigrate } from '@atrium/platform/database'
import { type Served, serve } from '@atrium/platform/http'
import { testDatabase } from '@atrium/platform/testing'
import { type Client, createClient } from 'graphql-ws'
import { vi } from 'vitest'
import WebSocket from 'ws'
import { entry, startTestDirectory, type TestDirectory } from '../access/directory.fixture.ts'
import { type App, buildApp } from '../app.ts'
import { configSchema } from '../config.ts'
import type { Database } from '../database/schema.ts'
import { json, startServer, type TestServer } from '../systems/testing/server.ts'
import { companyFolder } from '../widgets/company-folder.fixture.ts'

export type Answer = {
  // biome-ignore lint/suspicious/noExplicitAny: answers are read by path in the tests
  data: any
  errors?: { message: string; extensions: Record<string, unknown> }[]
}

export interface TestGateway {
  app: App
  url: string
  ask(who: string, query: string, variables?: object, language?: string): Promise<Answer>
  socket(who: string): Client
  stop(): Promise<void>
}

/** A company with a shop and a store, their gateways on one database, and an administrator. */
export interface TestCompany {
  db: Kysely<Database>
  directory: TestDirectory
  folder: Awaited<ReturnType<typeof companyFolder>>
  shop: TestServer
  store: TestServer
  /** holds the shop's answers back until it is called */
  hold(): () => void
  gateway(): Promise<TestGateway>
  /** systems.yaml's entry of the shop, with something put in the place of something */
  shopYaml(...changes: [string, string][]): string
  stop(): Promise<void>
}

const dictionary = (system: string, type: string) => `
type ${type} @entity(key: "id", system: "${system}") @read(roles: ["${system}:*"]) {
  id: ID! @from(system: "${system}", path: "id")
  name: String @from(system: "${system}", path: "name") @label(zh: "名称", en: "Name")
  phone: String @from(system: "${system}", path: "phone") @class(is: PERSONAL) @read(roles: ["${system}:Boss"]) @mask(kind: PHONE, roles: ["${system}:*"])
  salary: String @from(system: "${system}", path: "salary") @class(is: SECRET) @read(roles: ["${system}:Boss"])
}
extend type Query { ${type.toLowerCase()}s(ids: [String!], owner: String, first: Int = 20, after: String): ${type}Connection @list }
`
export const yamlOf = (system: string, type: string, url: string) => `name: { zh: 系统, en: ${system} }
url: ${url}
protocol: openapi
document: ${url}/openapi.json
endpoint: ${url}
authentication: { kind: header, name: x-key, value: first }
dictionary: ${system}.graphql
entities:
  ${type}:
    operation: list
    rows: items
    total: total
    filter: { id: ids, ids: { field: ids, reads: [id] }, owner: { field: owner, reads: [] } }
    scope: { filter: owner, path: ownerId }
limits: { timeoutMs: 25000 }
`
const indented = (yaml: string) => yaml.replace(/^(?=.)/gm, '    ')

const operation = 'query Shopping { items(first: 5) { nodes { id name } } }\n'
const description = JSON.stringify({
  openapi: '3.1.0',
  paths: {
    '/items': {
      get: {
        operationId: 'list',
        parameters: ['ids', 'owner', 'offset', 'limit'].map(name => ({ name, in: 'query' })),
        responses: {
          200: {
            content: {
              'application/json': {
                schema: {
                  properties: {
                    total: {},
                    items: {
                      type: 'array',
                      items: {
                        properties: { id: {}, name: {}, title: {}, phone: {}, salary: {}, ownerId: {} },
                      },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
    '/others': { get: { operationId: 'others', responses: { 200: { content: {} } } } },
  },
})

/** Starts it; every gateway comes with `gateway()`. */
export async function startTestCompany(): Promise<TestCompany> {
  let held: Promise<void> | undefined
  const system = (name: string) =>
    startServer(async (request, response) => {
      if (request.path.startsWith('/openapi.json')) return json(response, JSON.parse(description))
      if (name === 'shop') await held
      if (!['first', 'second'].includes(String(request.headers['x-key']))) return json(response, {}, 401)
      const items = [1, 2].map(id => ({
        id: `${name}-${id}`,
        name: `${name} ${id}`,
        title: `title ${id}`,
        phone: '13812345678',
        salary: '9000',
        ownerId: id === 1 ? 'me' : 'other',
      }))
      const owner = new URL(request.path, 'http://s').searchParams.get('owner')
      const own = items.filter(item => owner === null || item.ownerId === owner)
      json(response, { items: own, total: own.length })
    })
  const [shop, store] = await Promise.all([system('shop'), system('store')])
  process.env.TEST_SHOP_URL = shop.url
  const shopYaml = yamlOf('shop', 'Item', `\${TEST_SHOP_URL}`)
  const folder = await companyFolder({
    'systems.yaml': `company: { zone: Asia/Shanghai, currency: CNY }\nsystems:\n  shop:\n${indented(shopYaml)}  store:\n${indented(yamlOf('store', 'Ware', store.url))}`,
    'shop.graphql': dictionary('shop', 'Item'),
    'store.graphql': dictionary('store', 'Ware'),
    'messages.yaml': 'timeZone: Asia/Shanghai\nsources: {}\nevents: {}\n',
    'clients.yaml': 'clients: { client-slow: { requestsPerMinute: 1, burst: 2 } }\n',
    'operations/Shopping.graphql': operation,
  })
  const directory = await startTestDirectory()
  const systems = (scope: string, roles: string[]) => ({
    shop: { id: 'me', roles, scope },
    store: { id: 'me', roles, scope },
  })
  directory.put(entry('admin', { roles: ['employee', 'administrator'], systems: systems('own', ['Clerk']) }))
  directory.put(entry('boss', { systems: systems('all', ['Boss']) }))
  directory.put(entry('clerk', { systems: systems('all', ['Clerk']) }))
  const url = await testDatabase()
  const db = openDatabase<Database>(url)
  await platformMigrate(db)
  await migrate(db, new URL('../database/migrations/', import.meta.url))
  const gateways = new Set<TestGateway>()
  return {
    db,
    directory,
    folder,
    shop,
    store,
    hold() {
      let release = (): void => {}
      held = new Promise(resolve => {
        release = () => {
          held = undefined
          resolve()
        }
      })
      return () => release()
    },
    shopYaml: (...changes) => changes.reduce((text, [from, to]) => replaced(text, from, to), shopYaml),
    async gateway() {
      const gateway = await startGateway(url, folder.dir, db, directory)
      gateways.add(gateway)
      return gateway
    },
    async stop() {
      await Promise.all([...gateways].map(gateway => gateway.stop()))
      await db.destroy()
      await Promise.all([directory.stop(), shop.stop(), store.stop(), folder.remove()])
    },
  }
}

function replaced(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`the text does not hold ${from}`)
  return text.replace(from, to)
}

async function startGateway(
  url: string,
  dir: string,
  db: Kysely<Database>,
  directory: TestDirectory,
): Promise<TestGateway> {
  const config = configSchema.parse({
    DATABASE_URL: url,
    ISSUER: directory.issuer,
    PORTAL_URL: 'http://localhost:9',
    CLIENT_SECRET: 'secret',
    ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    CONFIG_DIR: dir,
    REQUEST_BUDGET_MS: 30_000,
  })
  const app = await buildApp(config, db)
  const served: Served = await serve(app.koa, { name: 'gateway', port: 0 })
  const sockets = app.serveSockets(served.server)
  await vi.waitFor(() => app.health.people?.(), 15_000)
  const claims = (who: string) =>
    who.startsWith('client')
      ? { sub: who, client_id: who, scope: who === 'client-admin' ? 'admin' : 'events' }
      : { sub: who, client_id: 'portal' }
  let stopped = false
  return {
    app,
    url: served.url,
    async ask(who, query, variables = {}, language = 'en') {
      const token = await directory.token(claims(who))
      const answer = await fetch(`${served.url}/graphql`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'accept-language': language },
        body: JSON.stringify(/^[A-Z]\w*$/.test(query) ? { documentId: query, variables } : { query, variables }),
      })
      return (await answer.json()) as Answer
    },
    socket: who =>
      createClient({
        url: `${served.url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: async () => ({ authorization: `Bearer ${await directory.token(claims(who))}` }),
      }),
    async stop() {
      if (stopped) return
      stopped = true
      await sockets.close()
      await served.stop()
      await app.stop()
    },
  }
}
