import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, startGraph, type TestGraph } from './graph.fixture.ts'

/*
 * Who sees what, written by hand from what the roles mean in the company, not from the dictionary.
 * The columns are li.na (sales manager), zhang.wei (representative), wang.fang (accountant), chen.jie (purchasing and
 * warehouse), zhao.lei (general manager), admin. R = reads it, M = sees it masked or not at all, - = denied.
 */
const people = ['li.na', 'zhang.wei', 'wang.fang', 'chen.jie', 'zhao.lei', 'admin'] as const

const table: Record<string, Record<string, string>> = {
  Customer: {
    code: 'RRR-RR',
    name: 'RRR-RR',
    shortName: 'RRR-RR',
    industry: 'RRR-RR',
    region: 'RRR-RR',
    level: 'RRR-RR',
    phone: 'RRM-RR',
    email: 'RRM-RR',
    address: 'RR--RR',
    owner: 'RRR-RR',
    status: 'RRR-RR',
    createdAt: 'RRR-RR',
    lastContactAt: 'RRR-RR',
    contacts: 'RRR-RR',
    opportunities: 'RRR-RR',
    followUps: 'RRR-RR',
    contracts: 'RRR-RR',
    orders: 'RRR-R-',
    receivable: '--R-R-',
    creditLimit: '--R-R-',
  },
  Contact: {
    id: 'RRR-RR',
    name: 'RRR-RR',
    title: 'RRR-RR',
    mobile: 'RRM-RR',
    email: 'RRM-RR',
    primary: 'RRR-RR',
    customer: 'RRR-RR',
  },
  Opportunity: {
    id: 'RRR-RR',
    title: 'RRR-RR',
    stage: 'RRR-RR',
    amount: 'RRR-RR',
    currency: 'RRR-RR',
    probability: 'RRR-RR',
    owner: 'RRR-RR',
    expectedClose: 'RRR-RR',
    nextStep: 'RRR-RR',
    updatedAt: 'RRR-RR',
    customer: 'RRR-RR',
  },
  FollowUp: {
    id: 'RRR-RR',
    dueAt: 'RRR-RR',
    channel: 'RRR-RR',
    content: 'RRR-RR',
    status: 'RRR-RR',
    result: 'RRR-RR',
    amount: 'RRR-RR',
    customerName: 'RRR-RR',
    customer: 'RRR-RR',
    owner: 'RRR-RR',
    createdAt: 'RRR-RR',
  },
  Contract: {
    number: 'RRRRRR',
    title: 'RRRRRR',
    amount: 'RRRRRR',
    currency: 'RRRRRR',
    signedOn: 'RRRRRR',
    validFrom: 'RRRRRR',
    validTo: 'RRRRRR',
    state: 'RRRRRR',
    customer: 'RRRRRR',
    owner: 'RRRRRR',
  },
  Approval: {
    id: 'RRRRRR',
    kind: 'RRRRRR',
    title: 'RRRRRR',
    requesterName: 'RRRRRR',
    assignee: 'RRRRRR',
    state: 'RRRRRR',
    amount: 'RRRRRR',
    currency: 'RRRRRR',
    summary: 'RRRRRR',
    submittedAt: 'RRRRRR',
    dueAt: 'RRRRRR',
    decidedAt: 'RRRRRR',
    customer: 'RRRRRR',
    contract: 'RRRRRR',
    history: 'RRRRRR',
  },
  ApprovalStep: { at: 'RRRRRR', by: 'RRRRRR', action: 'RRRRRR', comment: 'RRRRRR' },
  Claim: {
    id: 'RRRRRR',
    requesterName: 'RRRRRR',
    department: 'RRRRRR',
    amount: 'RRRRRR',
    currency: 'RRRRRR',
    category: 'RRRRRR',
    state: 'RRRRRR',
    submittedAt: 'RRRRRR',
  },
  Announcement: {
    id: 'RRRRRR',
    title: 'RRRRRR',
    body: 'RRRRRR',
    department: 'RRRRRR',
    publishedAt: 'RRRRRR',
    mustRead: 'RRRRRR',
  },
  Order: {
    number: 'RRR-R-',
    customerName: 'RRR-R-',
    customer: 'RRR-R-',
    orderDate: 'RRR-R-',
    requestedDelivery: 'RRR-R-',
    netAmount: 'RRR-R-',
    currency: 'RRR-R-',
    status: 'RRR-R-',
    deliveryStatus: 'RRR-R-',
    progressPercent: 'RRR-R-',
    salesPerson: 'RRR-R-',
    items: 'RRR-R-',
  },
  OrderItem: { position: 'RRR-R-', order: 'RRR-R-', product: 'RRR-R-', quantity: 'RRR-R-', netAmount: 'RRR-R-' },
  Product: {
    code: 'RRRRR-',
    name: 'RRRRR-',
    nameEn: 'RRRRR-',
    unit: 'RRRRR-',
    unitCost: '--R-R-',
    listPrice: 'RRRRR-',
  },
  StockLevel: {
    id: 'RRRRR-',
    product: 'RRRRR-',
    description: 'RRRRR-',
    warehouse: 'RRRRR-',
    quantity: 'RRRRR-',
    minimum: 'RRRRR-',
    belowMinimum: 'RRRRR-',
    unitCost: '--R-R-',
    value: '--R-R-',
    planner: 'RRRRR-',
    updatedAt: 'RRRRR-',
  },
  Invoice: {
    number: '--R-R-',
    customerName: '--R-R-',
    customer: '--R-R-',
    orderNumber: '--R-R-',
    invoiceDate: '--R-R-',
    dueDate: '--R-R-',
    grossAmount: '--R-R-',
    openAmount: '--R-R-',
    currency: '--R-R-',
    status: '--R-R-',
    daysOverdue: '--R-R-',
  },
  Receivable: { open: '--R-R-', overdue: '--R-R-', currency: '--R-R-', invoices: '--R-R-' },
  ProductionOrder: {
    number: '--R-R-',
    product: '--R-R-',
    quantity: '--R-R-',
    completed: '--R-R-',
    status: '--R-R-',
    plannedStart: '--R-R-',
    plannedFinish: '--R-R-',
    progressPercent: '--R-R-',
    orderNumber: '--R-R-',
  },
  Shipment: { number: 'RRRRR-', orderNumber: 'RRRRR-', shippedOn: 'RRRRR-', carrier: 'RRRRR-', status: 'RRRRR-' },
  Employee: {
    id: 'RRRRRR',
    name: 'RRRRRR',
    username: 'RRRRRR',
    department: 'RRRRRR',
    position: 'RRRRRR',
    email: 'RRRRRR',
  },
}

/** How to come to objects of a type, and the root field that must be refused to those who may read none of it. */
const ways: Record<string, { query: (fields: string) => string; path: string[]; root: string }> = {
  Customer: {
    query: fields => `{ customers(first: 60) { nodes { ${fields} } } }`,
    path: ['customers', 'nodes'],
    root: 'customers',
  },
  Contact: {
    query: fields => `{ customers(first: 30) { nodes { contacts { ${fields} } } } }`,
    path: ['customers', 'nodes', 'contacts'],
    root: 'customers',
  },
  Opportunity: {
    query: fields => `{ opportunities(first: 100) { nodes { ${fields} } } }`,
    path: ['opportunities', 'nodes'],
    root: 'opportunities',
  },
  FollowUp: {
    query: fields => `{ followUps(mine: false, first: 100) { nodes { ${fields} } } }`,
    path: ['followUps', 'nodes'],
    root: 'followUps',
  },
  Contract: {
    query: fields => `{ contracts(first: 100) { nodes { ${fields} } } }`,
    path: ['contracts', 'nodes'],
    root: 'contracts',
  },
  Approval: {
    query: fields => `{ approvals(mine: ALL, first: 100) { nodes { ${fields} } } }`,
    path: ['approvals', 'nodes'],
    root: 'approvals',
  },
  ApprovalStep: {
    query: fields => `{ approvals(mine: ALL, first: 30) { nodes { history { ${fields} } } } }`,
    path: ['approvals', 'nodes', 'history'],
    root: 'approvals',
  },
  Claim: {
    query: fields => `{ claims(first: 50) { nodes { ${fields} } } }`,
    path: ['claims', 'nodes'],
    root: 'claims',
  },
  Announcement: {
    query: fields => `{ announcements { nodes { ${fields} } } }`,
    path: ['announcements', 'nodes'],
    root: 'announcements',
  },
  Order: {
    query: fields => `{ orders(first: 60) { nodes { ${fields} } } }`,
    path: ['orders', 'nodes'],
    root: 'orders',
  },
  OrderItem: {
    query: fields => `{ orders(first: 30) { nodes { items { ${fields} } } } }`,
    path: ['orders', 'nodes', 'items'],
    root: 'orders',
  },
  Product: {
    query: fields => `{ stock(first: 60) { nodes { product { ${fields} } } } }`,
    path: ['stock', 'nodes', 'product'],
    root: 'stock',
  },
  StockLevel: {
    query: fields => `{ stock(first: 60) { nodes { ${fields} } } }`,
    path: ['stock', 'nodes'],
    root: 'stock',
  },
  Invoice: {
    query: fields => `{ invoices(first: 60) { nodes { ${fields} } } }`,
    path: ['invoices', 'nodes'],
    root: 'invoices',
  },
  Receivable: {
    query: fields => `{ customers(first: 60) { nodes { receivable { ${fields} } } } }`,
    path: ['customers', 'nodes', 'receivable'],
    root: 'customers',
  },
  ProductionOrder: {
    query: fields => `{ productionOrders(first: 60) { nodes { ${fields} } } }`,
    path: ['productionOrders', 'nodes'],
    root: 'productionOrders',
  },
  Shipment: {
    query: fields => `{ shipments(first: 60) { nodes { ${fields} } } }`,
    path: ['shipments', 'nodes'],
    root: 'shipments',
  },
  Employee: {
    query: fields => `{ employees(first: 60) { nodes { ${fields} } } }`,
    path: ['employees', 'nodes'],
    root: 'employees',
  },
}

const objects = new Set(['owner', 'customer', 'contract', 'assignee', 'salesPerson', 'product', 'planner', 'order'])
const selections: Record<string, string> = {
  contacts: '{ id }',
  opportunities: '{ id }',
  followUps: '{ id }',
  contracts: '{ number }',
  orders: '{ number }',
  items: '{ position }',
  history: '{ at }',
  receivable: '{ open }',
  contract: '{ number }',
  customer: '{ code }',
  product: '{ code }',
  order: '{ number }',
}

let graph: TestGraph
beforeAll(async () => {
  graph = await startGraph('2026-11-20')
}, 240_000)
afterAll(() => graph?.close())

describe.each(['ad hoc', 'stored'] as const)('in the %s form', form => {
  const run = (username: string, query: string): Promise<Answer> =>
    form === 'ad hoc' ? graph.ask(username, query) : graph.askStored(username, query)

  test.each(Object.keys(table))('%s: every field as every person', async type => {
    const fields = Object.keys(table[type] as object)
    const way = ways[type] as (typeof ways)[string]
    const selection = fields
      .map(field => field + (selections[field] ?? (objects.has(field) ? ' { id }' : '')))
      .join(' ')
    const shown = new Set<string>()
    for (const [column, username] of people.entries()) {
      const expected = Object.fromEntries(fields.map(field => [field, table[type]?.[field]?.[column]]))
      const answer = await run(username, way.query(selection))
      const found = objectsAt(answer.data, way.path)
      const denied = new Set<string>((answer.extensions.denied ?? []) as string[])
      if (fields.every(field => expected[field] === '-')) {
        expect(found, `${username} sees no ${type}`).toEqual([])
        const refused = answer.errors?.some(error => error.extensions.code === 'FORBIDDEN') || [...denied].length > 0
        expect(refused, `${username} is told that ${type} is denied`).toBe(true)
        continue
      }
      expect(answer.errors, `${username} ${type}`).toBeUndefined()
      for (const field of fields) {
        const place = `${username} ${type}.${field}`
        const values = found
          .map(one => one[field])
          .filter(value => value !== null && !(Array.isArray(value) && value.length === 0))
        if (expected[field] === '-') {
          expect(values, place).toEqual([])
          if (found.length > 0) expect(denied.has(`${type}.${field}`), `${place} is named as denied`).toBe(true)
        } else {
          expect(denied.has(`${type}.${field}`), `${place} is not denied`).toBe(false)
          if (expected[field] === 'M') for (const value of values) expect(String(value), place).toContain('*')
          else if (values.length > 0) shown.add(field)
        }
      }
    }
    expect([...shown].sort(), `each field of ${type} was really seen by somebody`).toEqual(fields.toSorted())
  })

  test('a system of which all fields asked for are denied is not called', async () => {
    graph.calls()
    await run(
      'zhang.wei',
      '{ customers(first: 5) { nodes { name receivable { open } creditLimit } } invoices { totalCount } receivables { total } }',
    )
    expect([...new Set(graph.calls().map(call => call.system))]).toEqual(['crm'])
    await run(
      'chen.jie',
      '{ customers { totalCount } customer(code: "C00001") { name orders { number } } opportunities { totalCount } }',
    )
    expect(graph.calls()).toEqual([])
    await run('admin', '{ stock { totalCount } orders { nodes { customer { name } } } }')
    expect(graph.calls()).toEqual([])
  })

  test('what may not be read can not be found out by filtering or searching', async () => {
    for (const [username, query] of [
      ['zhang.wei', '{ invoices(overdue: true) { totalCount } }'],
      ['chen.jie', '{ orders(customer: "C00001") { totalCount } }'],
      ['admin', '{ stock(search: "轴承") { totalCount } }'],
    ] as const) {
      graph.calls()
      const answer = await run(username, query)
      expect(answer.errors?.[0]?.extensions.code).toBe('FORBIDDEN')
      expect(graph.calls()).toEqual([])
    }
    const phone = (await graph.ask('zhao.lei', '{ customer(code: "C00001") { phone } }')).data.customer.phone
    const byPhone = await run(
      'wang.fang',
      `{ customers(search: "${phone}") { totalCount } search(text: "${phone}") { hits { title } } }`,
    )
    expect(byPhone.data).toMatchObject({ customers: { totalCount: 0 }, search: { hits: [] } })
  })
})

test('the table above holds every type and field of the graph that systems give', () => {
  const own = new Set([
    'Query',
    'Mutation',
    'Subscription',
    'PageInfo',
    'Receivables',
    'AgeBucket',
    'Text',
    'Me',
    'BusinessRole',
    'SystemRight',
    'App',
    'SearchHit',
    'SearchResult',
    'System',
    'SystemEvent',
    'AuditEntry',
    'AuditedRead',
    'FieldExplanation',
    'Board',
    'TrendPoint',
    'Message',
  ])
  for (const type of Object.values(graph.graph.schema.getTypeMap())) {
    if (!('getFields' in type) || own.has(type.name) || /^__|Connection$|Edge$/.test(type.name)) continue
    expect(Object.keys(type.getFields()).sort(), type.name).toEqual(Object.keys(table[type.name] ?? {}).sort())
  }
})

test('why a field is empty is explained, in both languages', async () => {
  const explain = '{ explainField(type: "Customer", field: "phone") { readable masked class reason rights } }'
  expect((await graph.ask('wang.fang', explain)).data.explainField).toEqual({
    readable: false,
    masked: true,
    class: 'PERSONAL',
    reason: '“电话”已脱敏；完整查看需要以下权限之一：crm:Rep、crm:TeamLead、crm:Manager、crm:Admin。',
    rights: ['crm:Rep', 'crm:TeamLead', 'crm:Manager', 'crm:Admin'],
  })
  expect((await graph.ask('li.na', explain, {}, { locale: 'en' })).data.explainField).toMatchObject({
    readable: true,
    reason: 'You may read “Phone” by crm:TeamLead.',
  })
})

// biome-ignore lint/suspicious/noExplicitAny: an answer of any shape is walked by path
function objectsAt(data: any, path: string[]): Record<string, unknown>[] {
  let at = [data]
  for (const part of path) at = at.flatMap(one => one?.[part] ?? [])
  return at
}
