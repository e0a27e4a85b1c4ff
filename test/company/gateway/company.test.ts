import { type Kysely, migrate, openDatabase, platformMigrate, sql } from '@atrium/platform/database'
import { createApp, type Served, serve } from '@atrium/platform/http'
import { log } from '@atrium/platform/log'
import { testDatabase } from '@atrium/platform/testing'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { entry } from '../../../gateway/src/access/directory.fixture.ts'
import type { Viewer } from '../../../gateway/src/access/person.ts'
import { type People, startPeople } from '../../../gateway/src/access/start-people.ts'
import type { KpiView } from '../../../gateway/src/boards/present-kpi.ts'
import { type BoardService, startBoards } from '../../../gateway/src/boards/start-boards.ts'
import type { Database } from '../../../gateway/src/database/schema.ts'
import { readProvisioning } from '../../../gateway/src/provisioning/definition.ts'
import { scimFacadeRoutes } from '../../../gateway/src/provisioning/scim-routes.ts'
import { createSystems, type Registry } from '../../../gateway/src/systems/registry.ts'
import { generateCompany } from '../data/generate.ts'
import { type RunningCompany, startCompany } from './company.fixture.ts'

// The boards of the sample company against its real systems; expected figures are computed here from the generated data.

const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' }).format(new Date())
const month = today.slice(0, 7)
const expected = generateCompany({ today })

let company: RunningCompany
let db: Kysely<Database>
let systems: Registry
let people: People
let boards: BoardService
let gateway: Served
let manager: Viewer

beforeAll(async () => {
  company = await startCompany(today)
  const url = await testDatabase()
  db = openDatabase<Database>(url)
  await platformMigrate(db)
  await migrate(db, new URL('../../../gateway/src/database/migrations/', import.meta.url))
  company.directory.put(
    entry('e0001', {
      zh: '赵磊',
      roles: ['employee', 'general-manager'],
      systems: {
        crm: { id: 'U-1000', roles: ['Manager'], scope: 'all' },
        oa: { id: 'zhaolei', roles: ['Approver', 'Finance'], scope: 'all' },
        erp: { id: '00001', roles: ['Controller', 'ReadOnly'], scope: 'all' },
      },
    }),
  )
  company.directory.put(
    entry('e0007', {
      zh: '李娜',
      path: ['hx', 'sales'],
      roles: ['employee', 'sales-manager'],
      systems: {
        crm: { id: 'U-1001', roles: ['TeamLead'], scope: 'department_and_below' },
        erp: { id: '00017', roles: ['SalesViewer'], scope: 'department_and_below' },
      },
    }),
  )
  company.directory.put(
    entry('e0012', {
      path: ['hx', 'sales', 'sales-1'],
      systems: {
        crm: { id: 'U-1002', roles: ['Rep'], scope: 'own' },
        erp: { id: '00018', roles: ['SalesViewer'], scope: 'own' },
      },
    }),
  )
  systems = createSystems({ definitions: company.definitions, tokens: company.tokens, db })
  await systems.start()
  const config = {
    DATABASE_URL: url,
    ISSUER: company.directory.issuer,
    CONFIG_DIR: new URL('.', import.meta.url).pathname,
  }
  people = startPeople({ db, config, tokens: company.tokens, log: log('people') })
  await vi.waitFor(() => people.ready(), 15_000)
  manager = await people.authenticate(`Bearer ${await company.directory.token({ sub: 'e0001', client_id: 'portal' })}`)
  const routes = scimFacadeRoutes({
    db,
    systems,
    targets: await readProvisioning(config.CONFIG_DIR),
    authenticate: people.authenticate,
  })
  const app = createApp({ name: 'test' })
  app.use(routes.routes())
  gateway = await serve(app, { name: 'test', port: 0 })
  boards = await startBoards({ db, config, systems, log: log('boards') })
}, 120_000)

afterAll(async () => {
  await boards?.stop()
  await people?.stop()
  await systems?.stop()
  await gateway?.stop()
  await db?.destroy()
  await company?.close()
})

const overview = async (language: 'zh' | 'en' = 'zh') =>
  new Map((await boards.kpis('overview', { viewer: manager, language })).map(kpi => [kpi.id, kpi]))
const settledOverview = async (): Promise<Map<string, KpiView>> =>
  await vi.waitFor(
    async () => {
      const kpis = await overview()
      expect(
        [...kpis.values()]
          .filter(kpi => kpi.value === null || kpi.error !== null)
          .map(kpi => [kpi.id, kpi.error?.message]),
      ).toEqual([])
      return kpis
    },
    { timeout: 20_000, interval: 200 },
  )
const yuan = (fen: number[]) => fen.reduce((sum, one) => sum + one, 0) / 100
const inMonth = (moment: string | null) => moment?.slice(0, 7) === month

test('every figure of the overview agrees with the data of its system', async () => {
  const kpis = await settledOverview()
  const value = (id: string) => Number(kpis.get(id)?.value)
  const cost = new Map(expected.erp.products.map(product => [product.product, product.unitCost]))
  const overdue = expected.erp.invoices.filter(invoice => invoice.openAmount > 0 && invoice.dueDate < today)
  const making = expected.erp.productionOrders.filter(order => order.status === 'IN_PROGRESS')
  const stages = ['LEAD', 'QUALIFIED', 'QUOTED', 'NEGOTIATION']
  expect(value('sales-month')).toBeCloseTo(
    yuan(expected.erp.orders.filter(order => inMonth(order.orderDate)).map(order => order.netAmount)),
    2,
  )
  expect(value('pipeline')).toBeCloseTo(
    yuan(expected.crm.opportunities.filter(one => stages.includes(one.stage)).map(one => one.amount)),
    2,
  )
  expect(value('new-customers')).toBe(expected.crm.customers.filter(customer => inMonth(customer.createdAt)).length)
  expect(value('production-progress')).toBeCloseTo(
    making.reduce((sum, one) => sum + one.completedQuantity, 0) / making.reduce((sum, one) => sum + one.quantity, 0),
    5,
  )
  expect(value('receivables-overdue')).toBeCloseTo(yuan(overdue.map(invoice => invoice.openAmount)), 2)
  expect(value('stock-value')).toBeCloseTo(
    yuan(expected.erp.stock.map(level => level.quantity * cost.get(level.product)!)),
    2,
  )
  expect(value('stock-below-minimum')).toBe(
    expected.erp.stock.filter(level => level.quantity < level.minimumQuantity).length,
  )
  expect(value('claims-month')).toBeCloseTo(
    yuan(expected.oa.claims.filter(claim => inMonth(claim.submittedAt)).map(claim => claim.amount)),
    2,
  )
  expect(value('approvals-completed')).toBe(
    expected.oa.approvals.filter(one => ['APPROVED', 'REJECTED'].includes(one.state) && inMonth(one.decidedAt)).length,
  )
  expect(value('approvals-waiting')).toBe(expected.oa.approvals.filter(one => one.state === 'PENDING').length)
  const done = expected.crm.followUps.filter(one => one.status === 'DONE' && inMonth(one.doneAt))
  expect(value('followup-conversion')).toBeCloseTo(done.filter(one => one.converted).length / done.length, 5)
  expect([...kpis.keys()]).toHaveLength(12)
})

test('trends and parts add up to the figure', async () => {
  const kpis = await settledOverview()
  const sum = (parts: { value: string }[] | undefined) =>
    (parts ?? []).reduce((total, part) => total + Number(part.value), 0)
  const last = (id: string) => Number(kpis.get(id)?.trend.at(-1)?.value)
  for (const id of [
    'sales-month',
    'new-customers',
    'receivables-overdue',
    'stock-value',
    'claims-month',
    'approvals-completed',
    'stock-below-minimum',
    'pipeline',
    'approvals-waiting',
  ]) {
    expect([id, last(id)]).toEqual([id, expect.closeTo(Number(kpis.get(id)?.value), 2)])
  }
  expect(kpis.get('sales-month')?.trend).toHaveLength(12)
  expect(kpis.get('sales-month')?.trend.every(point => point.target !== null)).toBe(true)
  for (const id of ['pipeline', 'stock-value', 'claims-month', 'approvals-waiting', 'stock-below-minimum']) {
    expect([id, sum(kpis.get(id)?.breakdown)]).toEqual([id, expect.closeTo(Number(kpis.get(id)?.value), 2)])
  }
  const age = kpis.get('receivables-overdue')!.breakdown
  expect(sum(age.filter(part => part.key !== 'NOT_DUE'))).toBeCloseTo(Number(kpis.get('receivables-overdue')?.value), 2)
  // What was overdue at the end of each month, worked out from the single invoices and payments.
  const dueOf = new Map(expected.erp.invoices.map(invoice => [invoice.invoice, invoice.dueDate]))
  for (const point of kpis.get('receivables-overdue')!.trend.slice(0, -1)) {
    const end = `${new Date(Date.UTC(Number(point.key.slice(0, 4)), Number(point.key.slice(5)), 1)).toISOString().slice(0, 10)}`
    const due = yuan(expected.erp.invoices.filter(invoice => invoice.dueDate < end).map(invoice => invoice.grossAmount))
    const paid = yuan(
      expected.erp.payments
        .filter(payment => payment.postingDate < end && dueOf.get(payment.invoice)! < end)
        .map(payment => payment.amount),
    )
    expect([point.key, Number(point.value)]).toEqual([point.key, expect.closeTo(due - paid, 2)])
  }
})

test('each figure opens to the rows behind it, read as the viewer', async () => {
  const kpis = await settledOverview()
  await provision('oa', {
    userName: 'zhaolei',
    externalId: 'e0001',
    displayName: '赵磊',
    active: true,
    roles: ['Approver', 'Finance'],
  })
  await provision('erp', {
    userName: '00001',
    externalId: 'e0001',
    displayName: '赵磊',
    active: true,
    roles: ['Controller', 'ReadOnly'],
  })
  const asManager = { viewer: manager, language: 'zh' as const, deadline: Date.now() + 30_000 }
  const nativeId: Record<string, string> = { oa: 'zhaolei', erp: '00001' }
  for (const kpi of kpis.values()) {
    // The CRM takes accounts by SCIM from the directory itself, which is not part of this test.
    const credential =
      kpi.system === 'crm'
        ? ({ kind: 'service' } as const)
        : ({ kind: 'person', personId: 'e0001', accessToken: `person:${nativeId[kpi.system]}` } as const)
    if (!kpi.drillable) continue
    const page = await boards.rows(kpi.id, { first: 5, after: null }, { ...asManager, credential })
    expect([kpi.id, page.rows.length]).toEqual([kpi.id, Math.min(5, page.totalCount)])
    expect([kpi.id, page.rows.flat().some(cell => cell !== null)]).toEqual([kpi.id, true])
    if (kpi.id === 'stock-below-minimum' || kpi.id === 'approvals-waiting')
      expect([kpi.id, page.totalCount]).toEqual([kpi.id, Number(kpi.value)])
  }
})

test('a change in the ERP is on the board within seconds', async () => {
  const before = Number((await settledOverview()).get('stock-below-minimum')?.value)
  const level = expected.erp.stock.find(one => one.quantity > one.minimumQuantity && one.minimumQuantity > 2)!
  await provision('erp', {
    userName: '00031',
    externalId: 'e0031',
    displayName: '陈杰',
    active: true,
    roles: ['Warehouse'],
  })
  await systems.get('erp').invoke(
    'update:StockLevels',
    { key: { Product: level.product, Warehouse: level.warehouse }, body: { Quantity: '1' } },
    {
      credential: { kind: 'person', personId: 'e0031', accessToken: 'person:00031' },
      deadline: Date.now() + 5000,
      safe: false,
    },
  )
  boards.eventArrived({ type: 'erp.stock.changed' })
  await vi.waitFor(async () => expect(Number((await overview()).get('stock-below-minimum')?.value)).toBe(before + 1), {
    timeout: 4000,
    interval: 100,
  })
})

test('with the ERP stopped the board comes at once, its figures with their age and the reason, the others live', async () => {
  const before = await settledOverview()
  await company.stop('erp')
  boards.eventArrived({ type: 'erp.stock.changed' })
  await vi.waitFor(async () => expect((await overview()).get('stock-value')?.error).not.toBeNull(), {
    timeout: 10_000,
    interval: 100,
  })
  const started = performance.now()
  const during = await overview('en')
  expect(performance.now() - started).toBeLessThan(500)
  expect(during.get('stock-value')).toMatchObject({
    value: before.get('stock-value')?.value,
    stale: true,
    error: { system: 'erp', message: expect.stringMatching(/^ERP does not answer; the figure is from \d\d:\d\d$/) },
  })
  for (const id of ['pipeline', 'approvals-waiting'])
    expect(during.get(id)).toMatchObject({ error: null, stale: false })
  await company.start('erp')
  await vi.waitFor(async () => expect((await overview()).get('stock-value')?.error).toBeNull(), {
    timeout: 40_000,
    interval: 200,
  })
}, 90_000)

test('a sales manager sees the figures of the people in their row scope', async () => {
  const viewer = await people.authenticate(
    `Bearer ${await company.directory.token({ sub: 'e0007', client_id: 'portal' })}`,
  )
  await expect(boards.kpis('overview', { viewer, language: 'zh' })).rejects.toMatchObject({
    extensions: { code: 'FORBIDDEN' },
  })
  const kpis = await vi.waitFor(
    async () => {
      const found = await boards.kpis('sales', { viewer, language: 'zh' })
      expect(found.every(kpi => kpi.value !== null)).toBe(true)
      return found
    },
    { timeout: 10_000, interval: 200 },
  )
  const team = expected.erp.orders.filter(
    order => ['00017', '00018'].includes(order.salesPerson) && inMonth(order.orderDate),
  )
  expect(Number(kpis[0]?.value)).toBeCloseTo(yuan(team.map(order => order.netAmount)), 2)
  const open = expected.crm.opportunities.filter(
    one =>
      ['U-1001', 'U-1002'].includes(one.ownerId) && ['LEAD', 'QUALIFIED', 'QUOTED', 'NEGOTIATION'].includes(one.stage),
  )
  expect(Number(kpis[1]?.value)).toBeCloseTo(yuan(open.map(one => one.amount)), 2)
})

// --- SCIM for systems that do not speak it

type ScimBody = { totalResults: number; detail: string; [member: string]: unknown }

async function scim(
  method: string,
  path: string,
  body?: unknown,
  options: { token?: string; ifMatch?: string } = {},
): Promise<{ status: number; body: ScimBody; headers: Headers }> {
  const token = options.token ?? (await company.directory.token({ sub: 'idp', client_id: 'idp', scope: 'scim' }))
  const answer = await fetch(`${gateway.url}/systems/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/scim+json',
      ...(options.ifMatch ? { 'if-match': options.ifMatch } : {}),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, body: JSON.parse(text || '{}') as ScimBody, headers: answer.headers }
}

const department = { 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'sales-1' } }
const wholeCompany = {
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'hx' },
  'urn:atrium:scim:native': { departmentPath: ['hx'] },
}

async function provision(
  system: 'oa' | 'erp',
  user: { userName: string; externalId: string; displayName: string; active: boolean; roles: string[] },
): Promise<void> {
  const resource = { ...user, roles: user.roles.map(value => ({ value })), ...wholeCompany }
  const found = await scim(
    'GET',
    `${system}/scim/v2/Users?filter=${encodeURIComponent(`userName eq "${user.userName}"`)}`,
  )
  const answer =
    found.body.totalResults === 1
      ? await scim('PUT', `${system}/scim/v2/Users/${user.userName}`, resource)
      : await scim('POST', `${system}/scim/v2/Users`, resource)
  expect([200, 201]).toContain(answer.status)
}

test.each(['oa', 'erp'] as const)(
  'an account of the %s is created, found, replaced, patched and deactivated by SCIM',
  async system => {
    const roles = system === 'oa' ? ['Staff', 'Approver'] : ['Planner', 'Warehouse']
    const users = `${system}/scim/v2/Users`
    const created = await scim('POST', users, {
      userName: 'probe.1',
      externalId: 'e7001',
      displayName: '测试员',
      active: true,
      roles: [{ value: roles[0] }],
      ...department,
      'urn:atrium:scim:native': { departmentPath: ['hx', 'sales', 'sales-1'] },
    })
    expect(created).toMatchObject({
      status: 201,
      body: { id: 'probe.1', userName: 'probe.1', active: true, roles: [{ value: roles[0] }] },
    })
    expect(created.headers.get('location')).toContain(`/systems/${users}/probe.1`)
    expect(await scim('POST', users, { userName: 'probe.1' })).toMatchObject({
      status: 409,
      body: { scimType: 'uniqueness', status: '409' },
    })
    for (const filter of ['userName eq "probe.1"', 'externalId eq "e7001"', 'USERNAME EQ "probe.1"']) {
      const found = await scim('GET', `${users}?filter=${encodeURIComponent(filter)}`)
      expect([filter, found.body]).toMatchObject([
        filter,
        {
          totalResults: 1,
          Resources: [
            {
              id: 'probe.1',
              externalId: 'e7001',
              displayName: '测试员',
              'urn:atrium:scim:native': { departmentPath: ['hx', 'sales', 'sales-1'] },
            },
          ],
        },
      ])
    }
    const replaced = await scim('PUT', `${users}/probe.1`, {
      userName: 'probe.1',
      externalId: 'e7001',
      displayName: '改名',
      active: true,
      roles: roles.map(value => ({ value })),
      ...department,
    })
    expect(replaced).toMatchObject({
      status: 200,
      body: { displayName: '改名', roles: [...roles].sort().map(value => ({ value })) },
    })
    const stale = await scim(
      'PATCH',
      `${users}/probe.1`,
      { Operations: [{ op: 'replace', path: 'active', value: false }] },
      { ifMatch: created.headers.get('etag')! },
    )
    expect(stale.status).toBe(412)
    expect(
      await scim('PATCH', `${users}/probe.1`, { Operations: [{ op: 'Replace', path: 'active', value: false }] }),
    ).toMatchObject({ status: 200, body: { active: false } })
    expect(await scim('GET', `${users}/probe.1`)).toMatchObject({
      status: 200,
      body: { active: false, roles: [...roles].sort().map(value => ({ value })), displayName: '改名' },
    })
    expect(
      await scim('PATCH', `${users}/probe.1`, { Operations: [{ op: 'replace', value: { active: true, roles: [] } }] }),
    ).toMatchObject({ status: 200, body: { active: true, roles: [] } })
    const list = await scim('GET', `${users}?startIndex=3&count=4`)
    expect(list.body).toMatchObject({ startIndex: 3, itemsPerPage: 4 })
    expect(list.body.totalResults).toBeGreaterThan(70)
    const audited = await sql<{
      action: string
    }>`select action from audit_entry where target->>'id' = ${`${system}/probe.1`} order by id`.execute(db)
    expect(audited.rows.map(row => row.action)).toEqual([
      'account.created',
      'account.replaced',
      'account.patched',
      'account.patched',
    ])
  },
)

test.each([
  ['no token', 'GET', 'oa/scim/v2/Users', undefined, { token: '' }, 401, undefined],
  [
    'a filter that is not understood',
    'GET',
    'oa/scim/v2/Users?filter=title%20co%20%22x%22',
    undefined,
    {},
    400,
    'invalidFilter',
  ],
  ['a page that is no number', 'GET', 'oa/scim/v2/Users?count=many', undefined, {}, 400, 'invalidValue'],
  ['a system nobody provisions to', 'GET', 'crm/scim/v2/Users', undefined, {}, 404, undefined],
  ['an account that is not there', 'PUT', 'erp/scim/v2/Users/nobody', { userName: 'nobody' }, {}, 404, undefined],
  ['a body that is no JSON', 'POST', 'erp/scim/v2/Users', '{"userName":', {}, 400, 'invalidSyntax'],
  ['a body without userName', 'POST', 'erp/scim/v2/Users', { active: true }, {}, 400, 'invalidValue'],
  [
    'a role the system does not have',
    'POST',
    'erp/scim/v2/Users',
    { userName: 'probe.2', externalId: 'e1', displayName: 'x', roles: ['Emperor'] },
    {},
    400,
    'invalidValue',
  ],
  [
    'a patch of what cannot be patched',
    'PATCH',
    'erp/scim/v2/Users/00001',
    { Operations: [{ op: 'replace', path: 'userName', value: 'x' }] },
    {},
    400,
    'invalidPath',
  ],
  ['a patch without operations', 'PATCH', 'erp/scim/v2/Users/00001', { active: false }, {}, 400, 'invalidSyntax'],
  ['a deletion', 'DELETE', 'erp/scim/v2/Users/00001', undefined, {}, 405, undefined],
] as const)(
  'SCIM answers %s with an error of its own form',
  async (_, method, path, body, options, status, scimType) => {
    const answer = await scim(method, path, body, options)
    expect(answer).toMatchObject({
      status,
      body: {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
        status: String(status),
        ...(scimType ? { scimType } : {}),
      },
    })
    expect(answer.body.detail.length).toBeGreaterThan(10)
  },
)

test('a person’s token, or a client without the scope, provisions nothing', async () => {
  for (const claims of [
    { sub: 'e0001', client_id: 'portal', scope: 'scim' },
    { sub: 'crm', client_id: 'crm', scope: 'events:write' },
  ]) {
    expect(
      (await scim('GET', 'erp/scim/v2/Users', undefined, { token: await company.directory.token(claims) })).status,
    ).toBe(403)
  }
})
