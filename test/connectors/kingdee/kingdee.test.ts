import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ConnectedGateway } from '../gateway.fixture.ts'
import type { Kingdee } from './kingdee.ts'
import { connectTo, startSeededKingdee } from './world.fixture.ts'

describe('金蝶云星空, attached by its connector', () => {
  let kingdee: Kingdee
  let gateway: ConnectedGateway
  beforeAll(async () => {
    kingdee = await startSeededKingdee()
    gateway = await connectTo(kingdee)
  })
  afterAll(async () => {
    await gateway?.stop()
    await kingdee?.stop()
  })
  const queries = () => kingdee.calls.filter(call => call.method === 'ExecuteBillQuery')

  test('its customers are the customers of one organisation: blanks are nothing, times have a zone', async () => {
    const { data, errors } = await gateway.ask(
      'boss',
      '{ customers(codes: ["C001", "C002", "C004", "C999"]) { totalCount nodes { code name shortName address taxNumber createdAt } } }',
    )
    expect(errors).toBeUndefined()
    expect(data.customers).toEqual({
      totalCount: 2,
      nodes: [
        {
          code: 'C001',
          name: '北京远航',
          shortName: '远航',
          address: '中关村 1 号',
          taxNumber: '91110000X',
          createdAt: '2026-01-31T16:30:00.123Z',
        },
        {
          code: 'C002',
          name: "O'Brien & Söhne",
          shortName: null,
          address: null,
          taxNumber: null,
          createdAt: '2026-01-31T16:30:00.000Z',
        },
      ],
    })
  })

  test('every call is signed, in the name of the integration user', () => {
    expect(new Set(kingdee.calls.map(call => call.user))).toEqual(new Set(['集成']))
  })

  test('pages follow one another without gap or repetition although Kingdee tells no totals', async () => {
    const seen: string[] = []
    let after: string | null = null
    do {
      const { data } = await gateway.ask(
        'boss',
        'query ($after: String) { customers(first: 10, after: $after) { totalCount nodes { code } pageInfo { hasNextPage endCursor } } }',
        { after },
      )
      seen.push(...data.customers.nodes.map((one: { code: string }) => one.code))
      after = data.customers.pageInfo.hasNextPage ? data.customers.pageInfo.endCursor : null
      // Only the last page shows how many there are.
      expect(data.customers.totalCount).toBe(after === null ? 28 : null)
    } while (after)
    expect(seen).toHaveLength(28)
    expect(new Set(seen).size).toBe(28)
  })

  test('text is looked for as it stands', async () => {
    const found = async (text: string) => {
      const { data } = await gateway.ask('boss', 'query ($t: String) { customers(search: $t) { nodes { code } } }', {
        t: text,
      })
      return data.customers.nodes.map((one: { code: string }) => one.code)
    }
    expect(await found("o'b")).toEqual(['C002'])
    expect(await found('50%_')).toEqual(['C003'])
    expect(await found('%')).toEqual(['C003'])
    expect(await found('_')).toEqual(['C003'])
    expect(await found('[店]')).toEqual(['C003'])
    expect(await found('[a-z]')).toEqual([])
  })

  test.each([
    "' OR 1 = 1",
    "C001') OR (FNumber LIKE '%",
    "'; DROP TABLE T_BD_CUSTOMER --",
    "\\' OR ''='",
    "C001'\u0000",
    'C001\n',
    '',
  ])('a key that would be more than a key, %j, finds nothing and does no harm', async key => {
    const { data, errors } = await gateway.ask(
      'boss',
      'query ($k: [String!]) { customers(codes: $k) { nodes { code } } }',
      { k: [key] },
    )
    expect(errors).toBeUndefined()
    expect(data.customers.nodes).toEqual([])
  })

  test('whatever is searched, the filter stays one that the server understands', async () => {
    const piece = fc.constantFrom(
      "'",
      "''",
      '%',
      '[',
      ']',
      '_',
      '\\',
      ')',
      ' OR ',
      '1=1',
      '--',
      ';',
      '/*',
      '名',
      'C001',
      ',',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 8 }), async pieces => {
        const text = pieces.join('')
        const { data, errors } = await gateway.ask(
          'li',
          'query ($t: String, $k: [String!]) { a: customers(search: $t, first: 100) { nodes { code name } } b: customers(codes: $k) { nodes { code } } }',
          { t: text, k: [text, 'K001'] },
        )
        expect(errors).toBeUndefined()
        const wanted = text.trim().toLowerCase()
        for (const { code, name } of data.a.nodes)
          expect(`${name}\n${code}`.toLowerCase(), JSON.stringify(text)).toContain(wanted)
        expect(data.b.nodes.map((one: { code: string }) => one.code)).not.toContain('C003')
      }),
      { numRuns: 40 },
    )
  })

  test('orders: money to the last digit, days without a time, drafts are none', async () => {
    const { data, errors } = await gateway.ask(
      'boss',
      '{ orders { totalCount nodes { number customerName orderDate netAmount currency documentStatus } } }',
    )
    expect(errors).toBeUndefined()
    expect(data.orders.nodes.map((one: { number: string }) => one.number)).toEqual([
      'XSDD0006',
      'XSDD0005',
      'XSDD0002',
      'XSDD0004',
      'XSDD0001',
    ])
    expect(data.orders.totalCount).toBe(5)
    expect(data.orders.nodes[4]).toEqual({
      number: 'XSDD0001',
      customerName: '北京远航',
      orderDate: '2026-03-01',
      netAmount: '12345678901234567.89',
      currency: 'CNY',
      documentStatus: 'APPROVED',
    })
    const open = await gateway.ask('boss', '{ orders(open: true, customer: "C003") { nodes { number } } }')
    expect(open.data.orders.nodes).toEqual([{ number: 'XSDD0004' }])
  })

  test('customers, orders, lines and materials are joined by key, one call for all of a page', async () => {
    kingdee.calls.length = 0
    const { data, errors } = await gateway.ask(
      'boss',
      '{ customers(codes: ["C001", "C002", "C003"]) { nodes { code orders { number items { position quantity netAmount product { code name unit } } } } } }',
    )
    expect(errors).toBeUndefined()
    const orders = Object.fromEntries(
      data.customers.nodes.map((one: { code: string; orders: unknown[] }) => [one.code, one.orders.length]),
    )
    expect(orders).toEqual({ C001: 4, C002: 0, C003: 1 })
    const first = data.customers.nodes[0].orders.find((one: { number: string }) => one.number === 'XSDD0001')
    expect(first.items).toEqual([
      { position: 1, quantity: '40.5', netAmount: '100.1', product: { code: 'M11', name: '轴承', unit: '件' } },
      { position: 2, quantity: '2', netAmount: '900', product: { code: 'M12', name: '法兰', unit: '件' } },
    ])
    expect(queries().map(call => call.data.FormId)).toEqual([
      'BD_Customer',
      'SAL_SaleOrder',
      'SAL_SaleOrder',
      'BD_MATERIAL',
    ])
  })

  test('receivables that were approved and not cancelled; stock; purchases', async () => {
    const { data, errors } = await gateway.ask(
      'boss',
      `{ invoices { nodes { number dueDate grossAmount currency customer { code } } }
         stock(warehouse: "上海仓") { nodes { id description quantity product { code specification } } }
         purchaseOrders { nodes { number supplierName grossAmount items { id quantity received inStock product { name } } } } }`,
    )
    expect(errors).toBeUndefined()
    expect(data.invoices.nodes.map((one: { number: string; dueDate: string }) => [one.number, one.dueDate])).toEqual([
      ['AR0002', null],
      ['AR0001', '2026-04-09'],
    ])
    expect(data.invoices.nodes[1]).toMatchObject({
      grossAmount: '1130.11',
      currency: 'CNY',
      customer: { code: 'C001' },
    })
    expect(data.stock.nodes.map((one: { id: string; quantity: string }) => [one.id, one.quantity])).toEqual([
      ['8f0a-1', '40.5'],
      ['8f0a-2', '0'],
    ])
    expect(data.purchaseOrders.nodes).toEqual([
      {
        number: 'CGDD0001',
        supplierName: '钢厂',
        grossAmount: '565',
        items: [
          { id: '501', quantity: '5', received: '3', inStock: '2', product: { name: '轴承' } },
          { id: '502', quantity: '1', received: '0', inStock: '0', product: { name: '法兰' } },
        ],
      },
    ])
  })

  test('the row scope is part of the filter, so pages are full', async () => {
    kingdee.calls.length = 0
    const { data, errors } = await gateway.ask('li', '{ customers(first: 100) { totalCount } orders { totalCount } }')
    expect(errors).toBeUndefined()
    expect(data).toMatchObject({ customers: { totalCount: 27 }, orders: { totalCount: 4 } })
    const filters = Object.fromEntries(queries().map(call => [call.data.FormId, call.data.FilterString]))
    expect(filters.BD_Customer).toContain("FSELLER.FName = '李娜'")
    expect(filters.SAL_SaleOrder).toContain("FSalerId.FName = '李娜'")
    const foreign = await gateway.ask('li', '{ orders(customer: "C003") { totalCount } }')
    expect(foreign.data.orders.totalCount).toBe(0)
  })

  test('fields nobody of that role may read are not even asked for', async () => {
    kingdee.calls.length = 0
    const { data, errors } = await gateway.ask(
      'clerk',
      '{ customers(codes: ["C001"]) { nodes { name address taxNumber } } orders(first: 1) { nodes { number netAmount } } }',
    )
    expect(errors).toBeUndefined()
    expect(data.customers.nodes).toEqual([{ name: '北京远航', address: null, taxNumber: null }])
    expect(data.orders.nodes).toEqual([{ number: 'XSDD0006', netAmount: null }])
    const asked = queries().map(call => String(call.data.FieldKeys))
    expect(asked.join()).toContain('FShortName')
    expect(asked.join()).not.toMatch(/FAddress|FSOCIALCRECODE|FBillAmount/)
    expect((await gateway.ask('clerk', '{ invoices { totalCount } }')).errors?.[0]?.extensions.code).toBe('FORBIDDEN')
    expect((await gateway.ask('nobody', '{ customers { totalCount } }')).errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  })

  test('what Kingdee cannot be asked by is refused, not left out', async () => {
    const { errors } = await gateway.ask('boss', '{ invoices(overdue: true) { totalCount } }')
    expect(errors?.[0]?.extensions.code).toBe('BAD_INPUT')
  })
})
