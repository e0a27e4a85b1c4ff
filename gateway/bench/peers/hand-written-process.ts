import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeExecutableSchema } from '@graphql-tools/schema'
import DataLoader from 'dataloader'
import { createYoga } from 'graphql-yoga'
import pg from 'pg'
import { Pool } from 'undici'
import { subgraphSdl } from '../subgraphs/schemas.ts'

/*
 * The peer written by hand: Yoga, DataLoader, undici and pg, for the benchmark's pages only. It knows the calls each page needs, trusts
 * every answer, and checks no token. argv: the subgraphs' ports as JSON, the inbox's database.
 */
const [ports, databaseUrl] = [JSON.parse(process.argv[2] ?? '{}') as Record<string, number>, process.argv[3] ?? '']
const database = new pg.Pool({ connectionString: databaseUrl, max: 16 })
const pools = Object.fromEntries(
  Object.entries(ports).map(([name, port]) => [name, new Pool(`http://127.0.0.1:${port}`, { connections: 24 })]),
)

async function ask<T>(authorization: string, system: string, query: string, variables: object): Promise<T> {
  const answer = await (pools[system] as Pool).request({
    method: 'POST',
    path: '/graphql',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = (await answer.body.json()) as { data: T; errors?: unknown[] }
  if (errors) throw new Error(`${system}: ${JSON.stringify(errors)}`)
  return data
}

type Row = Record<string, unknown>
type Page = { nodes: Row[] }

/** Children of many parents in one call, given back in the parents' order. */
const children = (authorization: string, system: string, field: string, selection: string) =>
  new DataLoader<string, Row[]>(async codes => {
    const query = `query($customers:[ID!],$first:Int){${field}(customers:$customers,first:$first){nodes{customer ${selection}}}}`
    const answer = await ask<Record<string, Page>>(authorization, system, query, {
      customers: codes,
      first: codes.length * 5,
    })
    const byCode = Map.groupBy(answer[field]?.nodes ?? [], row => String(row.customer))
    return codes.map(code => byCode.get(code) ?? [])
  })

const contextOf = (authorization: string) => ({
  authorization,
  person: personOf(authorization),
  orders: children(authorization, 'erp', 'orders', 'number netAmount currency orderDate progressPercent'),
  contracts: children(authorization, 'oa', 'contracts', 'number title amount'),
})
type Context = ReturnType<typeof contextOf>

const connection =
  (system: string, field: string, selection: string) => (_: unknown, args: { first: number }, context: Context) =>
    ask<Record<string, unknown>>(
      context.authorization,
      system,
      `query($first:Int){${field}(first:$first){totalCount nodes{${selection}}}}`,
      { first: args.first },
    ).then(data => data[field])

/** Who the token says it is; unlike the gateway, it does not ask whether the token is right. */
function personOf(authorization: string): string {
  return JSON.parse(Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString()).sub
}

const inboxSql = {
  name: 'inbox',
  text: `select seq, system, type, kind, priority, title, summary, thread_key, created_at, due_at, read,
    (select sum(open)::int from inbox_tally t where t.person_id = m.person_id) as total
    from inbox_message m where person_id = $1 and state = 'OPEN' order by sort_at, seq limit $2`,
}

const yoga = createYoga({
  schema: makeExecutableSchema({
    typeDefs: `type Query ${subgraphSdl.crm.split('type Query')[1]}`
      .replace(/@key\(fields: "code"\)/, '')
      .replace(
        'createdAt: String lastContactAt',
        'orders(first: Int = 10): [Order!] contracts(first: Int = 10): [Contract!] createdAt: String lastContactAt',
      )
      .concat(
        ...[subgraphSdl.erp, subgraphSdl.oa, subgraphSdl.inbox].map(one =>
          one.replace(/type Customer[^}]*}/, '').replace('type Query', 'extend type Query'),
        ),
      ),
    resolvers: {
      Query: {
        customers: connection('crm', 'customers', 'code name region level industry'),
        approvals: connection(
          'oa',
          'approvals',
          'id kind title requesterName amount currency summary submittedAt dueAt',
        ),
        inbox: async (_: unknown, { first }: { first: number }, context: Context) => {
          const { rows } = await database.query({ ...inboxSql, values: [context.person, first] })
          return { totalCount: rows[0]?.total ?? 0, nodes: rows }
        },
      },
      Customer: {
        orders: (row: { code: string }, { first }: { first: number }, context: Context) =>
          context.orders.load(row.code).then(rows => rows.slice(0, first)),
        contracts: (row: { code: string }, { first }: { first: number }, context: Context) =>
          context.contracts.load(row.code).then(rows => rows.slice(0, first)),
      },
      Message: {
        threadKey: (row: { thread_key: string }) => row.thread_key,
        title: (row: { title: { zh: string } }) => row.title.zh,
        summary: (row: { summary: { zh: string } | null }) => row.summary?.zh ?? null,
        createdAt: (row: { created_at: Date }) => row.created_at.toISOString(),
        dueAt: (row: { due_at: Date | null }) => row.due_at?.toISOString() ?? null,
        overdue: (row: { due_at: Date | null }) => row.due_at !== null && row.due_at.getTime() < Date.now(),
      },
    },
  }),
  context: ({ request }) => contextOf(request.headers.get('authorization') ?? ''),
  logging: false,
  graphiql: false,
})
const server = createServer(yoga)
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit(0))
