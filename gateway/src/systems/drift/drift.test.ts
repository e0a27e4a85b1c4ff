import { randomUUID } from 'node:crypto'
import { type Kysely, sql } from '@atrium/platform/database'
import { log } from '@atrium/platform/log'
import { buildSchema, parse } from 'graphql'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { entry } from '../../access/directory.fixture.ts'
import { listMessages } from '../../inbox/messages.ts'
import { startWorld, type Tables, type World } from '../../inbox/testing/world.fixture.ts'
import { compileDictionary } from '../../schema/dictionary.ts'
import { compileEntities } from '../../schema/entities.ts'
import { fitEntities } from '../../schema/fit.ts'
import { parseSystems } from '../configuration.ts'
import { createSystems, type Registry } from '../registry.ts'
import type { SystemTables } from '../tables.ts'
import { json, startServer, type TestServer } from '../testing/server.ts'
import { type ShapeCounters, shapeCounters } from './shape-watch.ts'
import { acknowledgeDrift, readDrift } from './store.ts'
import type { DriftTables } from './tables.ts'
import { type DriftWatch, startDriftWatch } from './watch.ts'

const dictionary = compileDictionary(`
  type Customer @entity(key: "code", system: "s") @read(roles: ["*"]) {
    code: ID! @from(system: "s", path: "no")
    phone: String @from(system: "s", path: "phone")
    city: String @from(system: "s", path: "address.city")
  }
  type Order @entity(key: "number", system: "s") @read(roles: ["*"]) {
    number: ID! @from(system: "s", path: "no")
    amount: Decimal @from(system: "s", path: "amount")
  }`)
const schema = buildSchema(`
  type Customer { code: ID! phone: String city: String } type Order { number: ID! amount: String }
  type Query { customers: [Customer!]! orders: [Order!]! }`)
const stored = new Map(
  Object.entries({
    Phones: '{ customers { code phone } }',
    Cities: '{ customers { city } }',
    Orders: '{ orders { number amount } }',
  }).map(([id, text]) => [id, { id, text, document: parse(text) }]),
)

interface Document {
  customer: Record<string, object>
  order: Record<string, object> | null
  inputs: object[]
}

let world: World
let db: Kysely<Tables & SystemTables & DriftTables>
let server: TestServer
let document: Document
let raw: string | undefined
let systems: Registry
let watch: DriftWatch
let id: string
let administrator: string
let counters: ShapeCounters

beforeAll(async () => {
  world = await startWorld()
  db = world.db as unknown as typeof db
  administrator = `id-${randomUUID()}`
  world.directory.put(entry(administrator, { zh: '管理员', en: 'Admin', roles: ['administrator'] }))
  await world.people.directoryChanged([administrator])
  server = await startServer(({ path, headers }, response) => {
    if (!path.startsWith('/openapi')) return json(response, [{ no: 'C1', phone: '1', amount: 2 }])
    const text = raw ?? JSON.stringify(openApi(document))
    const etag = `"${text.length}"`
    if (headers['if-none-match'] === etag) return void response.writeHead(304).end()
    response.writeHead(200, { 'content-type': 'application/json', etag }).end(text)
  })
})
afterAll(async () => {
  await server.stop()
  await world.stop()
})

function openApi({ customer, order, inputs }: Document): object {
  const list = (operationId: string, properties: object, more: object[] = []): object => ({
    get: {
      operationId,
      parameters: [...['offset', 'limit'].map(name => ({ name, in: 'query', schema: { type: 'integer' } })), ...more],
      responses: {
        200: {
          content: { 'application/json': { schema: { type: 'array', items: { type: 'object', properties } } } },
        },
      },
    },
  })
  return {
    openapi: '3.1.0',
    paths: {
      '/customers': list('listCustomers', customer, inputs),
      ...(order && { '/orders': list('listOrders', order) }),
    },
  }
}

beforeEach(async () => {
  id = `s${randomUUID().slice(0, 8)}`
  raw = undefined
  const text = { type: 'string' }
  document = {
    customer: { no: text, phone: text, address: { type: 'object', properties: { city: text } } },
    order: { no: text, amount: { type: 'number' } },
    inputs: [],
  }
  await attach()
})
afterEach(async () => {
  await watch.stop()
  await systems.stop()
})

async function attach(): Promise<void> {
  const told = JSON.stringify({
    company: { zone: 'Asia/Shanghai', currency: 'CNY' },
    systems: {
      s: {
        name: { zh: '客户系统', en: 'CRM' },
        url: server.url,
        protocol: 'openapi',
        document: `${server.url}/openapi.json`,
        endpoint: server.url,
        authentication: { kind: 'none' },
        probe: { operation: 'listCustomers' },
        entities: {
          Customer: { operation: 'listCustomers', scope: 'none' },
          Order: { operation: 'listOrders', scope: 'none' },
        },
      },
    },
  })
  const file = parseSystems(JSON.parse(told))
  const entities = compileEntities(dictionary, file)
  // Every test has a system of its own name; what is mapped to `s` is that system.
  const own = new Map([...entities].map(([key, entity]) => [key.replace(/^s\./, `${id}.`), { ...entity, system: id }]))
  systems = createSystems({
    definitions: { [id]: file.systems.s as NonNullable<typeof file.systems.s> },
    tokens: {} as never,
    db,
    check: (system, description, last) => fitEntities(own, system, description, last),
    onDrift: drift => watch.noticed(drift),
  })
  watch = startDriftWatch({
    db,
    systems,
    current: () => ({ entities: own, stored: stored as never, schema }),
    log: log('gateway'),
  })
  counters = shapeCounters
  await systems.start()
}

const ask = async (operation: string): Promise<unknown> =>
  await systems
    .connector(id)
    .invoke(operation, {}, { credential: { kind: 'service' }, deadline: Date.now() + 3000, safe: true })
    .catch((error: unknown) => (error as { code?: string }).code ?? error)
const reread = async (): Promise<void> => {
  await systems.attached.get(id).describeAgain()
  await watch.look()
}
const found = async () => await readDrift(db, { system: id, open: false, limit: 10 })
const told = async (): Promise<string[]> =>
  (await listMessages(world.db, administrator, {}, 50)).rows
    .filter(({ row }) => row.system === id)
    .map(({ row }) => (row.title as { en: string }).en)

test('nothing changed: the server says so by its tag, and nothing is recorded', async () => {
  await reread()
  expect(server.requests.at(-1)?.headers['if-none-match']).toMatch(/^"\d+"$/)
  expect(await found()).toEqual([])
})

test('a mapped property that went: the field is named and left out, everything else goes on, administrators are told once', async () => {
  delete document.customer.phone
  await reread()
  const [drift, ...others] = await found()
  expect(others).toEqual([])
  expect(drift).toMatchObject({
    source: 'DESCRIPTION',
    level: 'BREAKING',
    fits: false,
    at_risk: [{ type: 'Customer', field: 'phone', level: 'BREAKING' }],
    operations: ['Phones'],
    ended_at: null,
  })
  expect(drift?.changes).toMatchObject([{ kind: 'PROPERTY_REMOVED', operation: 'listCustomers', path: 'phone' }])
  expect(await told()).toEqual(['CRM changed its interface: mapped fields no longer work'])
  expect(systems.list()[0]).toMatchObject({ explanation: null })
  expect(systems.list()[0]?.events[0]).toMatchObject({ kind: 'CONTRACT_DRIFT' })
  expect(await ask('listCustomers')).toEqual([{ no: 'C1', phone: '1', amount: 2 }])
  // Another reading, another replica or another start finds the same again: it is one finding and one message.
  await watch.stop()
  await systems.stop()
  await attach()
  await reread()
  expect(await found()).toHaveLength(1)
  expect(await told()).toHaveLength(1)
})

test('an operation that went by the document: its type goes on by what it last was, the others by what is said now', async () => {
  document.order = null
  document.customer.email = { type: 'string' }
  await reread()
  expect(await found()).toMatchObject([
    { level: 'BREAKING', at_risk: [{ type: 'Order', field: null }], operations: ['Orders'] },
  ])
  expect(await ask('listOrders')).toHaveLength(1)
  expect(await ask('listCustomers')).toHaveLength(1)
  const { description, told: now } = systems.attached.get(id).described ?? {}
  expect(now?.operations.has('listOrders')).toBe(false)
  expect(description?.operations.has('listOrders')).toBe(true)
})

test('it fits again: the finding is over', async () => {
  const before = document.customer
  document.customer = { no: { type: 'string' } }
  await reread()
  expect((await found())[0]).toMatchObject({ ended_at: null, at_risk: [{ field: 'phone' }, { field: 'city' }] })
  document.customer = before
  await reread()
  expect((await found()).filter(one => one.ended_at === null)).toEqual([])
  expect(systems.attached.get(id).drifted).toBe(false)
})

test('what nobody uses may change: it is recorded, and nobody is told', async () => {
  document.customer.fax = { type: 'string' }
  document.inputs = [{ name: 'sort', in: 'query', schema: { type: 'string' } }]
  await reread()
  expect(await found()).toMatchObject([{ level: 'HARMLESS', fits: true, at_risk: [], operations: [] }])
  delete document.customer.fax
  await reread()
  // Removing is breaking in itself, but no mapping asks for it.
  expect((await found())[0]).toMatchObject({ level: 'HARMLESS', changes: [{ level: 'BREAKING' }] })
  expect(await told()).toEqual([])
})

test('an input that became required endangers every record of the type', async () => {
  document.inputs = [{ name: 'tenant', in: 'query', required: true, schema: { type: 'string' } }]
  await reread()
  expect(await found()).toMatchObject([
    { level: 'BREAKING', fits: true, at_risk: [{ type: 'Customer', field: null }], operations: ['Cities', 'Phones'] },
  ])
})

test('a document that is none takes nothing away', async () => {
  await ask('listCustomers')
  raw = '<html>maintenance</html>'
  await reread()
  expect(systems.list()[0]?.explanation?.en).toMatch(/does not fit the description/)
  expect(systems.list()[0]?.state).toBe('UP')
  expect(await ask('listCustomers')).toHaveLength(1)
  raw = undefined
  await reread()
  expect(systems.list()[0]?.explanation).toBeNull()
})

test('what does not fit is not kept: the next start begins with what fitted last', async () => {
  const kept = async (): Promise<boolean> =>
    (
      await sql<{ document: string }>`select document from system_description where system = ${id}`.execute(db)
    ).rows[0]?.document.includes('"phone"') ?? false
  await expect.poll(kept).toBe(true)
  delete document.customer.phone
  await reread()
  expect(await kept()).toBe(true)
})

test('values that are suddenly missing are noticed, told once, and over when they are back', async () => {
  const slot = counters.slot(`${id}.Customer`, 'phone')
  const read = (times: number, empty: boolean): void => {
    for (let time = 0; time < times; time += 1) counters.note(slot, empty, false)
  }
  for (let window = 0; window < 3; window += 1) {
    read(100, false)
    await watch.look()
  }
  expect(await found()).toEqual([])
  read(100, true)
  await watch.look()
  read(100, true)
  await watch.look()
  expect(await found()).toMatchObject([
    {
      source: 'ANSWERS',
      level: 'RISK',
      changes: [{ kind: 'NULLS', before: '0 %', after: '100 %', path: 'phone' }],
      at_risk: [{ type: 'Customer', field: 'phone' }],
      operations: ['Phones'],
    },
  ])
  expect(await told()).toEqual(['CRM answers otherwise than it used to'])
  read(100, false)
  await watch.look()
  expect((await found())[0]?.ended_at).toBeInstanceOf(Date)
})

test('a finding is acknowledged once; one that does not fit stays until it fits', async () => {
  delete document.customer.phone
  await reread()
  const [drift] = await found()
  const by = { id: administrator, name: { zh: '管理员', en: 'Admin' } }
  const seen = await acknowledgeDrift(db as unknown as Kysely<DriftTables>, String(drift?.id), by, 'asked the vendor')
  expect(seen).toMatchObject({ acknowledged_by: by, comment: 'asked the vendor', ended_at: null })
  const again = await acknowledgeDrift(
    db as unknown as Kysely<DriftTables>,
    String(drift?.id),
    { id: 'other', name: by.name },
    null,
  )
  expect(again).toMatchObject({ acknowledged_by: by, comment: 'asked the vendor' })
  expect(await readDrift(db as unknown as Kysely<DriftTables>, { system: id, open: true, limit: 10 })).toEqual([])
})
