import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ConnectedGateway } from '../gateway.fixture.ts'
import type { Odoo } from './odoo.ts'
import { connectTo, startSeededOdoo } from './world.fixture.ts'

describe('Odoo, attached by its connector', () => {
  let odoo: Odoo
  let gateway: ConnectedGateway
  beforeAll(async () => {
    odoo = await startSeededOdoo([1, 2])
    gateway = await connectTo(odoo)
  })
  afterAll(async () => {
    await gateway?.stop()
    await odoo?.stop()
  })
  const calls = (name: string) => odoo.calls.filter(call => call.args[4] === name || call.method === name)

  test('its partners are the customers: reference, zone, address, and null where Odoo says false', async () => {
    const { data, errors } = await gateway.ask(
      'boss',
      '{ customers(codes: ["101", "103"]) { totalCount nodes { code reference name phone email address region taxNumber createdAt owner { id } } } }',
    )
    expect(errors).toBeUndefined()
    expect(data.customers.totalCount).toBe(2)
    expect(data.customers.nodes).toEqual([
      {
        code: '103',
        reference: null,
        name: '上海东方',
        phone: null,
        email: null,
        address: null,
        region: null,
        taxNumber: null,
        createdAt: '2026-01-05T08:00:00Z',
        owner: null,
      },
      {
        code: '101',
        reference: 'C-101',
        name: '北京远航',
        phone: '+86 138 0013 8000',
        email: 'a@yuanhang.example',
        address: '100080 北京 中关村 1 号',
        region: '中国',
        taxNumber: '91110000X',
        createdAt: '2026-02-01T16:30:00Z',
        owner: { id: 'li' },
      },
    ])
  })

  test('pages follow one another without gap or repetition, and the total is Odoo’s count', async () => {
    const seen: string[] = []
    let after: string | null = null
    do {
      const { data } = await gateway.ask(
        'boss',
        'query ($after: String) { customers(first: 10, after: $after) { totalCount nodes { code } pageInfo { hasNextPage endCursor } } }',
        { after },
      )
      expect(data.customers.totalCount).toBe(29)
      seen.push(...data.customers.nodes.map((one: { code: string }) => one.code))
      after = data.customers.pageInfo.hasNextPage ? data.customers.pageInfo.endCursor : null
    } while (after)
    expect(seen).toHaveLength(29)
    expect(new Set(seen).size).toBe(29)
    // archived partners and those that are no customers are none
    expect(seen).not.toContain('105')
    expect(seen).not.toContain('106')
  })

  test('text is looked for as it stands, in name and reference', async () => {
    const found = async (text: string) => {
      const { data } = await gateway.ask('boss', 'query ($t: String) { customers(search: $t) { nodes { code } } }', {
        t: text,
      })
      return data.customers.nodes.map((one: { code: string }) => one.code)
    }
    expect(await found('berg')).toEqual(['102'])
    expect(await found('50%_')).toEqual(['102'])
    expect(await found('%')).toEqual(['102'])
    expect(await found('_________')).toEqual([])
    expect(await found('C\\')).toEqual([])
  })

  test.each(['abc', '', '1 or 1=1', '99999999999999999999', '4294967397', '1.0'])(
    'a key that Odoo cannot have, "%s", is found nowhere and does no harm',
    async key => {
      const { data, errors } = await gateway.ask(
        'boss',
        'query ($k: [String!]) { customers(codes: $k) { totalCount nodes { code } } }',
        { k: [key] },
      )
      expect(errors).toBeUndefined()
      expect(data.customers).toEqual({ totalCount: 0, nodes: [] })
    },
  )

  test('confirmed orders are the orders; the day is counted in the company’s zone; money is text', async () => {
    const { data, errors } = await gateway.ask(
      'boss',
      '{ orders { totalCount nodes { number reference customerName orderDate netAmount currency status } } }',
    )
    expect(errors).toBeUndefined()
    expect(data.orders.totalCount).toBe(4)
    expect(data.orders.nodes.map((one: { number: string }) => one.number)).toEqual([
      'S00006',
      'S00005',
      'S00002',
      'S00001',
    ])
    expect(data.orders.nodes[3]).toEqual({
      number: 'S00001',
      reference: 'PO-9',
      customerName: '北京远航',
      orderDate: '2026-03-02',
      netAmount: '1000.1',
      currency: 'CNY',
      status: 'OPEN',
    })
    expect(data.orders.nodes[2].status).toBe('INVOICED')
    const open = await gateway.ask('boss', '{ orders(open: true, customer: "101") { nodes { number } } }')
    expect(open.data.orders.nodes).toEqual([{ number: 'S00001' }])
  })

  test('customers and orders are joined by key, one call for all of a page', async () => {
    odoo.calls.length = 0
    const { data, errors } = await gateway.ask(
      'boss',
      '{ customers(codes: ["101", "102", "103", "104"]) { nodes { code orders { number customer { name } } } } }',
    )
    expect(errors).toBeUndefined()
    const orders = Object.fromEntries(
      data.customers.nodes.map((one: { code: string; orders: { number: string }[] }) => [
        one.code,
        one.orders.map(order => order.number),
      ]),
    )
    expect(orders).toEqual({ 101: ['S00002', 'S00001'], 102: ['S00006'], 103: ['S00005'], 104: [] })
    expect(calls('search_read').map(call => call.args[3])).toEqual(['res.partner', 'sale.order'])
  })

  test('invoices: what is posted, what is overdue, by how many days', async () => {
    const { data, errors } = await gateway.ask(
      'boss',
      '{ invoices { nodes { number orderNumber dueDate grossAmount openAmount status daysOverdue customer { code name } } } overdue: invoices(overdue: true) { nodes { number } } paid: invoices(overdue: false) { nodes { number } } }',
    )
    expect(errors).toBeUndefined()
    expect(data.invoices.nodes.map((one: { number: string }) => one.number).sort()).toEqual([
      'INV/2026/00001',
      'INV/2026/00002',
      'INV/2026/00003',
      'INV/2026/00006',
    ])
    const first = data.invoices.nodes.find((one: { number: string }) => one.number === 'INV/2026/00001')
    expect(first).toMatchObject({
      orderNumber: 'S00001',
      dueDate: '2026-04-09',
      grossAmount: '1130.11',
      openAmount: '1130.11',
      status: 'not_paid',
      customer: { code: '101', name: '北京远航' },
    })
    expect(first.daysOverdue).toBeGreaterThan(200)
    const undated = data.invoices.nodes.find((one: { number: string }) => one.number === 'INV/2026/00003')
    expect(undated).toMatchObject({ dueDate: null, daysOverdue: 0 })
    expect(data.overdue.nodes).toEqual([{ number: 'INV/2026/00001' }])
    expect(data.paid.nodes.map((one: { number: string }) => one.number).sort()).toEqual([
      'INV/2026/00002',
      'INV/2026/00006',
    ])
  })

  test('stock within the company’s own locations, with its product; a quantity of nought is a quantity', async () => {
    const { data, errors } = await gateway.ask(
      'boss',
      '{ stock { totalCount nodes { id description warehouse location quantity product { code reference name unit listPrice unitCost } } } found: stock(search: "轴承", warehouse: "上海仓") { nodes { id } } }',
    )
    expect(errors).toBeUndefined()
    expect(data.stock.nodes).toEqual([
      {
        id: '1',
        description: '轴承',
        warehouse: '上海仓',
        location: 'WH/Stock',
        quantity: '40.5',
        product: { code: '11', reference: 'B-11', name: '轴承', unit: '件', listPrice: '12.5', unitCost: '7.25' },
      },
      {
        id: '2',
        description: '法兰',
        warehouse: '上海仓',
        location: 'WH/Stock',
        quantity: '0',
        product: { code: '12', reference: null, name: '法兰', unit: '件', listPrice: '30', unitCost: '0' },
      },
    ])
    expect(data.found.nodes).toEqual([{ id: '1' }])
  })

  test('what Odoo cannot be asked by is refused, not left out', async () => {
    const { data, errors } = await gateway.ask('boss', '{ stock(belowMinimum: true) { totalCount } }')
    expect(data.stock).toBeNull()
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining('belowMinimum'),
      extensions: { code: 'BAD_INPUT' },
    })
  })

  test('a person’s own activities, and nobody else’s', async () => {
    const query = '{ odooActivities { nodes { id kind summary record deadline state } } }'
    const { data, errors } = await gateway.ask('li', query)
    expect(errors).toBeUndefined()
    expect(data.odooActivities.nodes).toEqual([
      { id: '31', kind: '电话', summary: '催款', record: 'S00001', deadline: '2026-03-02', state: 'OVERDUE' },
      { id: '32', kind: '电话', summary: null, record: 'S00001', deadline: '2099-03-02', state: 'PLANNED' },
    ])
    expect(
      (await gateway.ask('li', '{ odooActivities(mine: false) { totalCount } }')).data.odooActivities.totalCount,
    ).toBe(2)
    expect(
      (await gateway.ask('li', '{ odooActivities(dueBefore: "2026-03-03") { nodes { id } } }')).data.odooActivities
        .nodes,
    ).toEqual([{ id: '31' }])
  })

  test('the row scope is part of the question, so pages are full and totals right', async () => {
    const { data } = await gateway.ask(
      'li',
      '{ customers(first: 100) { totalCount nodes { code } } orders { totalCount } }',
    )
    expect(data.customers.totalCount).toBe(27)
    expect(data.customers.nodes).toHaveLength(27)
    expect(data.orders.totalCount).toBe(3)
  })

  test('fields nobody of that role may read are not even asked for', async () => {
    odoo.calls.length = 0
    const { data, errors } = await gateway.ask(
      'clerk',
      '{ customers(codes: ["101"]) { nodes { name phone taxNumber } } }',
    )
    expect(errors).toBeUndefined()
    expect(data.customers.nodes).toEqual([{ name: '北京远航', phone: null, taxNumber: null }])
    const { fields } = (calls('search_read')[0]?.args[6] ?? {}) as { fields: string[] }
    expect(fields).toContain('name')
    expect(fields).not.toContain('phone')
    expect(fields).not.toContain('vat')
    expect((await gateway.ask('clerk', '{ invoices { totalCount } }')).errors?.[0]?.extensions.code).toBe('FORBIDDEN')
    expect((await gateway.ask('nobody', '{ customers { totalCount } }')).errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  })
})
