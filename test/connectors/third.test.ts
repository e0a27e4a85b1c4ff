import { afterAll, beforeAll, expect, test } from 'vitest'
import { json, startServer, type TestServer } from '../../gateway/src/systems/testing/server.ts'
import { type ConnectedGateway, startConnectedGateway } from './gateway.fixture.ts'

// A connector that nobody foresaw: one folder of a company, with a mapping and its part of the dictionary, and no code.

const connector = `
name: { zh: 工单, en: Tickets }
settings:
  key: { label: { zh: 密钥, en: Key }, secret: true }
  desk: { label: { zh: 服务台, en: Desk }, optional: true }
system:
  protocol: rest
  endpoint: \${url}/v3
  authentication: { kind: header, name: x-api-key, value: "\${key}" }
  probe: { operation: about }
  rest:
    operations:
      about: { path: /about }
      tickets:
        path: /tickets
        query: { page_size: $limit, after: $cursor, order: $sort }
    conditions:
      as: parameters
      names: { ge: "{field}_since" }
      any: q
      lists: comma
    values: { time: [opened], number: [no] }
    times: seconds
  answers: { errorWhen: [{ path: ok, not: true, code: error, reason: hint, unauthenticated: [bad_key] }] }
  entities:
    Ticket:
      operation: tickets
      rows: data
      page: { style: cursor, next: paging.after }
      max: 3
      input: { where: [{ field: desk, eq: $settings.desk }] }
      filter:
        id: { field: no }
        search: { any: [subject] }
        openedSince: { field: opened, op: ge }
        owner: { field: agent.id, reads: [agent] }
      scope: { filter: owner, path: agent.id }
      sort: -opened
`
const dictionary = `
type Ticket @entity(key: "id", system: "tickets") @label(zh: "工单", en: "Ticket") @read(roles: ["tickets:*"]) {
  id: ID! @from(system: "tickets", path: "no") @label(zh: "编号", en: "Number")
  subject: String @from(system: "tickets", path: "subject") @label(zh: "主题", en: "Subject")
  openedAt: DateTime @from(system: "tickets", path: "opened") @label(zh: "时间", en: "Opened at")
  agent: Employee @from(system: "tickets", path: "agent.id") @label(zh: "处理人", en: "Agent")
}
extend type Query {
  tickets(search: String, openedSince: DateTime, first: Int = 20, after: String): TicketConnection @list
}
`

const tickets = Array.from({ length: 8 }, (_, index) => ({
  no: `90071992547409931${String(index).padStart(2, '0')}`,
  subject: index % 2 ? '打印机' : '网络',
  opened: 1_772_323_200 - index * 3600,
  agent: index === 4 ? null : { id: index < 6 ? 'a1' : 'a2' },
}))
const people = {
  boss: { helpdesk: { id: 'a9', roles: ['Lead'], scope: 'all' as const } },
  agent: { helpdesk: { id: 'a2', roles: ['Agent'], scope: 'own' as const } },
}

let server: TestServer
let gateway: ConnectedGateway
beforeAll(async () => {
  server = await startServer(({ rawPath, headers }, response) => {
    const { pathname, searchParams: asked } = new URL(rawPath, 'http://s')
    if (headers['x-api-key'] !== 'k-3') return json(response, { ok: false, error: 'bad_key' })
    if (pathname !== '/v3/tickets') return json(response, { ok: true })
    const wanted = asked.get('no')?.split(',')
    const found = tickets.filter(
      one =>
        (!wanted || wanted.includes(one.no)) &&
        (!asked.has('agent.id') || asked.get('agent.id') === one.agent?.id) &&
        (!asked.has('q') || one.subject.includes(String(asked.get('q')))) &&
        (!asked.has('opened_since') || one.opened >= Number(asked.get('opened_since'))),
    )
    const from = Number(asked.get('after') ?? 0)
    const to = from + Number(asked.get('page_size'))
    const after = to < found.length ? String(to) : null
    const text = JSON.stringify({ ok: true, data: found.slice(from, to), paging: { after } })
    // Its numbers have more digits than a float.
    response.writeHead(200, { 'content-type': 'application/json' }).end(text.replace(/"no":"(\d+)"/g, '"no":$1'))
  })
  gateway = await startConnectedGateway({
    systems: { helpdesk: { connector: 'tickets', url: server.url, settings: { key: 'k-3', desk: 'A&B' } } },
    people,
    folders: { tickets: { 'connector.yaml': connector, 'dictionary.graphql': dictionary } },
  })
})
afterAll(async () => {
  await gateway?.stop()
  await server?.stop()
})

test('a folder is enough: lists, pages behind cursors, digits, times', async () => {
  const { data, errors } = await gateway.ask(
    'boss',
    '{ tickets(first: 5) { nodes { id subject openedAt } pageInfo { hasNextPage endCursor } } }',
  )
  expect(errors).toBeUndefined()
  expect(data.tickets.nodes.map((one: { id: string }) => one.id)).toEqual(tickets.slice(0, 5).map(one => one.no))
  expect(data.tickets.nodes[1]).toMatchObject({ subject: '打印机', openedAt: '2026-02-28T23:00:00.000Z' })
  const { endCursor: after } = data.tickets.pageInfo
  const rest = await gateway.ask(
    'boss',
    'query ($after: String) { tickets(first: 5, after: $after) { nodes { id } pageInfo { hasNextPage } } }',
    { after },
  )
  expect(rest.data.tickets.nodes.map((one: { id: string }) => one.id)).toEqual(tickets.slice(5).map(one => one.no))
  expect(rest.data.tickets.pageInfo.hasNextPage).toBe(false)
})

test('what is asked for is asked of the system, the scope and the setting too', async () => {
  server.requests.length = 0
  const { data, errors } = await gateway.ask(
    'agent',
    '{ tickets(search: "网络", openedSince: "2026-02-28T00:00:00Z") { nodes { id agent { id } } } }',
  )
  expect(errors).toBeUndefined()
  expect(data.tickets.nodes).toEqual([{ id: tickets[6]?.no, agent: { id: 'agent' } }])
  const asked = server.requests.find(one => one.path.startsWith('/v3/tickets'))
  expect([...new URL(asked?.rawPath ?? '', 'http://s').searchParams]).toEqual([
    ['page_size', '3'],
    ['order', '-opened'],
    ['desk', 'A&B'],
    ['q', '网络'],
    ['opened_since', '1772236800'],
    ['agent.id', 'a2'],
  ])
})
