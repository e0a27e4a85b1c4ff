import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ConnectedGateway } from '../gateway.fixture.ts'
import type { Odoo } from './odoo.ts'
import { connectTo, startSeededOdoo } from './world.fixture.ts'

describe('an Odoo that answers wrongly', () => {
  let odoo: Odoo
  let gateway: ConnectedGateway
  beforeAll(async () => {
    odoo = await startSeededOdoo([1, 2])
    gateway = await connectTo(odoo)
  })
  afterEach(() => {
    odoo.meddle = undefined
    odoo.instead = undefined
  })
  afterAll(async () => {
    await gateway?.stop()
    await odoo?.stop()
  })
  const calls = (name: string) => odoo.calls.filter(call => call.args[4] === name || call.method === name)

  test('a dirty answer costs the dirty values only', async () => {
    odoo.meddle = (model, rows) =>
      model !== 'sale.order'
        ? rows
        : [
            ...rows.map((row, index) => (index === 0 ? { ...row, name: false } : row)),
            { ...rows[1] },
            { ...rows[3], name: 'S00099', partner_id: false, date_order: '2026-02-30 10:00:00', amount_untaxed: 'n/a' },
            null,
            'nonsense',
          ].reverse()
    const { data, extensions } = await gateway.ask(
      'boss',
      '{ orders { nodes { number orderDate netAmount customer { code } customerName } } }',
    )
    expect(data.orders.nodes.map((one: { number: string }) => one.number)).toEqual([
      'S00099',
      'S00005',
      'S00001',
      'S00002',
    ])
    expect(data.orders.nodes[0]).toEqual({
      number: 'S00099',
      orderDate: null,
      netAmount: null,
      customer: null,
      customerName: null,
    })
    expect(JSON.stringify(extensions)).toContain('no key')
    expect(JSON.stringify(extensions)).toContain('the same record twice')
  })

  test('rows in another order, missing and unasked ones never end up at another key', async () => {
    odoo.meddle = (model, rows) =>
      model === 'res.partner' ? [{ ...rows[0], id: 9999, name: 'unasked' }, ...rows.slice(1)].reverse() : rows
    const { data } = await gateway.ask('boss', '{ orders { nodes { number customer { code name } } } }')
    const names = Object.fromEntries(
      data.orders.nodes.map((one: { number: string; customer: { name: string | null } }) => [
        one.number,
        one.customer.name,
      ]),
    )
    // Partners are answered by name: Berg & Söhne came first and was left out.
    expect(names).toEqual({ S00001: '北京远航', S00002: '北京远航', S00005: '上海东方', S00006: null })
  })

  test.each([
    ['a page of HTML', { status: 200, type: 'text/html', body: '<html>maintenance</html>' }],
    ['half a document', { status: 200, type: 'application/json', body: '{"jsonrpc": "2.0", "res' }],
    ['neither result nor error', { status: 200, type: 'application/json', body: '{"jsonrpc": "2.0", "id": 1}' }],
    ['no list', { status: 200, type: 'application/json', body: '{"jsonrpc": "2.0", "id": 1, "result": false}' }],
    ['a failure of the server', { status: 502, type: 'text/html', body: 'Bad Gateway' }],
  ])('%s is an error with a code, and its words stay inside', async (_, instead) => {
    odoo.instead = instead
    const { data, errors } = await gateway.ask('boss', '{ stock { nodes { id } } me { id } }')
    expect(data.stock).toBeNull()
    expect(data.me.id).toBe('boss')
    expect(errors?.[0]?.extensions.code).toMatch(/^UPSTREAM_(BAD_ANSWER|UNAVAILABLE)$/)
    expect(JSON.stringify(errors)).not.toMatch(/maintenance|Gateway\b|jsonrpc/)
  })

  test('a user that got another number, as after a restore, is signed in again unnoticed', async () => {
    odoo.orm.renumber(40, 41)
    odoo.calls.length = 0
    const { data, errors } = await gateway.ask('boss', '{ customers(codes: ["101"]) { nodes { name } } }')
    expect(errors).toBeUndefined()
    expect(data.customers.nodes).toEqual([{ name: '北京远航' }])
    expect(calls('authenticate').length).toBeGreaterThan(0)
    odoo.orm.renumber(41, 40)
  })

  test('a session that Odoo says has expired is opened again', async () => {
    odoo.expired = 1
    odoo.calls.length = 0
    const { data, errors } = await gateway.ask('boss', '{ customers(codes: ["101"]) { nodes { name } } }')
    expect(errors).toBeUndefined()
    expect(data.customers.nodes).toEqual([{ name: '北京远航' }])
    expect(calls('authenticate')).toHaveLength(1)
  })

  test('the key is in the calls and in no answer', async () => {
    const { data } = await gateway.ask('boss', '{ systems { id name state } }')
    expect(odoo.calls.at(-1)?.args[2]).toBe('k-1')
    expect(JSON.stringify(data)).not.toContain('k-1')
    expect(data.systems).toEqual([expect.objectContaining({ id: 'odoo', name: 'Odoo' })])
  })
})

describe('what can be wrong with an Odoo', () => {
  let odoo: Odoo
  beforeAll(async () => {
    odoo = await startSeededOdoo([1])
    odoo.orm.addUser({
      id: 50,
      login: 'narrow',
      key: 'k-2',
      companies: [1],
      reads: ['res.partner', 'sale.order', 'res.users'],
    })
  })
  afterAll(() => odoo.stop())

  async function asked(more: object, query: string) {
    const gateway = await connectTo(odoo, more)
    try {
      return await gateway.ask('boss', query)
    } finally {
      await gateway.stop()
    }
  }

  test('a database that is not there', async () => {
    const { errors } = await asked({ database: 'huaxni' }, '{ customers { totalCount } }')
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'UPSTREAM_BAD_ANSWER', system: 'odoo' })
    expect(JSON.stringify(errors)).not.toContain('huaxni')
  })

  test('a wrong key', async () => {
    const { errors } = await asked({ key: 'wrong' }, '{ customers { totalCount } }')
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'UPSTREAM_UNAUTHENTICATED', system: 'odoo' })
  })

  test('models the integration user may not read are refused, the others are answered', async () => {
    const { data, errors } = await asked(
      { login: 'narrow', key: 'k-2' },
      '{ orders { totalCount } invoices { totalCount } }',
    )
    expect(data).toMatchObject({ orders: { totalCount: 3 }, invoices: null })
    expect(errors?.map(one => one.extensions.code)).toEqual(['UPSTREAM_REFUSED'])
    expect(JSON.stringify(errors)).not.toContain('account.move')
  })

  test('a company keeps the records of the others out; one the user does not belong to is refused', async () => {
    const { data } = await asked({ company: 1 }, '{ orders { nodes { number } } }')
    expect(data.orders.nodes.map((one: { number: string }) => one.number)).toEqual(['S00005', 'S00002', 'S00001'])
    const foreign = await asked({ company: '2' }, '{ orders { nodes { number } } }')
    expect(foreign.errors?.[0]?.extensions.code).toBe('UPSTREAM_REFUSED')
  })

  test('the day of an order is that of the zone that was set, every contact counts when no rank is asked for', async () => {
    const query = '{ orders(customer: "101") { nodes { orderDate } } customers(first: 100) { totalCount } }'
    const { data } = await asked({ timeZone: 'UTC', customerRank: 0 }, query)
    expect(data.orders.nodes.map((one: { orderDate: string }) => one.orderDate)).toEqual(['2026-03-05', '2026-03-01'])
    // of the company the user belongs to
    expect(data.customers.totalCount).toBe(29)
  })
})
