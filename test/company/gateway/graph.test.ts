import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { generateCompany } from '../data/generate.ts'
import { startGraph, type TestGraph } from './graph.fixture.ts'

const today = '2026-11-20'
const data = generateCompany({ today })
const joined = `{ code name phone level owner { name } orders(first: 5) { number netAmount status } contracts { number amount state } receivable { open overdue invoices currency } creditLimit }`

let graph: TestGraph
beforeAll(async () => {
  graph = await startGraph(today)
}, 240_000)
afterAll(() => graph?.close())
afterEach(async () => {
  for (const system of ['crm', 'oa', 'erp'] as const) await graph.fault(system, [])
  graph.calls()
})

describe('joining', () => {
  test('a customer has what three systems know of it, amounts to the last digit', async () => {
    const { data: answer, errors } = await graph.ask('zhao.lei', `{ customer(code: "C00001") ${joined} }`)
    expect(errors).toBeUndefined()
    const record = data.crm.customers.find(one => one.customerNo === 'C00001')
    const orders = data.erp.orders.filter(one => one.businessPartner === 'C00001')
    expect(answer.customer).toMatchObject({
      code: 'C00001',
      name: record?.name,
      phone: record?.phone,
      level: record?.level,
    })
    expect(answer.customer.orders.length).toBe(Math.min(5, orders.length))
    const newest = orders
      .toSorted((a, b) => b.orderDate.localeCompare(a.orderDate) || b.salesOrder.localeCompare(a.salesOrder))
      .slice(0, 5)
    expect(answer.customer.orders.map((one: { number: string }) => one.number)).toEqual(
      newest.map(one => one.salesOrder),
    )
    expect(answer.customer.orders[0].netAmount).toBe(yuan(newest[0]?.netAmount as number))
    expect(answer.customer.contracts.map((one: { number: string }) => one.number).sort()).toEqual(
      data.oa.contracts
        .filter(one => one.custId === 'C00001')
        .map(one => one.contractNo)
        .sort(),
    )
    const invoices = data.erp.invoices.filter(one => one.businessPartner === 'C00001')
    const paid = (invoice: string) =>
      data.erp.payments.filter(one => one.invoice === invoice).reduce((sum, one) => sum + one.amount, 0)
    const open = invoices
      .map(one => ({ ...one, open: one.grossAmount - paid(one.invoice) }))
      .filter(one => one.open > 0)
    expect(answer.customer.receivable).toEqual({
      open: yuan(open.reduce((sum, one) => sum + one.open, 0)),
      overdue: yuan(open.filter(one => one.dueDate < today).reduce((sum, one) => sum + one.open, 0)),
      invoices: open.length,
      currency: 'CNY',
    })
  })

  test('1, 10 and 50 customers cost the same number of calls', async () => {
    const counts: Record<number, string[]> = {}
    for (const first of [1, 10, 50]) {
      graph.calls()
      const { errors, data: answer } = await graph.ask(
        'zhao.lei',
        `query($first: Int) { customers(first: $first) { nodes ${joined} } }`,
        { first },
      )
      expect(errors).toBeUndefined()
      expect(answer.customers.nodes).toHaveLength(first)
      counts[first] = graph
        .calls()
        .map(call => `${call.system} ${call.operation}`)
        .sort()
    }
    expect(counts[10]).toEqual(counts[1])
    expect(counts[50]).toEqual(counts[1])
    expect(counts[1]).toEqual([
      'crm listCustomers',
      'erp batch',
      'erp read:BusinessPartners',
      'erp read:Invoices',
      'erp read:Invoices',
      'oa ListContracts',
    ])
  })

  test('references in the other direction are batched too: 50 orders, one call for their customers', async () => {
    const { data: answer, errors } = await graph.ask(
      'zhao.lei',
      '{ orders(first: 50) { nodes { number customer { code name } salesPerson { id } } } }',
    )
    expect(errors).toBeUndefined()
    for (const order of answer.orders.nodes) expect(order.customer.name).toBe(nameOf(order.customer.code))
    expect(
      graph
        .calls()
        .map(call => call.operation)
        .sort(),
    ).toEqual(['listCustomers', 'read:SalesOrders'])
  })

  test('a query asked ad hoc and the same one stored answer alike', async () => {
    const queries: [string, string][] = [
      ['zhao.lei', `query { customers(first: 50) { totalCount nodes ${joined} pageInfo { hasNextPage endCursor } } }`],
      [
        'li.na',
        `query { customers(first: 30) { nodes { ...all contacts { id name mobile primary } opportunities { id stage amount } followUps { id dueAt status } } } } fragment all on Customer ${joined}`,
      ],
      [
        'wang.fang',
        'query { orders(first: 40) { nodes { number status customer { code name phone email receivable { open } } items { position product { code name unitCost } quantity } } } }',
      ],
      [
        'chen.jie',
        'query { stock(belowMinimum: true, first: 30) { totalCount nodes { id product { code name unitCost } quantity minimum belowMinimum value planner { name } } } customers { totalCount } }',
      ],
      [
        'zhao.lei',
        'query { approvals(mine: ALL, first: 30) { nodes { id kind amount assignee { id } customer { name } contract { title } history { at by action comment } } } claims(first: 5) { nodes { id amount } } }',
      ],
      [
        'zhao.lei',
        'query { search(text: "机械", first: 12) { hits { title system subject { __typename ... on Customer { code level } ... on Order { number netAmount } ... on Product { code unitCost } } } missing } me { name rights { system scope } } receivables { total buckets { key amount } } }',
      ],
    ]
    for (const [username, query] of queries) {
      const adHoc = await graph.ask(username, query)
      const stored = await graph.askStored(username, query)
      const strip = (value: unknown) =>
        JSON.parse(JSON.stringify(value, (key, one) => (key === 'asOf' ? undefined : one)))
      expect(strip(stored.data), query).toEqual(strip(adHoc.data))
      expect(stored.errors?.map(error => error.extensions.code)).toEqual(
        adHoc.errors?.map(error => error.extensions.code),
      )
      expect(stored.extensions.denied).toEqual(adHoc.extensions.denied)
    }
  })
})

describe('row scope and pages', () => {
  test('a team lead sees the customers of the department, full pages and the right total', async () => {
    const department = new Set(inDepartmentOf('li.na').map(person => person.native.crm))
    const own = data.crm.customers.filter(one => department.has(one.ownerId))
    const seen: string[] = []
    let after: string | null = null
    for (let page = 0; page < 40; page += 1) {
      const answer = await graph.ask(
        'li.na',
        'query($after: String) { customers(first: 50, after: $after) { totalCount nodes { code } edges { cursor } pageInfo { hasNextPage endCursor } } }',
        { after },
      )
      const { nodes, pageInfo, totalCount } = answer.data.customers
      expect(totalCount).toBe(own.length)
      seen.push(...nodes.map((one: { code: string }) => one.code))
      if (pageInfo.hasNextPage) expect(nodes).toHaveLength(50)
      after = pageInfo.endCursor
      if (!pageInfo.hasNextPage) break
    }
    expect(seen.sort()).toEqual(own.map(one => one.customerNo).sort())
  })

  test('a representative sees own customers only, also by code and through an order', async () => {
    const mine = data.crm.customers.filter(one => one.ownerId === 'U-1002')
    const foreign = data.crm.customers.find(one => one.ownerId !== 'U-1002')
    const answer = await graph.ask(
      'zhang.wei',
      'query($own: String!, $foreign: String!) { customers { totalCount } own: customer(code: $own) { name } foreign: customer(code: $foreign) { name phone contacts { mobile } } }',
      {
        own: mine[0]?.customerNo,
        foreign: foreign?.customerNo,
      },
    )
    expect(answer.data).toEqual({ customers: { totalCount: mine.length }, own: { name: mine[0]?.name }, foreign: null })
  })

  test('orders are filtered by the scope in the ERP, which itself would show them all', async () => {
    const own = data.erp.orders.filter(one => one.salesPerson === '00018')
    const answer = await graph.ask(
      'zhang.wei',
      '{ orders(first: 100) { totalCount nodes { number salesPerson { username } } } }',
    )
    expect(answer.data.orders.totalCount).toBe(own.length)
    expect(
      new Set(answer.data.orders.nodes.map((one: { salesPerson: { username: string } }) => one.salesPerson.username)),
    ).toEqual(new Set(['zhang.wei']))
  })

  test('asking for codes outside the scope gives nothing, not everything', async () => {
    const foreign = data.crm.customers.find(one => one.ownerId !== 'U-1002')?.customerNo
    const answer = await graph.ask(
      'zhang.wei',
      'query($codes: [String!]) { customers(codes: $codes) { totalCount nodes { code } } none: customers(codes: []) { totalCount } }',
      { codes: [foreign] },
    )
    expect(answer.data).toEqual({ customers: { totalCount: 0, nodes: [] }, none: { totalCount: 0 } })
  })

  test('a foreign cursor and a page too large are refused with what would be right', async () => {
    const answer = await graph.ask(
      'zhao.lei',
      '{ a: customers(after: "bm8") { totalCount } b: customers(first: 201) { totalCount } }',
    )
    expect(answer.errors?.map(error => [error.extensions.code, error.message])).toEqual([
      ['BAD_INPUT', '"after" is not a cursor of this list; use the endCursor of the page before'],
      ['BAD_INPUT', '"first" must be from 1 to 200'],
    ])
  })
})

describe('a system that fails', () => {
  test.each([
    ['HTML instead of JSON', { match: '.*', mode: 'html' }, 'UPSTREAM_BAD_ANSWER'],
    ['a broken document', { match: '.*', mode: 'badJson' }, 'UPSTREAM_BAD_ANSWER'],
    ['a server error', { match: '.*', mode: 'status', status: 500 }, 'UPSTREAM_UNAVAILABLE'],
    ['an answer after the deadline', { match: '.*', mode: 'delayAfter', ms: 5000 }, 'UPSTREAM_TIMEOUT'],
  ])('%s of the ERP leaves the CRM’s and OA’s parts whole and says what is missing', async (_name, fault, code) => {
    await graph.fault('erp', [fault])
    const answer = await graph.ask('zhao.lei', `{ customer(code: "C00002") ${joined} }`)
    expect(answer.data.customer).toMatchObject({
      name: expect.any(String),
      contracts: expect.any(Array),
      orders: null,
      receivable: null,
      creditLimit: null,
    })
    expect(
      answer.errors?.every(
        error => error.extensions.system === 'erp' && [code, 'CIRCUIT_OPEN'].includes(String(error.extensions.code)),
      ),
    ).toBe(true)
    expect(answer.errors?.[0]?.extensions.retryable).toBe(
      code !== 'UPSTREAM_BAD_ANSWER' || answer.errors?.[0]?.extensions.code === 'CIRCUIT_OPEN',
    )
    expect(answer.extensions.sources.map((one: { system: string }) => one.system).sort()).toEqual(['crm', 'oa'])
    expect(JSON.stringify(answer)).not.toMatch(/localhost|ECONN|<html|stack/i)
    await graph.fault('erp', [])
    await graph.systems.probe('erp')
    await graph.systems.probe('erp')
  })

  test('a SOAP fault of the server is an outage, and the same failure for 20 rows is told once', async () => {
    await graph.fault('oa', [{ match: '.*', mode: 'fault' }])
    const answer = await graph.ask('zhao.lei', '{ customers(first: 20) { nodes { code contracts { number } } } }')
    expect(answer.data.customers.nodes).toHaveLength(20)
    expect(answer.errors).toHaveLength(1)
    expect(answer.errors?.[0]?.extensions).toMatchObject({ system: 'oa', count: 20 })
    await graph.fault('oa', [])
    await graph.systems.probe('oa')
  })

  test('the system of record away: what the others know is still shown', async () => {
    await graph.fault('crm', [{ match: '.*', mode: 'status', status: 503 }])
    const answer = await graph.ask(
      'zhao.lei',
      '{ customer(code: "C00002") { code name orders(first: 1) { number } } customers { totalCount } }',
    )
    expect(answer.data.customer).toMatchObject({ code: 'C00002', name: null, orders: [expect.anything()] })
    expect(answer.data.customers).toBeNull()
    await graph.fault('crm', [])
    await graph.systems.probe('crm')
  })

  test.each(['shuffle', 'duplicate'])('rows %sd by the CRM still belong to the right orders', async mode => {
    await graph.fault('crm', [{ match: '.*', mode }])
    const answer = await graph.ask('zhao.lei', '{ orders(first: 40) { nodes { number customer { code name } } } }')
    for (const order of answer.data.orders.nodes) {
      expect(order.customer.code).toBe(data.erp.orders.find(one => one.salesOrder === order.number)?.businessPartner)
      expect(order.customer.name).toBe(nameOf(order.customer.code))
    }
  })

  test('a row dropped by the CRM is null at its own place only', async () => {
    await graph.fault('crm', [{ match: '.*', mode: 'drop' }])
    const answer = await graph.ask('zhao.lei', '{ orders(first: 40) { nodes { number customer { code name } } } }')
    const names = answer.data.orders.nodes.map((one: { customer: { name: string | null } }) => one.customer.name)
    expect(names).toContain(null)
    for (const order of answer.data.orders.nodes)
      if (order.customer.name !== null) expect(order.customer.name).toBe(nameOf(order.customer.code))
    expect(names.filter((name: string | null) => name !== null).length).toBeGreaterThan(0)
  })
})

describe('writing', () => {
  test('a follow-up is in the CRM, written by the person, and in the audit log', async () => {
    const mine = data.crm.customers.find(one => one.ownerId === 'U-1002')?.customerNo
    const answer = await graph.ask(
      'zhang.wei',
      'mutation($c: String!) { logFollowUp(customer: $c, text: "电话确认了交期 <b>&</b>") { id content owner { username } customer { code name } } }',
      { c: mine },
    )
    expect(answer.errors).toBeUndefined()
    expect(answer.data.logFollowUp).toMatchObject({
      content: '电话确认了交期 <b>&</b>',
      owner: { username: 'zhang.wei' },
      customer: { code: mine },
    })
    const again = await graph.ask(
      'zhang.wei',
      'query($c: String!) { customer(code: $c) { followUps(first: 50) { id } } }',
      { c: mine },
    )
    expect(again.data.customer.followUps.map((one: { id: string }) => one.id)).toContain(answer.data.logFollowUp.id)
    const entries = await graph.db
      .selectFrom('audit_entry' as never)
      .selectAll()
      .execute()
    expect(entries.at(-1)).toMatchObject({ action: 'crm.createFollowUp', outcome: 'success', actor: { id: 'e0012' } })
  })

  test('a customer outside the scope cannot be written to, and a role that only reads cannot write at all', async () => {
    const foreign = data.crm.customers.find(one => one.ownerId !== 'U-1002')?.customerNo
    const outside = await graph.ask(
      'zhang.wei',
      'mutation($c: String!) { logFollowUp(customer: $c, text: "x") { id } }',
      { c: foreign },
    )
    expect(outside.errors?.[0]?.extensions.code).toBe('NOT_FOUND')
    graph.calls()
    const reader = await graph.ask('wang.fang', 'mutation { updateCustomer(code: "C00001", level: "A") { code } }')
    expect(reader.errors?.[0]?.extensions.code).toBe('FORBIDDEN')
    expect(graph.calls()).toEqual([])
  })

  test('what the CRM refuses is told with its reason', async () => {
    const mine = data.crm.customers.find(one => one.ownerId === 'U-1002')?.customerNo
    const answer = await graph.ask(
      'zhang.wei',
      'mutation($c: String!) { updateCustomer(code: $c, level: "Z") { code } }',
      { c: mine },
    )
    expect(answer.errors?.[0]?.extensions).toMatchObject({
      code: 'UPSTREAM_REFUSED',
      system: 'crm',
      retryable: false,
      reason: expect.any(String),
    })
  })
})

function nameOf(code: string): string | undefined {
  return data.crm.customers.find(one => one.customerNo === code)?.name
}

function yuan(fen: number): string {
  return `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, '0')}`
}

function inDepartmentOf(username: string) {
  const person = graph.person(username)
  const below = (id: string): string[] => [
    id,
    ...data.departments.filter(one => one.parentId === id).flatMap(one => below(one.id)),
  ]
  const departments = new Set(below(person.departmentId as string))
  return data.people.filter(one => departments.has(one.departmentId))
}
