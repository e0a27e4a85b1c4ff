import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Json, startErp } from '../testing/erp.ts'

let erp: Awaited<ReturnType<typeof startErp>>
let accountant: Awaited<ReturnType<typeof erp.as>>
let warehouse: typeof accountant

beforeAll(async () => {
  erp = await startErp()
  accountant = await erp.as('00021', ['Accountant'])
  warehouse = await erp.as('00031', ['Warehouse', 'Buyer'])
})
afterAll(() => erp.stop())

/** Follows @odata.nextLink to the end. */
async function everyPage(
  path: string,
  headers: Record<string, string> = {},
  between?: () => unknown,
): Promise<{ rows: Json[]; sizes: number[] }> {
  const rows: Json[] = []
  const sizes: number[] = []
  for (let next: string | undefined = path; next; ) {
    const { status, body }: { status: number; body: Json } = await accountant.get(next, headers)
    expect(status).toBe(200)
    rows.push(...body.value)
    sizes.push(body.value.length)
    next = body['@odata.nextLink']?.replace(`${erp.root}/`, '')
    await between?.()
  }
  return { rows, sizes }
}

describe('server paging', () => {
  test('gives every row once, 200 at a time', async () => {
    const { rows, sizes } = await everyPage('SalesOrders?$select=SalesOrder,OrderDate&$orderby=OrderDate desc')
    expect(sizes.slice(0, -1).every(size => size === 200)).toBe(true)
    expect(new Set(rows.map(row => row.SalesOrder)).size).toBe(erp.company.erp.orders.length)
    expect(rows.map(row => row.OrderDate)).toEqual(
      rows
        .map(row => row.OrderDate)
        .toSorted()
        .toReversed(),
    )
  })

  test('keeps its place over missing values, in both directions', async () => {
    const orders = erp.company.erp.orders.length
    for (const direction of ['asc', 'desc']) {
      const { rows } = await everyPage(`SalesOrders?$select=SalesOrder&$orderby=RequestedDeliveryDate ${direction}`, {
        prefer: 'odata.maxpagesize=150',
      })
      expect(new Set(rows.map(row => row.SalesOrder)).size).toBe(orders)
    }
  })

  test('neither repeats nor misses a row when others are written meanwhile', async () => {
    const level = erp.company.erp.stock[0]!
    const { rows } = await everyPage('StockMovements?$select=Movement&$orderby=Movement desc&$top=900', {}, () =>
      warehouse.post('StockMovements', { Product: level.product, Warehouse: level.warehouse, Quantity: 1 }),
    )
    expect(rows).toHaveLength(900)
    expect(new Set(rows.map(row => row.Movement)).size).toBe(900)
  })

  test('ends where $top ends', async () => {
    const { rows, sizes } = await everyPage('SalesOrders?$top=250&$skip=10&$orderby=SalesOrder&$select=SalesOrder')
    expect(sizes).toEqual([200, 50])
    const all = erp.company.erp.orders.map(order => order.salesOrder).toSorted()
    expect(rows.map(row => row.SalesOrder)).toEqual(all.slice(10, 260))
  })

  test('works on groups as on rows', async () => {
    const { rows } = await everyPage(
      'SalesOrders?$apply=groupby((BusinessPartner),aggregate($count as N))&$orderby=N desc',
      { prefer: 'odata.maxpagesize=100' },
    )
    expect(rows.reduce((sum, row) => sum + row.N, 0)).toBe(erp.company.erp.orders.length)
    expect(new Set(rows.map(row => row.BusinessPartner)).size).toBe(rows.length)
  })

  test('$top=0 with $count gives the number alone', async () => {
    const { body } = await accountant.get('SalesOrders?$top=0&$count=true')
    expect(body).toMatchObject({ '@odata.count': erp.company.erp.orders.length, value: [] })
    expect(body['@odata.nextLink']).toBeUndefined()
  })
})

describe('decimals', () => {
  test('are numbers, and texts with all their digits for those who ask', async () => {
    const { product, unitCost } = erp.company.erp.products.find(
      each => each.unitCost % 100 === 10 || each.unitCost % 100 === 50,
    )!
    const path = `Products('${product}')?$select=UnitCost`
    expect((await accountant.get(path)).body.UnitCost).toBe(unitCost / 100)
    const { body, headers } = await accountant.get(path, { accept: 'application/json;IEEE754Compatible=true' })
    expect(body.UnitCost).toBe((unitCost / 100).toFixed(2))
    expect(headers.get('content-type')).toContain('IEEE754Compatible=true')
  })

  test('are summed without an error of rounding', async () => {
    const { body } = await accountant.get('Invoices?$apply=aggregate(GrossAmount with sum as S)', {
      accept: 'application/json;IEEE754Compatible=true',
    })
    const fen = erp.company.erp.invoices.reduce((sum, invoice) => sum + BigInt(invoice.grossAmount), 0n)
    expect(body.value[0].S).toBe(`${fen / 100n}.${String(fen % 100n).padStart(2, '0')}`)
  })

  test('of more digits than a property has keep their meaning in a comparison', async () => {
    const price = erp.company.erp.products[0]!
    const count = async (filter: string) =>
      Number((await accountant.get(`Products/$count?$filter=Product eq '${price.product}' and ${filter}`)).body)
    const text = (price.listPrice / 100).toFixed(2)
    expect(await count(`ListPrice gt ${text}1`)).toBe(0)
    expect(await count(`ListPrice lt ${text}1`)).toBe(1)
    expect(await count(`ListPrice eq ${text}0`)).toBe(1)
  })
})

describe('missing values', () => {
  const missing = () => erp.company.erp.orders.filter(order => order.requestedDeliveryDate === null).length
  const count = async (filter: string) => Number((await accountant.get(`SalesOrders/$count?$filter=${filter}`)).body)

  test('follow OData: null equals null, is above and below nothing, and not-above holds for it', async () => {
    const all = erp.company.erp.orders.length
    expect(missing()).toBeGreaterThan(0)
    expect(await count('RequestedDeliveryDate eq null')).toBe(missing())
    expect(await count('RequestedDeliveryDate ne null')).toBe(all - missing())
    expect(await count('RequestedDeliveryDate gt 1990-01-01')).toBe(all - missing())
    expect(await count('not (RequestedDeliveryDate gt 1990-01-01)')).toBe(missing())
    expect(await count('RequestedDeliveryDate ne 1990-01-01')).toBe(all)
  })
})

describe('$batch', () => {
  const movement = (quantity: number) => {
    const level = erp.company.erp.stock[5]!
    return {
      method: 'post',
      url: 'StockMovements',
      headers: { 'content-type': 'application/json' },
      body: { Product: level.product, Warehouse: level.warehouse, Quantity: quantity },
    }
  }

  test('answers each request under its id, good and bad', async () => {
    const { status, body } = await accountant.post('$batch', {
      requests: [
        { id: 'a', method: 'get', url: 'SalesOrders?$top=1' },
        { id: 'b', method: 'get', url: `${erp.root}/Invoices/$count` },
        { id: 'c', method: 'get', url: '/odata/v4/Nonsense' },
      ],
    })
    expect(status).toBe(200)
    expect(body.responses.map((each: Json) => [each.id, each.status])).toEqual([
      ['a', 200],
      ['b', 200],
      ['c', 404],
    ])
    expect(body.responses[2].body.error.code).toBe('NotFound')
  })

  test('writes an atomicity group whole or not at all', async () => {
    const before = (await accountant.get('StockMovements/$count')).body
    erp.events.length = 0
    const failed = await warehouse.post('$batch', {
      requests: [
        { id: '1', atomicityGroup: 'g', ...movement(1) },
        { id: '2', atomicityGroup: 'g', ...movement(-1_000_000) },
        { id: '3', dependsOn: ['g'], method: 'get', url: 'Products?$top=1' },
      ],
    })
    expect(failed.body.responses.map((each: Json) => each.status)).toEqual([424, 400, 424])
    expect((await accountant.get('StockMovements/$count')).body).toBe(before)
    const done = await warehouse.post('$batch', {
      requests: [
        { id: '1', atomicityGroup: 'g', ...movement(1) },
        { id: '2', atomicityGroup: 'g', ...movement(2) },
      ],
    })
    expect(done.body.responses.map((each: Json) => each.status)).toEqual([201, 201])
    expect((await accountant.get('StockMovements/$count')).body).toBe(String(Number(before) + 2))
  })

  test.each([
    ['nothing', {}],
    ['no requests', { requests: [] }],
    [
      'one id twice',
      {
        requests: [
          { id: 'a', method: 'get', url: 'Products' },
          { id: 'a', method: 'get', url: 'Products' },
        ],
      },
    ],
    ['a method that is none', { requests: [{ id: 'a', method: 'brew', url: 'Products' }] }],
    [
      'a dependency on what comes later',
      {
        requests: [
          { id: 'a', dependsOn: ['b'], method: 'get', url: 'Products' },
          { id: 'b', method: 'get', url: 'Products' },
        ],
      },
    ],
    [
      'too many',
      { requests: Array.from({ length: 101 }, (_, id) => ({ id: String(id), method: 'get', url: 'Products' })) },
    ],
  ])('with %s is refused', async (_what, batch) => {
    expect(await accountant.post('$batch', batch)).toMatchObject({
      status: 400,
      body: { error: { code: 'BadRequest' } },
    })
  })

  test('does not lead out of the service, nor into another batch', async () => {
    const { body } = await accountant.post('$batch', {
      requests: [
        { id: '1', method: 'get', url: '/session' },
        { id: '2', method: 'get', url: 'http://127.0.0.1:1/odata/v4/Products' },
        { id: '3', method: 'post', url: '$batch', body: {} },
      ],
    })
    expect(body.responses.map((each: Json) => each.status)).toEqual([400, 400, 400])
  })
})

describe('faults that a test asks for', () => {
  test('strike by entity set, as often as asked, and only with the control token', async () => {
    const refused = await fetch(`${erp.url}/_control/faults`, {
      method: 'PUT',
      headers: { 'x-control-token': 'wrong', 'content-type': 'application/json' },
      body: '[]',
    })
    expect(refused.status).toBe(404)
    await erp.faults([
      { match: '^GET Products$', mode: 'fault', times: 1 },
      { match: 'Shipments', mode: 'html', times: 1 },
      { match: 'Invoices', mode: 'drop', times: 1 },
    ])
    expect(await accountant.get('Products?$top=1')).toMatchObject({
      status: 500,
      body: { error: { code: '/IWBEP/CM_MGW_RT/022' } },
    })
    expect((await accountant.get('Products?$top=1')).status).toBe(200)
    expect((await accountant.get('Shipments?$top=1')).headers.get('content-type')).toContain('text/html')
    expect((await accountant.get('Invoices?$top=3')).body.value).toHaveLength(2)
  })

  test('a write can be committed and its answer come too late', async () => {
    const invoice = erp.company.erp.invoices.findLast(each => each.openAmount > 100_00)!
    await erp.faults([{ match: '^POST Payments', mode: 'delayAfter', ms: 1500, times: 1 }])
    const late = fetch(`${erp.root}/Payments`, {
      method: 'POST',
      headers: { authorization: `Bearer ${accountant.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ Invoice: invoice.invoice, Amount: 1 }),
      signal: AbortSignal.timeout(300),
    })
    await expect(late).rejects.toThrow()
    expect((await accountant.get(`Invoices('${invoice.invoice}')`)).body.OpenAmount).toBe(
      (invoice.openAmount - 100) / 100,
    )
  })
})
