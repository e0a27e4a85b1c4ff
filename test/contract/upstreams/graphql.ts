import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSchema, createYoga } from 'graphql-yoga'
import type { Adapter } from '../adapters.ts'

interface Asked {
  ids?: string[]
  groups?: string[]
  offset: number
  limit: number
}

/** GraphQL, served by a foreign library. */
export const graphql: Adapter = {
  name: 'graphql',
  errors: [
    { status: 200, body: '{"data":null,"errors":[{"message":"no"}]}' },
    // Half of the data beside an error: what is missing must not look like nothing.
    { status: 200, body: '{"data":{"things":{"items":[],"total":0}},"errors":[{"message":"no"}]}' },
  ],
  typed: true,
  async start(source) {
    const yoga = createYoga({
      logging: false,
      maskedErrors: false,
      schema: createSchema({
        typeDefs:
          'type Query { things(ids: [ID!], groups: [ID!], offset: Int, limit: Int): Page! } type Page { items: [Thing]! total: Int! } type Thing { id: ID group: ID name: String amount: String big: ID at: String }',
        resolvers: {
          Query: {
            things: (_: unknown, { ids, groups, offset, limit }: Asked) => {
              const { rows, total } = source.find({
                field: ids ? 'id' : groups ? 'group' : undefined,
                values: ids ?? groups ?? [],
                offset,
                limit,
              })
              return { items: rows, total }
            },
          },
        },
      }),
    })
    const server = createServer(yoga)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      async stop() {
        server.closeAllConnections()
        await new Promise(resolve => server.close(resolve))
      },
    }
  },
  definition: url => ({ protocol: 'graphql', endpoint: `${url}/graphql` }),
  entity: { operation: 'things', rows: 'items', total: 'total', filter: { id: 'ids', group: 'groups' } },
  answer: rows => JSON.stringify({ data: { things: { items: rows, total: rows.length } } }),
}
