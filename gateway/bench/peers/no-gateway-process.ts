import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { Pool } from 'undici'

/*
 * No gateway at all: a server that makes the page's three calls and its statement and writes the answer, for this one page. No
 * GraphQL, no rights, no check of anything: what any gateway costs at least. argv: the subgraphs' ports as JSON, the inbox's database.
 */
const [ports, databaseUrl] = [JSON.parse(process.argv[2] ?? '{}') as Record<string, number>, process.argv[3] ?? '']
const database = new pg.Pool({ connectionString: databaseUrl, max: 16 })
const pools = Object.fromEntries(
  Object.entries(ports).map(([name, port]) => [name, new Pool(`http://127.0.0.1:${port}`, { connections: 24 })]),
)

type Row = Record<string, unknown>
type Page = { totalCount: number; nodes: Row[] }

async function ask(authorization: string, system: string, query: string, variables: object): Promise<Page> {
  const answer = await (pools[system] as Pool).request({
    method: 'POST',
    path: '/graphql',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ query, variables }),
  })
  const { data } = (await answer.body.json()) as { data: Record<string, Page> }
  return Object.values(data)[0] as Page
}

const customerQuery = 'query($first:Int){customers(first:$first){totalCount nodes{code name region level industry}}}'
const orderQuery =
  'query($customers:[ID!],$first:Int){orders(customers:$customers,first:$first){totalCount nodes{customer number netAmount currency orderDate progressPercent}}}'
const approvalQuery =
  'query($first:Int){approvals(first:$first,mine:ALL){totalCount nodes{id kind title requesterName amount currency summary submittedAt dueAt}}}'

async function customersOf(authorization: string, first: number): Promise<Page> {
  const { totalCount, nodes } = await ask(authorization, 'crm', customerQuery, { first })
  const codes = nodes.map(node => node.code as string)
  const orders = await ask(authorization, 'erp', orderQuery, { customers: codes, first: codes.length * 5 })
  const byCustomer = Map.groupBy(orders.nodes, row => row.customer)
  return {
    totalCount,
    nodes: nodes.map(node => ({
      ...node,
      orders: (byCustomer.get(node.code) ?? []).slice(0, 5).map(({ customer: _, ...order }) => order),
    })),
  }
}

interface Message {
  seq: string
  system: string
  type: string
  kind: string
  priority: string
  title: { zh: string }
  summary: { zh: string } | null
  thread_key: string
  created_at: Date
  due_at: Date | null
  read: boolean
  total: number
}

async function inboxOf(authorization: string): Promise<Page> {
  const { sub } = JSON.parse(Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString())
  const { rows } = await database.query<Message>({
    name: 'inbox',
    text: `select seq, system, type, kind, priority, title, summary, thread_key, created_at, due_at, read,
      (select sum(open)::int from inbox_tally t where t.person_id = m.person_id) as total
      from inbox_message m where person_id = $1 and state = 'OPEN' order by sort_at, seq limit 20`,
    values: [sub],
  })
  return {
    totalCount: rows[0]?.total ?? 0,
    nodes: rows.map(({ total: _, seq, title, summary, thread_key, created_at, due_at, read, ...row }) => ({
      seq: Number(seq),
      ...row,
      title: title.zh,
      summary: summary?.zh ?? null,
      threadKey: thread_key,
      createdAt: created_at.toISOString(),
      dueAt: due_at?.toISOString() ?? null,
      overdue: due_at !== null && due_at.getTime() < Date.now(),
      read,
    })),
  }
}

const server = createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', chunk => {
    body += chunk
  })
  request.on('end', async () => {
    const authorization = request.headers.authorization ?? ''
    const [customers, approvals, inbox] = await Promise.all([
      customersOf(authorization, JSON.parse(body).variables.first),
      ask(authorization, 'oa', approvalQuery, { first: 20 }),
      inboxOf(authorization),
    ])
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ data: { customers, approvals, inbox } }))
  })
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit(0))
