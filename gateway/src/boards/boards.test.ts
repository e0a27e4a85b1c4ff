import { setClock } from '@atrium/platform/clock'
import { type Kysely, migrate, openDatabase, platformMigrate, sql } from '@atrium/platform/database'
import { log } from '@atrium/platform/log'
import { testDatabase } from '@atrium/platform/testing'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { entry } from '../access/directory.fixture.ts'
import { readDirectoryUser } from '../access/directory-user.ts'
import { savePeople } from '../access/people-store.ts'
import type { Person, Viewer } from '../access/person.ts'
import type { PeopleTables } from '../access/tables.ts'
import { createSystems, type Registry } from '../systems/registry.ts'
import type { SystemTables } from '../systems/tables.ts'
import { parseBoards } from './definition.ts'
import { type Ledger, startLedger } from './ledger.fixture.ts'
import type { KpiView } from './present-kpi.ts'
import { type BoardService, startBoards } from './start-boards.ts'
import type { BoardTables } from './tables.ts'

type Tables = BoardTables & PeopleTables & SystemTables

const definitions = parseBoards({
  zone: 'Asia/Shanghai',
  boards: {
    overview: {
      name: { zh: '总览', en: 'Overview' },
      access: { businessRoles: ['general-manager'] },
      kpis: ['sales', 'hidden'],
    },
    team: { name: { zh: '团队', en: 'Team' }, access: { businessRoles: ['sales-manager'] }, kpis: ['team-sales'] },
  },
  kpis: {
    sales: {
      name: { zh: '本月销售额', en: 'Sales this month' },
      format: 'money',
      system: 'ledger',
      access: { rights: { ledger: ['Controller'] } },
      everySeconds: 3600,
      events: ['ledger.changed'],
      fetch: {
        month: { operation: 'reportSums', input: { from: '{{monthStart}}', to: '{{today}}' } },
        lastYear: { operation: 'reportSums', input: { from: '{{monthStart-12M}}', to: '{{today-12M}}' } },
      },
      value: 'month.total',
      target: { value: '"3000"', direction: 'at_least', prorated: 'month' },
      comparison: { label: { zh: '比上年', en: 'on last year' }, value: 'lastYear.total' },
      trend: {
        fetch: { all: { operation: 'reportSums', input: { from: '{{monthStart-2M}}', to: '{{today}}' } } },
        points:
          "($sums := all.buckets{key: sum}; $months(3).{'key': $, 'value': $lookup($sums, $), 'previous': $lookup($sums, $shift($, -1))})",
      },
      breakdown: {
        each: [
          { key: 'OLD', label: { zh: '从前', en: 'before' }, start: '{{monthStart-2M}}', end: '{{monthEnd-1M}}' },
          { key: 'NEW', label: { zh: '本月', en: 'now' }, start: '{{monthStart}}', end: '{{today}}' },
        ],
        fetch: { part: { operation: 'reportSums', input: { from: '{{start}}', to: '{{end}}' } } },
        value: 'part.total',
      },
      rows: {
        operation: 'listRows',
        input: { offset: '{{skip}}', limit: '{{first}}' },
        rows: 'items',
        total: 'total',
        columns: [
          { key: 'no', label: { zh: '单号', en: 'No.' }, value: 'no' },
          { key: 'seller', label: { zh: '销售员', en: 'Seller' }, value: 'seller', person: 'ledger' },
          { key: 'amount', label: { zh: '金额', en: 'Amount' }, value: 'amount', align: 'end' },
        ],
      },
    },
    hidden: {
      name: { zh: '成本', en: 'Costs' },
      format: 'money',
      system: 'ledger',
      access: { rights: { ledger: ['Auditor'] } },
      fetch: { month: { operation: 'reportSums', input: { from: '{{monthStart}}', to: '{{today}}' } } },
      value: 'month.total',
      trend: { recorded: { days: 30 } },
    },
    'team-sales': {
      name: { zh: '团队', en: 'Team' },
      format: 'money',
      system: 'ledger',
      scoped: true,
      fetch: {
        month: {
          operation: 'reportSums',
          input: { from: '{{monthStart}}', to: '{{today}}', seller: '{{owners:csv}}' },
        },
      },
      value: 'month.total',
      breakdown: { parts: "{'key': month.seller, 'value': 1}" },
      rows: {
        operation: 'listRows',
        input: { offset: '{{skip}}', limit: '{{first}}', seller: '{{owners:csv}}' },
        rows: 'items',
        total: 'total',
        columns: [{ key: 'no', label: { zh: '单号', en: 'No.' }, value: 'no' }],
      },
    },
  },
})

let ledger: Ledger
let url: string
let db: Kysely<Tables>
const services: BoardService[] = []
const registries: Registry[] = []
const viewers = new Map<string, Viewer>()

beforeAll(async () => {
  const offset = Date.parse('2026-11-15T10:24:00+08:00') - Date.now()
  setClock(() => new Date(Date.now() + offset))
  ledger = await startLedger()
  ledger.sums = new Map([
    ['2025-11', '1000.00'],
    ['2026-09', '700'],
    ['2026-10', '800'],
    ['2026-11', '1200.50'],
  ])
  ledger.rows = Array.from({ length: 130 }, (_, index) => ({
    no: `R${index}`,
    seller: index % 2 ? 's1' : 's2',
    amount: `${index}.10`,
  }))
  url = await testDatabase()
  db = openDatabase<Tables>(url)
  await platformMigrate(db)
  await migrate(db, new URL('../database/migrations/', import.meta.url))
  await addPerson('gm', {
    roles: ['general-manager'],
    systems: { ledger: { id: 's0', roles: ['Controller'], scope: 'all' } },
  })
  await addPerson('clerk', {
    roles: ['employee'],
    systems: { ledger: { id: 's9', roles: ['Controller'], scope: 'all' } },
  })
  await addPerson('lead', {
    roles: ['sales-manager'],
    path: ['hx', 'sales'],
    systems: { ledger: { id: 's1', roles: ['Lead'], scope: 'department_and_below' } },
  })
  await addPerson('rep', {
    roles: ['employee'],
    path: ['hx', 'sales', 'one'],
    zh: '张伟',
    en: 'Zhang Wei',
    systems: { ledger: { id: 's2', roles: ['Rep'], scope: 'own' } },
  })
  services.push(await replica(), await replica())
})

afterAll(async () => {
  await Promise.all(services.map(one => one.stop()))
  await Promise.all(registries.map(one => one.stop()))
  await db.destroy()
  await ledger.stop()
  setClock()
})

beforeEach(() => {
  ledger.fail = 'none'
  ledger.delayMs = 0
  ledger.asked = []
})

async function addPerson(id: string, more: Parameters<typeof entry>[1]): Promise<void> {
  const read = readDirectoryUser({ ...entry(id, more), meta: { lastModified: '2026-01-01T00:00:00Z' } })
  if (!read.ok) throw new Error(read.broken.fault)
  await savePeople(db as unknown as Kysely<PeopleTables>, [read.user])
  const person: Person = read.user.person
  viewers.set(id, { kind: 'person', person, accessToken: `token-of-${id}`, tokenExpiresAt: 0 })
}

async function replica(): Promise<BoardService> {
  const systems = createSystems({
    definitions: ledger.systems.systems,
    db,
    tokens: {
      forPerson: async (_s, _a, _id, token) => `exchanged-${token}`,
      forService: async () => 'service',
      forget: () => {},
    },
  })
  registries.push(systems)
  await systems.start()
  return await startBoards({
    db,
    config: { DATABASE_URL: url, CONFIG_DIR: '' },
    systems,
    log: log('test'),
    boards: definitions,
  })
}

const asker = (id: string, language: 'zh' | 'en' = 'zh') => ({ viewer: viewers.get(id)!, language })
const sales = async (service = services[0]!, language: 'zh' | 'en' = 'zh'): Promise<KpiView> =>
  (await service.kpis('overview', asker('gm', language)))[0]!

// The readings that a start causes are over.
const settled = () =>
  vi.waitFor(
    async () =>
      expect(
        (
          await sql`select 1 from kpi_value where due_at < clock_timestamp() + interval '5 s' or claim is not null`.execute(
            db,
          )
        ).rows,
      ).toHaveLength(0),
    5000,
  )

test('a figure comes with target, comparison, trend and parts, all summed by its system', async () => {
  await settled()
  expect(await sales()).toMatchObject({
    id: 'sales',
    name: '本月销售额',
    value: '1200.50',
    target: '1500',
    progress: '0.8003',
    comparison: '0.2005',
    comparisonLabel: '比上年',
    judgement: 'OFF_TARGET',
    judgementText: '低于目标 20%',
    system: 'ledger',
    stale: false,
    error: null,
    drillable: true,
    trend: [
      { key: '2026-09', value: '700', previous: null, target: null },
      { key: '2026-10', value: '800', previous: '700', target: null },
      { key: '2026-11', value: '1200.50', previous: '800', target: null },
    ],
    breakdown: [
      { key: 'OLD', label: '从前', value: '1500.00', count: null, note: null },
      { key: 'NEW', label: '本月', value: '1200.50', count: null, note: null },
    ],
  })
  expect((await sales(services[0], 'en')).judgementText).toBe('20% below target')
})

test('a board is refused to whoever lacks its role, and a figure is left out without its right', async () => {
  await expect(services[0]!.kpis('overview', asker('clerk'))).rejects.toMatchObject({
    extensions: { code: 'FORBIDDEN' },
  })
  await expect(services[0]!.kpis('nothing', asker('gm'))).rejects.toMatchObject({ extensions: { code: 'NOT_FOUND' } })
  await expect(
    services[0]!.kpis('overview', {
      viewer: { kind: 'client', clientId: 'erp', scopes: [], tokenExpiresAt: 0 },
      language: 'zh',
    }),
  ).rejects.toMatchObject({ extensions: { code: 'FORBIDDEN' } })
  expect((await services[0]!.kpis('overview', asker('gm'))).map(kpi => kpi.id)).toEqual(['sales'])
  expect(services[0]!.list((viewers.get('lead') as { person: Person }).person).map(board => board.id)).toEqual(['team'])
  expect(() => services[0]!.changes('overview', viewers.get('clerk')!)).toThrow('do not include')
  await expect(
    services[0]!.rows(
      'hidden',
      { first: 5, after: null },
      { ...asker('gm'), credential: { kind: 'service' }, deadline: Date.now() + 2000 },
    ),
  ).rejects.toMatchObject({ extensions: { code: 'FORBIDDEN' } })
})

test('an event brings the new value to every replica, and many events cost one reading', async () => {
  await settled()
  const changes = services[1]!.changes('overview', viewers.get('gm')!)
  const next = changes.next()
  ledger.sums.set('2026-11', '1600')
  ledger.asked = []
  for (let i = 0; i < 20; i++) services[0]!.eventArrived({ type: 'ledger.changed' })
  expect(await next).toEqual({ done: false, value: 'sales' })
  // A change is a hint, and that of the reading before may come late. Without the event nothing is read for an hour.
  await vi.waitFor(
    async () =>
      expect(await sales(services[1])).toMatchObject({
        value: '1600.00',
        judgement: 'ON_TARGET',
        judgementText: '达到目标',
      }),
    { timeout: 10_000 },
  )
  expect(ledger.asked.filter(one => one.includes('from=2026-11-01')).length).toBe(2)
  await changes.return?.()
  expect(await changes.next()).toEqual({ done: true, value: undefined })
})

test('a closed socket ends a subscription that waits', async () => {
  const changes = services[0]!.changes('overview', viewers.get('gm')!)
  const waiting = changes.next()
  await changes.return?.()
  expect(await waiting).toEqual({ done: true, value: undefined })
})

test.each([
  ['status', 'UPSTREAM_UNAVAILABLE', '总账 没有应答；数字是 10:24 的'],
  ['html', 'UPSTREAM_BAD_ANSWER', '总账 的应答无法读懂；数字是 10:24 的'],
  ['shape', 'UPSTREAM_BAD_ANSWER', '总账 的应答无法读懂；数字是 10:24 的'],
] as const)(
  'a system that fails (%s) leaves the last value, its time and the reason; afterwards the figure lives again',
  async (fail, code, message) => {
    ledger.fail = fail
    services[0]!.eventArrived({ type: 'ledger.changed' })
    await vi.waitFor(async () => expect((await sales()).error?.code).toBe(code), 5000)
    const kpi = await sales(services[1])
    expect(kpi).toMatchObject({
      value: '1600.00',
      at: expect.stringMatching(/^2026-11-15T02:24/),
      stale: true,
      error: { code, system: 'ledger', message },
    })
    expect(kpi.error?.since).not.toBeNull()
    ledger.fail = 'none'
    await vi.waitFor(async () => expect((await sales()).error).toBeNull(), { timeout: 12_000, interval: 100 })
  },
)

test('a system that answers after the deadline is not waited for: the board comes at once', async () => {
  ledger.delayMs = 1000
  services[0]!.eventArrived({ type: 'ledger.changed' })
  await vi.waitFor(() => expect(ledger.asked.length).toBeGreaterThan(0), 3000)
  const before = performance.now()
  expect((await sales()).value).toBe('1600.00')
  expect(performance.now() - before).toBeLessThan(200)
  await vi.waitFor(async () => expect((await sales()).error?.code).toMatch(/UPSTREAM_TIMEOUT|CIRCUIT_OPEN/), 5000)
  ledger.delayMs = 0
  await vi.waitFor(async () => expect((await sales()).error).toBeNull(), { timeout: 12_000, interval: 100 })
})

test('a reader that died is succeeded when its claim has run out', async () => {
  await sql`update kpi_value set claim = gen_random_uuid(), locked_until = clock_timestamp() + interval '1 s', due_at = 'infinity' where kpi = 'sales'`.execute(
    db,
  )
  ledger.sums.set('2026-11', '1700')
  await vi.waitFor(async () => expect((await sales()).value).toBe('1700.00'), { timeout: 5000, interval: 100 })
})

test('the rows behind a figure come page by page, as the viewer, with names for user ids', async () => {
  const context = {
    ...asker('gm', 'en'),
    credential: { kind: 'person' as const, personId: 'gm', accessToken: 'token-of-gm' },
    deadline: Date.now() + 5000,
  }
  const first = await services[0]!.rows('sales', { first: 100, after: null }, context)
  expect(first.columns[2]).toEqual({ key: 'amount', label: 'Amount', align: 'end' })
  expect(first.rows[0]).toEqual(['R0', 'Zhang Wei', '0.10'])
  expect(first).toMatchObject({ totalCount: 130, pageInfo: { hasNextPage: true }, system: 'ledger' })
  const second = await services[0]!.rows('sales', { first: 100, after: first.pageInfo.endCursor }, context)
  expect(second.rows.map(row => row[0])).toEqual(ledger.rows.slice(100).map(row => row.no))
  expect(second.pageInfo.hasNextPage).toBe(false)
  expect(ledger.asked.every(one => one.endsWith('Bearer exchanged-token-of-gm'))).toBe(true)
  await expect(services[0]!.rows('sales', { first: 100, after: 'x' }, context)).rejects.toMatchObject({
    extensions: { code: 'BAD_INPUT' },
  })
  await expect(services[0]!.rows('sales', { first: 0, after: null }, context)).rejects.toMatchObject({
    extensions: { code: 'BAD_INPUT' },
  })
  await expect(services[0]!.rows('none', { first: 1, after: null }, context)).rejects.toMatchObject({
    extensions: { code: 'NOT_FOUND' },
  })
})

test('a figure of a team covers the people in the viewer’s row scope and nobody else', async () => {
  const [kpi] = await services[0]!.kpis('team', asker('lead'))
  expect(kpi?.breakdown[0]?.key).toBe('s1,s2')
  const rows = await services[0]!.rows(
    'team-sales',
    { first: 200, after: null },
    { ...asker('lead'), credential: { kind: 'service' }, deadline: Date.now() + 5000 },
  )
  expect(rows.totalCount).toBe(130)
  expect(ledger.asked.some(one => one.includes('seller=s1%2Cs2'))).toBe(true)
})

test('a figure without history upstream shows the values recorded day by day', async () => {
  await vi.waitFor(
    async () => expect((await sql`select 1 from kpi_history where kpi = 'hidden'`.execute(db)).rows).toHaveLength(1),
    5000,
  )
  await sql`insert into kpi_history (kpi, day, value) values ('hidden', '2026-11-13', 900), ('hidden', '2026-11-14', 950.50)`.execute(
    db,
  )
  await addPerson('auditor', {
    roles: ['general-manager'],
    systems: { ledger: { id: 's8', roles: ['Auditor'], scope: 'all' } },
  })
  const [kpi] = await services[0]!.kpis('overview', asker('auditor'))
  expect(kpi?.trend.map(point => [point.key, point.value])).toEqual([
    ['2026-11-13', '900'],
    ['2026-11-14', '950.5'],
    ['2026-11-15', kpi?.value && String(Number(kpi.value))],
  ])
})
