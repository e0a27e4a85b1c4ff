import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startErp, TODAY } from '../testing/erp.ts'
import type { ErpEvent } from './events.ts'
import { announceOverdue } from './invoices.ts'
import { announceLowStock } from './stock.ts'

let erp: Awaited<ReturnType<typeof startErp>>
let warehouse: Awaited<ReturnType<typeof erp.as>>
let accountant: typeof warehouse

beforeAll(async () => {
  erp = await startErp()
  warehouse = await erp.as('00031', ['Warehouse', 'Buyer'])
  accountant = await erp.as('00021', ['Accountant'])
})
beforeEach(() => {
  erp.events.length = 0
})
afterAll(() => erp.stop())

const types = () => erp.events.map(event => event.type)
const sumOf = async (product: string, place: string) => {
  const filter = `filter(Product eq '${product}' and Warehouse eq '${place}')`
  return (await accountant.get(`StockMovements?$apply=${filter}/aggregate(Quantity with sum as S)`)).body.value[0].S
}

describe('stock', () => {
  const healthy = (index: number) =>
    erp.company.erp.stock.filter(each => each.quantity > each.minimumQuantity + 10)[index]!
  const pathOf = (level: { product: string; warehouse: string }) =>
    `StockLevels(Product='${level.product}',Warehouse='${level.warehouse}')`

  test('that falls below its minimum is told once, at the crossing', async () => {
    const level = healthy(0)
    const low = await warehouse.patch(pathOf(level), { Quantity: level.minimumQuantity - 1 })
    expect(low).toMatchObject({ status: 200, body: { Quantity: level.minimumQuantity - 1 } })
    await warehouse.patch(pathOf(level), { Quantity: level.minimumQuantity - 2 })
    expect(types()).toEqual(['erp.stock.changed', 'erp.stock.low', 'erp.stock.changed'])
    expect(erp.events[1]).toEqual({
      type: 'erp.stock.low',
      subject: `${level.product}/${level.warehouse}`,
      data: {
        product: level.product,
        description: erp.company.erp.products.find(each => each.product === level.product)!.description,
        warehouse: level.warehouse,
        quantity: level.minimumQuantity - 1,
        minimum: level.minimumQuantity,
        planner: level.planner,
        version: 2,
      },
    })
  })

  test('that recovers and falls again is told again', async () => {
    const level = healthy(1)
    for (const Quantity of [0, level.quantity, 0]) await warehouse.patch(pathOf(level), { Quantity })
    expect(types().filter(type => type === 'erp.stock.low')).toHaveLength(2)
  })

  test('is always the sum of its movements', async () => {
    const level = healthy(2)
    await warehouse.patch(pathOf(level), { Quantity: level.quantity - 3.5 })
    const posted = await warehouse.post('StockMovements', {
      Product: level.product,
      Warehouse: level.warehouse,
      Quantity: 1.25,
    })
    expect(posted).toMatchObject({ status: 201, body: { Quantity: 1.25, PostingDate: TODAY, Reason: 'PURCHASE' } })
    expect(posted.headers.get('location')).toContain(`StockMovements('${posted.body.Movement}')`)
    expect((await warehouse.get(pathOf(level))).body.Quantity).toBe(level.quantity - 2.25)
    expect(await sumOf(level.product, level.warehouse)).toBe(level.quantity - 2.25)
  })

  test('cannot fall below nothing, nor move in the future or in a warehouse that is none', async () => {
    const level = healthy(3)
    const key = { Product: level.product, Warehouse: level.warehouse }
    expect((await warehouse.post('StockMovements', { ...key, Quantity: -level.quantity - 1 })).status).toBe(400)
    expect((await warehouse.patch(pathOf(level), { Quantity: -1 })).status).toBe(400)
    expect((await warehouse.post('StockMovements', { ...key, Quantity: 1, PostingDate: '2099-01-01' })).status).toBe(
      400,
    )
    expect((await warehouse.post('StockMovements', { ...key, Warehouse: 'MOON', Quantity: 1 })).status).toBe(404)
    expect((await warehouse.get(pathOf(level))).body.Quantity).toBe(level.quantity)
    expect(erp.events).toEqual([])
  })

  test('is not overwritten by somebody who read it before another change', async () => {
    const level = healthy(4)
    const etag = (await warehouse.get(pathOf(level))).headers.get('etag')!
    expect((await warehouse.patch(pathOf(level), { Quantity: level.quantity - 1 }, { 'if-match': etag })).status).toBe(
      200,
    )
    expect((await warehouse.patch(pathOf(level), { Quantity: level.quantity - 2 }, { 'if-match': etag })).status).toBe(
      412,
    )
    expect((await warehouse.get(pathOf(level))).body.Quantity).toBe(level.quantity - 1)
  })

  test('stands on the first day as one alert a product for the purchaser, the most urgent first', () => {
    const events: ErpEvent[] = []
    announceLowStock(erp.db, '00031', 5, event => events.push(event))
    expect(events).toHaveLength(5)
    expect(new Set(events.map(event => event.data.product)).size).toBe(5)
    const shares = events.map(event => Number(event.data.quantity) / Number(event.data.minimum))
    expect(shares).toEqual(shares.toSorted((a, b) => a - b))
    expect(
      events.every(event => event.data.planner === '00031' && Number(event.data.quantity) < Number(event.data.minimum)),
    ).toBe(true)
  })
})

describe('an invoice', () => {
  test('that is paid in two steps tells both, and is closed by the second', async () => {
    const invoice = erp.company.erp.invoices.find(each => each.openAmount > 500_00)!
    await accountant.post('Payments', { Invoice: invoice.invoice, Amount: 100.5 })
    await accountant.post('Payments', { Invoice: invoice.invoice, Amount: (invoice.openAmount - 100_50) / 100 })
    expect(types()).toEqual([
      'erp.payment.received',
      'erp.invoice.changed',
      'erp.payment.received',
      'erp.invoice.changed',
    ])
    expect(erp.events[0]!.data).toMatchObject({
      invoice: invoice.invoice,
      amount: '100.50',
      salesPerson: invoice.salesPerson,
      status: 'PARTIAL',
    })
    expect(erp.events[3]!.data).toMatchObject({ openAmount: '0.00', status: 'PAID' })
    expect((await accountant.get(`Invoices('${invoice.invoice}')`)).body).toMatchObject({
      OpenAmount: 0,
      Status: 'PAID',
    })
  })

  test('takes no more than is open, and not nothing', async () => {
    const invoice = erp.company.erp.invoices.findLast(each => each.openAmount > 500_00)!
    for (const Amount of [invoice.openAmount / 100 + 0.01, 0, -5]) {
      expect((await accountant.post('Payments', { Invoice: invoice.invoice, Amount })).status).toBe(400)
    }
    expect((await accountant.get(`Invoices('${invoice.invoice}')`)).body.OpenAmount).toBe(invoice.openAmount / 100)
    expect(erp.events).toEqual([])
  })

  test('that becomes overdue is announced once, again after a new date', async () => {
    const mine = ['00017', '00018']
    const expected = erp.company.erp.invoices.filter(
      each => each.openAmount > 0 && each.dueDate < TODAY && mine.includes(each.salesPerson),
    )
    const first: ErpEvent[] = []
    announceOverdue(erp.db, TODAY, event => first.push(event), mine)
    expect(expected.length).toBeGreaterThan(0)
    expect(first.map(event => event.subject).sort()).toEqual(expected.map(each => each.invoice).sort())
    expect(announceOverdue(erp.db, TODAY, event => erp.events.push(event))).toBe(0)
    const { invoice } = expected[0]!
    await accountant.patch(`Invoices('${invoice}')`, { DueDate: '2026-12-31' })
    expect(types()).toEqual(['erp.invoice.changed'])
    await accountant.patch(`Invoices('${invoice}')`, { DueDate: '2026-11-01' })
    expect(types()).toEqual(['erp.invoice.changed', 'erp.invoice.changed', 'erp.payment.due'])
  })

  test('is written for an order, with its customer and sales person', async () => {
    const order = erp.company.erp.orders.find(each => each.status === 'C')!
    const written = await accountant.post('Invoices', {
      SalesOrder: order.salesOrder,
      GrossAmount: 1130,
      DueDate: '2026-12-20',
    })
    expect(written).toMatchObject({
      status: 201,
      body: {
        BusinessPartner: order.businessPartner,
        SalesPerson: order.salesPerson,
        OpenAmount: 1130,
        InvoiceDate: TODAY,
      },
    })
    expect(types()).toEqual(['erp.invoice.changed'])
  })
})

describe('an order', () => {
  test('is entered with its items as one thing, or not at all', async () => {
    const clerk = await erp.as('00040', ['OrderEntry'])
    const item = { Product: erp.company.erp.products[0]!.product, Quantity: 2, NetAmount: 250.25 }
    const order = { BusinessPartner: 'C00001', RequestedDeliveryDate: '2026-12-24', Items: [item, item] }
    const entered = await clerk.post('SalesOrders', order)
    expect(entered).toMatchObject({ status: 201, body: { NetAmount: 500.5, Status: 'A', OrderDate: TODAY } })
    expect((await clerk.get(`SalesOrders('${entered.body.SalesOrder}')/Items`)).body.value).toHaveLength(2)
    expect(types()).toEqual(['erp.order.changed'])
    const count = (await clerk.get('SalesOrders/$count')).body
    for (const Items of [[item, { ...item, Product: 'NONE' }], [], 'x', [{ ...item, Quantity: 0 }]])
      expect((await clerk.post('SalesOrders', { ...order, Items })).status).toBe(400)
    expect((await clerk.get('SalesOrders/$count')).body).toBe(count)
  })

  test('moves on as production completes', async () => {
    const planner = await erp.as('00050', ['Planner'])
    const job = erp.company.erp.productionOrders.find(each => each.status === 'IN_PROGRESS')!
    const done = await planner.patch(`ProductionOrders('${job.productionOrder}')`, { CompletedQuantity: job.quantity })
    expect(done.body).toMatchObject({ Status: 'COMPLETED', CompletedQuantity: job.quantity })
    expect(
      (await planner.patch(`ProductionOrders('${job.productionOrder}')`, { CompletedQuantity: job.quantity + 1 }))
        .status,
    ).toBe(400)
    expect(types()).toEqual(['erp.production.changed'])
  })
})
