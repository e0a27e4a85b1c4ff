import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Json, startErp } from '../testing/erp.ts'

let erp: Awaited<ReturnType<typeof startErp>>

beforeAll(async () => {
  erp = await startErp()
})
afterAll(() => erp.stop())

const sets = [
  'BusinessPartners',
  'SalesOrders',
  'SalesOrderItems',
  'Products',
  'StockLevels',
  'StockMovements',
  'Invoices',
  'Payments',
  'PurchaseOrders',
  'ProductionOrders',
  'Shipments',
  'SalesTargets',
  'Users',
]

// Written by hand from what the roles are for; one letter a set, in the order above.
const table: Record<string, string> = {
  //             P O I p S M N $ B F H T U
  SalesViewer: 'y y y y y . . . . . y . .',
  OrderEntry: 'y y y y y . . . . . y . .',
  Buyer: 'y . . y y y . . y . . . .',
  Warehouse: '. . . y y y . . . . y . .',
  Planner: '. y y y y . . . . y . . .',
  Accountant: 'y y y y y y y y y y y y .',
  Controller: 'y y y y y y y y y y y y .',
  ReadOnly: 'y y y y y y y y y y y y .',
  BasisAdmin: '. . . . . . . . . . . . y',
}

describe('what a native role may read', () => {
  test.each(Object.entries(table))('%s', async (role, row) => {
    const user = await erp.as('00018', [role])
    const letters = row.split(' ')
    const seen = await Promise.all(sets.map(async set => (await user.get(`${set}?$top=1`)).status))
    expect(Object.fromEntries(sets.map((set, index) => [set, seen[index]]))).toEqual(
      Object.fromEntries(sets.map((set, index) => [set, letters[index] === 'y' ? 200 : 403])),
    )
  })

  test('follows the store at each request, with the same token', async () => {
    const user = await erp.as('00018', [])
    expect((await user.get('SalesOrders?$top=1')).status).toBe(403)
    await erp.service.patch("Users('00018')", { Roles: ['SalesViewer'] })
    expect((await user.get('SalesOrders?$top=1')).status).toBe(200)
    await erp.service.patch("Users('00018')", { Roles: [] })
    expect((await user.get('SalesOrders?$top=1')).status).toBe(403)
  })
})

describe('costs', () => {
  const withCosts = async (role: string) => {
    const user = await erp.as('00018', [role])
    const [level] = (await user.get('StockLevels?$top=1')).body.value as Json[]
    return 'UnitCost' in level && 'Value' in level
  }

  test.each([
    ['Accountant', true],
    ['Controller', true],
    ['ReadOnly', true],
    ['SalesViewer', false],
    ['Buyer', false],
    ['Warehouse', false],
    ['Planner', false],
  ])('are shown to %s: %s', async (role, shown) => {
    expect(await withCosts(role)).toBe(shown)
  })

  test('asked for by name without the right are left out and annotated', async () => {
    const user = await erp.as('00018', ['Warehouse'])
    const { body } = await user.get('StockLevels?$select=Product,Value&$top=1')
    expect(body.value[0]).toEqual({ Product: expect.any(String), 'Value@Core.Permissions': 'None' })
  })

  test.each([
    'StockLevels?$filter=UnitCost gt 100',
    'StockLevels?$orderby=Value desc',
    'StockLevels?$apply=aggregate(Value with sum as V)',
    'StockLevels?$apply=groupby((UnitCost))',
    'SalesOrderItems?$filter=ProductDetails/UnitCost gt 100',
  ])('cannot be inferred by %s', async path => {
    const user = await erp.as('00018', ['SalesViewer'])
    expect((await user.get(path)).status).toBe(403)
  })
})

describe('what a role may not read cannot be reached around a corner', () => {
  test.each([
    'SalesOrders?$expand=Invoices&$top=1',
    "SalesOrders('SO-2026-0001')/Invoices",
    "BusinessPartners('C00001')/Invoices/$count",
    'SalesOrders/Invoices',
  ])('%s', async path => {
    const user = await erp.as('00018', ['SalesViewer'])
    const { status, body } = await user.get(path)
    expect([403, 501]).toContain(status)
    expect(body.value).toBeUndefined()
  })

  test('a filter through a navigation asks for the right to its target', async () => {
    const user = await erp.as('00018', ['Warehouse'])
    expect((await user.get('Shipments?$filter=Order/NetAmount gt 100000&$top=1')).status).toBe(403)
  })
})

describe('writing', () => {
  const level = () => erp.company.erp.stock[3]!
  const path = () => `StockLevels(Product='${level().product}',Warehouse='${level().warehouse}')`

  test.each(['SalesViewer', 'Accountant', 'ReadOnly', 'Controller', 'BasisAdmin'])(
    '%s may not change stock',
    async role => {
      const user = await erp.as('00018', [role])
      expect((await user.patch(path(), { Quantity: 1 })).status).toBe(403)
      expect(erp.events).toEqual([])
    },
  )

  test('a service account reads business data and writes none', async () => {
    expect((await erp.service.get('Invoices?$top=1')).status).toBe(200)
    expect((await erp.service.patch(path(), { Quantity: 1 })).status).toBe(403)
    expect((await erp.service.post('Payments', { Invoice: 'INV-2026-0001', Amount: 1 })).status).toBe(403)
  })

  test('users are written by provisioning only', async () => {
    const admin = await erp.as('00018', ['BasisAdmin'])
    const user = {
      UserId: '09999',
      ExternalId: 'e9999',
      Name: '测试',
      Department: 'it',
      DepartmentPath: ['hx', 'it'],
      Roles: ['SalesViewer'],
      Active: true,
    }
    expect((await admin.post('Users', user)).status).toBe(403)
    const other = await erp.asClient('crm', 'service')
    expect((await other.post('Users', user)).status).toBe(403)
    const idp = await erp.asClient('idp', 'scim')
    expect((await idp.post('Users', user)).status).toBe(201)
    expect((await idp.post('Users', user)).status).toBe(409)
    expect((await idp.put("Users('09999')", { ...user, Roles: ['Buyer'] })).body).toMatchObject({
      UserId: '09999',
      Roles: ['Buyer'],
    })
    expect((await idp.patch("Users('09999')", { Roles: ['Emperor'] })).status).toBe(400)
    expect((await idp.get("Users?$filter=ExternalId eq 'e9999'")).body.value).toHaveLength(1)
  })
})
