import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { stitchSchemas } from '@graphql-tools/stitch'
import type { Executor } from '@graphql-tools/utils'
import { print } from 'graphql'
import { createYoga } from 'graphql-yoga'
import { Pool } from 'undici'
import { type Subgraph, subgraphSchema, subgraphSdl } from '../subgraphs/schemas.ts'

/*
 * The peer that stitches with @graphql-tools/stitch: a subschema a system, joined by type merging with keys in batches, behind Yoga. It
 * checks no token and knows no permissions. argv: the subgraphs' ports as JSON.
 */
const ports = JSON.parse(process.argv[2] ?? '{}') as Record<Subgraph, number>

const executorOf = (name: Subgraph): Executor => {
  const pool = new Pool(`http://127.0.0.1:${ports[name]}`, { connections: 24 })
  return async ({ document, variables, context }) => {
    const answer = await pool.request({
      method: 'POST',
      path: '/graphql',
      headers: {
        'content-type': 'application/json',
        authorization: (context as { authorization?: string } | undefined)?.authorization ?? '',
      },
      body: JSON.stringify({ query: print(document), variables }),
    })
    return (await answer.body.json()) as never
  }
}

const byCode = {
  Customer: {
    selectionSet: '{ code }',
    fieldName: '_entities',
    key: ({ code }: { code?: unknown }) => ({ __typename: 'Customer', code }),
    argsFromKeys: (representations: readonly unknown[]) => ({ representations }),
  },
}

const yoga = createYoga({
  schema: stitchSchemas({
    subschemas: (Object.keys(subgraphSdl) as Subgraph[]).map(name => ({
      schema: subgraphSchema(name),
      executor: executorOf(name),
      batch: true,
      ...(name === 'inbox' ? {} : { merge: byCode }),
    })),
  }),
  context: ({ request }) => ({ authorization: request.headers.get('authorization') ?? '' }),
  logging: false,
  graphiql: false,
})
const server = createServer(yoga)
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit(0))
