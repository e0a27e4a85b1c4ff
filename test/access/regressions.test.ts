import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import WebSocket from 'ws'
import { json } from '../../gateway/src/systems/testing/server.ts'
import { asker, houseRules, smallWorld } from './fixtures.ts'
import { type Stage, startStage } from './stage.ts'

/* What once told, or could have told, somebody what they may not read. */

let stage: Stage
let answers: Stage['upstreams']['crm']['answer']
beforeAll(async () => {
  stage = await startStage()
  answers = stage.upstreams.crm.answer
})
afterAll(() => stage?.stop())
beforeEach(() => {
  stage.upstreams.crm.answer = answers
  stage.held.down.clear()
  stage.held.world = smallWorld()
  stage.under(houseRules())
  stage.askers.set('boss', asker('e1', ['A', 'B'], 'all', ['r1']))
  stage.askers.set('clerk', asker('e1', ['B'], 'own'))
  stage.askers.set('all', asker('e2', ['B'], 'all'))
})
const ask = async (token: string, query: string) => (await stage.ask(token, { query })).body

test('a list is not ordered by a field its reader may not see', async () => {
  const codes = async (token: string) =>
    (await ask(token, '{ customers { nodes { code } } }')).data.customers.nodes.map((one: { code: string }) => one.code)
  expect(await codes('boss')).toEqual(['C2', 'C1'])
  expect(await codes('all')).toEqual(['C1', 'C2'])
  expect(stage.upstreams.crm.requests.at(-1)?.path).not.toContain('sort')
})

test('what the gateway fills in itself keeps to the declared rules: employees and sums', async () => {
  stage.under(
    houseRules({
      'Employee.email': { read: ['role:r1'], mask: { kind: 'EMAIL', roles: ['crm:A'] } },
      'Receivables.customers': { read: ['role:r1'] },
    }),
  )
  stage.askers.set('a', asker('e2', ['A']))
  const query =
    '{ employees(first: 1) { nodes { name email } } receivables { total customers } customer(code: "C1") { owner { email } } }'
  expect((await ask('boss', query)).data).toEqual({
    employees: { nodes: [{ name: 'Employee 1', email: 'person-1@house.example' }] },
    receivables: { total: '30.30', customers: 1 },
    customer: { owner: { email: 'person-1@house.example' } },
  })
  const masked = (await ask('a', query)).data
  expect(masked.employees.nodes[0].email).toBe('p***@house.example')
  expect(masked.receivables).toEqual({ total: '30.30', customers: null })
  expect((await ask('all', query)).data.employees.nodes[0].email).toBeNull()
})

test('people are not found by what may not be read of them', async () => {
  stage.under(houseRules({ 'Employee.name': { read: ['role:r1'] } }))
  expect((await ask('boss', '{ employees(search: "Employee 2") { totalCount } }')).data.employees.totalCount).toBe(1)
  const refused = await ask(
    'all',
    '{ employees(search: "Employee 2") { totalCount } search(text: "Employee 2") { hits { title } } }',
  )
  expect(refused.errors[0].extensions.code).toBe('FORBIDDEN')
  expect(JSON.stringify(refused)).not.toContain('Employee 2"')
})

test('a right that reaches nothing does not reach one’s own records', async () => {
  stage.askers.set('none', asker('e1', ['A'], 'none'))
  const query = '{ approvals(mine: REQUESTED) { totalCount nodes { id } } }'
  expect((await ask('none', query)).data.approvals).toEqual({ totalCount: 0, nodes: [] })
  expect((await ask('clerk', query)).data.approvals.totalCount).toBe(1)
})

test('what is seen by way of its parent is not seen by way of another', async () => {
  const mixed = asker('e1', ['A', 'B'], 'all')
  stage.askers.set('mixed', { ...mixed, systems: { ...mixed.systems, crm: { ...mixed.systems.crm, scope: 'own' } } })
  const { data } = await ask('mixed', '{ orders { nodes { number customer { code name contacts { id name } } } } }')
  expect(data.orders.nodes).toEqual([
    { number: 'S1', customer: { code: 'C1', name: 'Firm-one', contacts: [{ id: 'K1', name: 'Ann-one' }] } },
    { number: 'S2', customer: { code: 'C2', name: null, contacts: [] } },
  ])
})

test('a system that answers records of others is not passed on: no key, no count, no total', async () => {
  stage.upstreams.crm.answer = (_request, response) => json(response, { items: stage.held.world.customers, total: 2 })
  const body = await ask('clerk', '{ customers { totalCount nodes { code name } } customer(code: "C1") { name } }')
  expect(body.data).toEqual({
    customers: { totalCount: null, nodes: [{ code: 'C1', name: 'Firm-one' }] },
    customer: { name: 'Firm-one' },
  })
  expect(body.extensions.faults).toBeUndefined()
  expect(JSON.stringify(body)).not.toMatch(/C2|two/)
})

test('a system’s own words about a read stay with the gateway', async () => {
  stage.upstreams.crm.answer = (_request, response) =>
    json(response, { title: 'credit limit of Firm-two is 2000.22', detail: 'note-two', code: 'note-two' }, 403)
  for (const query of [
    '{ customers { totalCount } }',
    '{ orders { nodes { customer { name } } } }',
    '{ customer(code: "C1") { phone } }',
  ])
    expect(JSON.stringify(await ask('boss', query))).not.toMatch(/2000|note|credit/)
})

test('search finds by what may be read only, within the scope, and asks nobody otherwise', async () => {
  const hits = async (token: string, text: string) =>
    (await ask(token, `{ search(text: "${text}") { hits { title subtitle } missing } }`)).data.search.hits
  expect(await hits('boss', 'Firm')).toHaveLength(2)
  expect(await hits('clerk', 'Firm')).toEqual([{ title: 'Firm-one', subtitle: 'C1' }])
  for (const hidden of ['13800001111', 'note-one', 'a@x', '1000.11']) expect(await hits('all', hidden)).toEqual([])
  stage.under(houseRules({ 'Customer.name': { read: ['role:r1'] } }))
  const before = stage.upstreams.crm.requests.length
  expect(await hits('all', 'Firm')).toEqual([])
  expect(stage.upstreams.crm.requests.length).toBe(before)
})

test('a masked field is no filter, and an order no one may see none either', async () => {
  stage.under(houseRules({ 'Customer.level': { read: ['role:r1'] } }))
  for (const args of ['level: "gold"', 'minScore: 150']) {
    const { errors, data } = await ask('all', `{ customers(${args}) { totalCount } }`)
    expect(data.customers).toBeNull()
    expect(errors[0].extensions.code).toBe('FORBIDDEN')
    expect((await ask('boss', `{ customers(${args}) { totalCount } }`)).data.customers.totalCount).toBe(1)
  }
})

test('a write answers nothing of a record outside the scope, and the same for one that does not exist', async () => {
  stage.askers.set('rep', asker('e1', ['A'], 'own'))
  const rename = async (token: string, code: string) => {
    const body = await ask(token, `mutation { renameCustomer(code: "${code}", name: "x") { code phone } }`)
    return JSON.stringify({ data: body.data, errors: body.errors })
      .replaceAll(code, '…')
      .replace(/"traceId":"[^"]*"/g, '')
  }
  expect(await rename('rep', 'C2')).toBe(await rename('rep', 'C7'))
  expect(await rename('all', 'C2')).toBe(await rename('all', 'C7'))
  expect(stage.upstreams.crm.requests.filter(one => one.method === 'POST')).toEqual([])
})

test('an event of a subscription shows each listener what they may read themselves', async () => {
  const query =
    'subscription { told { customer { code name phone note limit } order { amount margin customer { name } } } }'
  const listen = (token: string) => {
    const client = createClient({
      url: stage.url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}`, locale: 'en' },
      retryAttempts: 0,
    })
    return { client, events: client.iterate({ query }) }
  }
  const listeners = [listen('boss'), listen('all'), listen('clerk')]
  const told = Promise.all(listeners.map(async one => (await one.events.next()).value?.data as { told: object }))
  await expect.poll(() => stage.listening()).toBe(3)
  stage.tell('C2', 'S2')
  const [boss, all, clerk] = await told
  expect(boss?.told).toEqual({
    customer: { code: 'C2', name: 'Firm-two', phone: '13800002222', note: 'note-two', limit: '2000.22' },
    order: { amount: '900.20', margin: '2.02', customer: { name: 'Firm-two' } },
  })
  expect(all?.told).toEqual({
    customer: { code: 'C2', name: 'Firm-two', phone: '138****2222', note: null, limit: null },
    order: { amount: '900.20', margin: null, customer: { name: 'Firm-two' } },
  })
  expect(clerk?.told).toEqual({
    customer: { code: 'C2', name: null, phone: null, note: null, limit: null },
    order: { amount: null, margin: null, customer: null },
  })
  for (const { client } of listeners) await client.dispose()
  await expect.poll(() => stage.listening()).toBe(0)
})

test('why a field is empty is told for every cause, in both languages, and nothing of what is not to be known', async () => {
  stage.askers.set('rep', asker('e1', ['A'], 'own'))
  stage.held.world.customers[0] = { ...stage.held.world.customers[0], level: '', score: 'many' } as never
  const explain = async (token: string, of: string, language = 'en') => {
    const query = `{ explainField(${of}) { cause reason readable masked } }`
    return (await stage.ask(token, { query }, { 'accept-language': language })).body.data.explainField
  }
  const field = (type: string, name: string, key?: string) =>
    `type: "${type}", field: "${name}"${key ? `, key: "${key}"` : ''}`
  const cases = [
    ['boss', field('Customer', 'name', 'C2'), 'SHOWN', 'You may read', '你可以读取'],
    [
      'clerk',
      field('Customer', 'note', 'C1'),
      'NO_RIGHT',
      'needs one of these rights: role:r1',
      '需要以下权限之一：role:r1',
    ],
    ['clerk', field('Customer', 'phone', 'C1'), 'MASKED', 'shown masked', '已脱敏'],
    [
      'rep',
      field('Customer', 'name', 'C2'),
      'OUTSIDE_SCOPE',
      'within your data scope (your own)',
      '你的数据范围（本人）',
    ],
    ['rep', field('Customer', 'level', 'C1'), 'EMPTY', 'holds no value', '没有填写'],
    ['boss', field('Customer', 'score', 'C1'), 'DATA_FAULT', 'breaks the dictionary', '不符合数据字典'],
    ['boss', field('Ticket', 'title', 'T1'), 'NOT_MAPPED', 'No system is mapped', '没有系统映射'],
  ] as const
  for (const [who, of, cause, en, zh] of cases) {
    expect(await explain(who, of), of).toMatchObject({ cause, reason: expect.stringContaining(en) })
    expect((await explain(who, of, 'zh-CN')).reason).toContain(zh)
  }
  // One that is not there is told in the same words as one out of reach; without the right none is looked at.
  expect(await explain('rep', field('Customer', 'name', 'C7'))).toEqual(
    await explain('rep', field('Customer', 'name', 'C2')),
  )
  const asked = stage.upstreams.crm.requests.length
  const denied = await Promise.all(['C1', 'C2', 'C7'].map(key => explain('clerk', field('Customer', 'note', key))))
  expect(new Set(denied.map(one => JSON.stringify(one))).size).toBe(1)
  expect(stage.upstreams.crm.requests.length).toBe(asked)
  stage.held.down.add('crm')
  expect(await explain('boss', field('Customer', 'name', 'C2'))).toMatchObject({ cause: 'SYSTEM_DOWN' })
  expect((await explain('boss', field('Customer', 'name'), 'zh-CN')).reason).toContain('没有应答')
  stage.held.down.clear()
  expect(await explain('rep', field('Contact', 'name', 'K1'))).toMatchObject({ cause: 'SHOWN' })
})
