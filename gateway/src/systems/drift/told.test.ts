import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kysely } from '@atrium/platform/database'
import { log } from '@atrium/platform/log'
import { testDatabase } from '@atrium/platform/testing'
import { buildSchema } from 'graphql'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { entry } from '../../access/directory.fixture.ts'
import { listMessages } from '../../inbox/messages.ts'
import { startWorld, type Tables, type World } from '../../inbox/testing/world.fixture.ts'
import { compileDictionary } from '../../schema/dictionary.ts'
import { compileEntities, type Entity } from '../../schema/entities.ts'
import { fitEntities } from '../../schema/fit.ts'
import { parseSystems } from '../configuration.ts'
import { createSystems, type Registry } from '../registry.ts'
import type { SystemTables } from '../tables.ts'
import { json, startServer, type TestServer } from '../testing/server.ts'
import { readDrift } from './store.ts'
import type { DriftTables } from './tables.ts'
import { type DriftWatch, startDriftWatch } from './watch.ts'

// Systems that tell what they hold in other ways than by a document: a database, a folder of files, a model's fields.
const dictionary = compileDictionary(`
  type Order @entity(key: "number", system: "s") @read(roles: ["*"]) {
    number: ID! @from(system: "s", path: "no")
    note: String @from(system: "s", path: "note")
    amount: Decimal @from(system: "s", path: "amount")
  }`)
const schema = buildSchema('type Order { number: ID! note: String amount: String } type Query { orders: [Order!]! }')

let world: World
let db: Kysely<Tables & SystemTables & DriftTables>
let administrator: string
let systems: Registry
let watch: DriftWatch
let id: string
let entity: Entity
const stops: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  world = await startWorld()
  db = world.db as unknown as typeof db
  administrator = `id-${randomUUID()}`
  world.directory.put(entry(administrator, { zh: '管理员', en: 'Admin', roles: ['administrator'] }))
  await world.people.directoryChanged([administrator])
})
afterAll(() => world.stop())
afterEach(async () => {
  await watch.stop()
  await systems.stop()
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function attach(definition: object, mapping: object): Promise<void> {
  id = `t${randomUUID().slice(0, 8)}`
  const file = parseSystems({
    company: { zone: 'UTC', currency: 'CNY' },
    systems: {
      s: {
        name: { zh: '订单系统', en: 'Orders' },
        url: 'http://s',
        authentication: { kind: 'none' },
        ...definition,
        entities: { Order: { scope: 'none', ...mapping } },
      },
    },
  })
  entity = { ...(compileEntities(dictionary, file).get('s.Order') as Entity), system: id }
  const own = new Map([[`${id}.Order`, entity]])
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
    current: () => ({ entities: own, stored: new Map(), schema }),
    log: log('gateway'),
  })
  await systems.start()
}

async function reread() {
  await systems.attached.get(id).describeAgain()
  await watch.look()
  return await readDrift(db, { system: id, open: false, limit: 10 })
}
const told = async (): Promise<string[]> =>
  (await listMessages(world.db, administrator, {}, 50)).rows
    .filter(({ row }) => row.system === id)
    .map(({ row }) => (row.summary as { en: string }).en)

/** Reads one record with the fields that are left. */
async function read(): Promise<unknown> {
  const connector = systems.connector(id)
  const description = await connector.description(Date.now() + 3000)
  const select = ['no', 'note', 'amount'].filter(path => !entity.gone.has(path))
  const call = await description.ask(entity.definition, {
    where: [],
    offset: 0,
    limit: 1,
    count: false,
    select,
    sort: undefined,
  })
  const options = { credential: { kind: 'service' as const }, deadline: Date.now() + 3000, safe: true }
  return description.rows(entity.definition, await connector.invoke(call.operation, call.input, options), call).rows[0]
}

async function database(): Promise<pg.Client> {
  const url = await testDatabase()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  stops.push(() => client.end())
  await client.query(
    "create table orders (no text primary key, note text, amount numeric, other int); insert into orders values ('1', 'x', 2, 3)",
  )
  const { hostname, port, pathname, username, password } = new URL(url)
  const user = { kind: 'basic', user: username, password: decodeURIComponent(password) }
  await attach(
    { protocol: 'sql', endpoint: `postgresql://${hostname}:${port}${pathname}`, authentication: user },
    { operation: 'orders' },
  )
  return client
}

test.each([
  ['dropped', 'alter table orders drop column note', 'PROPERTY_REMOVED'],
  ['renamed', 'alter table orders rename column note to remark', 'PROPERTY_REMOVED'],
])(
  'sql: a mapped column that was %s is named before anybody asks for it, and the others go on',
  async (_, change, kind) => {
    const client = await database()
    expect(await reread()).toEqual([])
    await client.query(change)
    const [drift] = await reread()
    expect(drift).toMatchObject({
      level: 'BREAKING',
      fits: false,
      at_risk: [{ type: 'Order', field: 'note', level: 'BREAKING' }],
    })
    expect(drift?.changes).toContainEqual(expect.objectContaining({ kind, operation: 'orders', path: 'note' }))
    expect((await told())[0]).toMatch(/Order\.note/)
    expect(await read()).toEqual({ no: '1', amount: '2' })
  },
)

test('sql: a mapped column of another type is named; one that nobody mapped is recorded and raises nothing', async () => {
  const client = await database()
  await client.query('alter table orders drop column other')
  expect(await reread()).toMatchObject([{ level: 'HARMLESS', at_risk: [] }])
  expect(await told()).toEqual([])
  await client.query('alter table orders alter column amount type text')
  const [drift] = await reread()
  expect(drift).toMatchObject({ level: 'BREAKING', fits: true, at_risk: [{ field: 'amount' }] })
  expect(drift?.changes).toContainEqual(
    expect.objectContaining({ kind: 'PROPERTY_TYPE', path: 'amount', before: 'decimal?', after: 'text?' }),
  )
  expect(await told()).toHaveLength(1)
  expect(await read()).toEqual({ no: '1', note: 'x', amount: '2' })
})

test('files: a head in which a mapped column is missing is told, and what is left is read', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'atrium-drop-'))
  stops.push(() => rm(directory, { recursive: true, force: true }))
  const drop = async (name: string, text: string): Promise<void> => {
    await writeFile(join(directory, name), text)
    await writeFile(join(directory, `${name}.done`), '')
  }
  await drop('orders-1.csv', 'no,note,amount\n1,x,2\n')
  const tables = { orders: { files: 'orders-*.csv', ready: 'done' } }
  await attach({ protocol: 'files', files: { directory, tables } }, { operation: 'orders' })
  expect(await reread()).toEqual([])
  await drop('orders-2.csv', 'no,remark,amount\n1,y,3\n')
  await expect
    .poll(async () => (await reread())[0]?.at_risk, { timeout: 5000 })
    .toMatchObject([{ type: 'Order', field: 'note', level: 'BREAKING' }])
  expect((await told())[0]).toMatch(/Order\.note/)
  expect(await read()).toEqual({ no: '1', amount: '3' })
})

test('json-rpc: a field that its model no longer has is told before the next question, and codes that came are', async () => {
  const fields: Record<string, object> = {
    no: { type: 'char' },
    note: { type: 'char' },
    amount: { type: 'float' },
    state: { type: 'selection', selection: [['draft', 'Draft']] },
  }
  let refuses = false
  const server: TestServer = await startServer(({ body }, response) => {
    const { id: call, method, params } = JSON.parse(body) as { id: number; method: string; params: unknown[] }
    if (method === 'call' && params[1] === 'fields_get' && refuses)
      return json(response, { id: call, error: { data: { name: 'AccessError', message: 'no' } } })
    if (params[1] === 'fields_get') return json(response, { id: call, result: fields })
    const [, , , { fields: wanted }] = params as [string, string, unknown, { fields: string[] }]
    const row = Object.fromEntries(wanted.map(name => [name, name in fields ? '1' : undefined]))
    json(response, { id: call, result: [row] })
  })
  stops.push(() => server.stop())
  const rpc = {
    calls: [{ method: 'call', params: ['$model', '$name', '...$params'] }],
    fields: { operation: '{model}.fields_get', params: [[], {}], values: 'selection' },
    errors: { code: 'data.name', reason: 'data.message', refused: ['AccessError'] },
  }
  await attach(
    { protocol: 'json-rpc', endpoint: server.url, rpc },
    { operation: 'sale.order.search_read', parameters: ['$domain', { fields: '$fields' }] },
  )
  // What is told for the first time is no change.
  expect(await reread()).toEqual([])
  expect(systems.connector(id).current?.contract?.('sale.order.search_read')?.answers.get('amount')?.kind).toBe('float')
  delete fields.note
  fields.state = {
    type: 'selection',
    selection: [
      ['draft', 'Draft'],
      ['lost', 'Lost'],
    ],
  }
  const [drift] = await reread()
  expect(drift).toMatchObject({ level: 'BREAKING', at_risk: [{ type: 'Order', field: 'note', level: 'BREAKING' }] })
  expect(drift?.changes).toContainEqual(expect.objectContaining({ kind: 'VALUES_ADDED', path: 'state', after: 'lost' }))
  expect((await told())[0]).toMatch(/Order\.note/)
  expect(await read()).toEqual({ no: '1', amount: '1' })
  // Not being told is not being gone.
  refuses = true
  expect(await reread()).toHaveLength(1)
  // And the key is needed: the whole type goes on by what it was.
  refuses = false
  delete fields.no
  expect((await reread())[0]).toMatchObject({ at_risk: [{ type: 'Order', field: null }] })
})
