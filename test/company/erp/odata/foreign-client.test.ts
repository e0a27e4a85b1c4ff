import { XMLParser } from 'fast-xml-parser'
import type { OHandler } from 'odata'
import odataQuery from 'odata-query'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Json, startErp } from '../testing/erp.ts'

let erp: Awaited<ReturnType<typeof startErp>>
let client: OHandler

beforeAll(async () => {
  erp = await startErp()
  await erp.as('00021', ['Accountant'])
  client = erp.foreignClient(await erp.issuer.user('erp', '00021'))
})
afterAll(() => erp.stop())

// The package ships its types as CommonJS and its code as a module, so TypeScript looks for the function one level deeper.
const buildQuery = odataQuery as unknown as (options: Json) => string

/** Runs a query written by the library odata-query and sent by the library odata. */
const query = (set: string, options: Json): Promise<Json> => client.get(`${set}${buildQuery(options)}`).query()

describe('a foreign client', () => {
  test('filters, selects and orders', async () => {
    const rows = await query('SalesOrders', {
      filter: {
        and: [
          { NetAmount: { gt: 100_000 } },
          { or: [{ Status: 'A' }, { Status: 'H' }] },
          { not: { PartnerName: { contains: '上海' } } },
        ],
      },
      select: ['SalesOrder', 'NetAmount', 'Status', 'PartnerName'],
      orderBy: ['NetAmount desc'],
      top: 20,
    })
    const expected = erp.company.erp.orders
      .filter(
        order =>
          order.netAmount > 100_000_00 && ['A', 'H'].includes(order.status) && !order.partnerName.includes('上海'),
      )
      .map(order => order.netAmount / 100)
      .sort((a, b) => b - a)
      .slice(0, 20)
    expect(expected.length).toBeGreaterThan(5)
    expect(rows.map((row: Json) => row.NetAmount)).toEqual(expected)
    expect(Object.keys(rows[0])).toEqual(['SalesOrder', 'PartnerName', 'NetAmount', 'Status'])
  })

  test('finds by a list of keys in one request', async () => {
    const codes = erp.company.erp.partners.slice(10, 60).map(partner => partner.businessPartner)
    const rows = await query('BusinessPartners', { filter: { BusinessPartner: { in: codes } } })
    expect(rows.map((row: Json) => row.BusinessPartner).sort()).toEqual(codes.sort())
  })

  test('expands with options on each level it names', async () => {
    const rows = await query('SalesOrders', {
      top: 5,
      expand: { Items: { select: ['Product', 'NetAmount'], orderBy: 'NetAmount desc' }, Partner: { select: ['Name'] } },
    })
    for (const row of rows) {
      const items = erp.company.erp.items
        .filter(item => item.salesOrder === row.SalesOrder)
        .map(item => item.netAmount / 100)
      expect(row.Items.map((item: Json) => item.NetAmount)).toEqual(items.sort((a, b) => b - a))
      expect(row.Partner).toEqual({ Name: row.PartnerName })
    }
  })

  test('gets a few orders of each of 50 customers in one request', async () => {
    const rows = await query('BusinessPartners', {
      top: 50,
      expand: { SalesOrders: { top: 2, orderBy: 'OrderDate desc,SalesOrder desc' } },
    })
    expect(rows).toHaveLength(50)
    for (const row of rows) {
      const expected = erp.company.erp.orders
        .filter(order => order.businessPartner === row.BusinessPartner)
        .sort((a, b) => b.orderDate.localeCompare(a.orderDate) || b.salesOrder.localeCompare(a.salesOrder))
        .slice(0, 2)
      expect(row.SalesOrders.map((order: Json) => order.SalesOrder)).toEqual(expected.map(order => order.salesOrder))
    }
  })

  test('groups and sums in the ERP', async () => {
    const rows = await query('SalesOrders', {
      transform: [
        { filter: { OrderDate: { ge: { type: 'raw', value: '2026-01-01' } } } },
        {
          groupBy: {
            properties: ['OrderMonth'],
            transform: [{ aggregate: { NetAmount: { with: 'sum', as: 'Total' } } }],
          },
        },
      ],
      orderBy: 'OrderMonth',
    })
    const expected = new Map<string, number>()
    for (const order of erp.company.erp.orders)
      if (order.orderDate >= '2026-01-01')
        expected.set(order.orderDate.slice(0, 7), (expected.get(order.orderDate.slice(0, 7)) ?? 0) + order.netAmount)
    expect(rows).toEqual([...expected].sort().map(([OrderMonth, fen]) => ({ OrderMonth, Total: fen / 100 })))
  })

  test('reads one entity by a key of two parts, and misses one that is not there', async () => {
    const level = erp.company.erp.stock[7]!
    const row = await client.get(`StockLevels(Product='${level.product}',Warehouse='${level.warehouse}')`).query()
    expect(row).toMatchObject({ Product: level.product, Warehouse: level.warehouse, Quantity: level.quantity })
    await expect(client.get("Products('HX-''none')").query()).rejects.toMatchObject({ status: 404 })
  })

  test('counts', async () => {
    const count = await client.get('Invoices/$count').query({ $filter: 'OpenAmount gt 0' })
    expect(Number(count)).toBe(erp.company.erp.invoices.filter(invoice => invoice.openAmount > 0).length)
  })

  test('writes a payment, and reads its effect', async () => {
    const invoice = erp.company.erp.invoices.find(each => each.openAmount > 1000_00)!
    const payment = await client.post('Payments', { Invoice: invoice.invoice, Amount: 1000 }).query()
    expect(payment).toMatchObject({ Invoice: invoice.invoice, Amount: 1000, BusinessPartner: invoice.businessPartner })
    const after = await client.get(`Invoices('${invoice.invoice}')`).query()
    expect(after.OpenAmount).toBe((invoice.openAmount - 1000_00) / 100)
  })
})

describe('the metadata', () => {
  test('is well-formed CSDL in which every reference leads somewhere', async () => {
    const xml = await (await fetch(`${erp.root}/$metadata`)).text()
    const document = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: '',
      isArray: (name, _path, _leaf, isAttribute) =>
        !isAttribute && ['Property', 'NavigationProperty', 'PropertyRef', 'NavigationPropertyBinding'].includes(name),
    }).parse(xml)
    const schema = document['edmx:Edmx']['edmx:DataServices'].Schema
    const types = new Map<string, Json>(
      schema.EntityType.map((type: Json) => [`${schema.Namespace}.${type.Name}`, type]),
    )
    const sets = new Map<string, Json>(schema.EntityContainer.EntitySet.map((set: Json) => [set.Name, set]))
    for (const set of sets.values()) {
      const type = types.get(set.EntityType)
      const names = type.Property.map((property: Json) => property.Name)
      for (const key of type.Key.PropertyRef) expect(names).toContain(key.Name)
      for (const navigation of type.NavigationProperty ?? []) {
        const target = types.get(navigation.Type.replace(/^Collection\((.*)\)$/, '$1'))
        expect(target, navigation.Name).toBeDefined()
        if (navigation.ReferentialConstraint) expect(names).toContain(navigation.ReferentialConstraint.Property)
      }
      for (const binding of set.NavigationPropertyBinding ?? []) expect(sets.has(binding.Target)).toBe(true)
    }
    const service = await (await fetch(`${erp.root}/`)).json()
    expect(service.value.map((set: Json) => set.name)).toEqual([...sets.keys()])
  })

  test('describes exactly the properties that rows have', async () => {
    const row = await client.get('StockLevels').query({ $top: 1 })
    const first = Array.isArray(row) ? row[0] : row
    expect(Object.keys(first).sort()).toEqual(
      [
        'Product',
        'Warehouse',
        'Description',
        'Quantity',
        'MinimumQuantity',
        'UnitCost',
        'Value',
        'Planner',
        'UpdatedAt',
      ].sort(),
    )
  })
})
