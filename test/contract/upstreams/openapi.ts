import { json, startServer } from '../../../gateway/src/systems/testing/server.ts'
import type { Adapter } from '../adapters.ts'

const properties = Object.fromEntries(
  ['id', 'group', 'name', 'amount', 'big', 'at'].map(name => [name, { type: 'string' }]),
)
const list = { type: 'array', items: { type: 'string' } }
const document = {
  openapi: '3.1.0',
  paths: {
    '/things': {
      get: {
        operationId: 'listThings',
        parameters: [
          { name: 'ids', in: 'query', schema: list },
          { name: 'groups', in: 'query', schema: list },
          { name: 'offset', in: 'query' },
          { name: 'limit', in: 'query' },
        ],
        responses: {
          200: {
            content: {
              'application/json': {
                schema: { properties: { items: { type: 'array', items: { properties } }, total: { type: 'integer' } } },
              },
            },
          },
        },
      },
    },
  },
}

/** REST whose JSON writes decimals and 64-bit ids as numbers, as many do. */
export const openapi: Adapter = {
  name: 'openapi',
  errors: [{ status: 200, body: '{"error":"session expired"}' }],
  async start(source) {
    return await startServer(({ path, rawPath }, response) => {
      if (path.startsWith('/openapi.json')) return json(response, document)
      const asked = new URL(rawPath, 'http://s').searchParams
      const field = asked.has('ids') ? 'id' : asked.has('groups') ? 'group' : undefined
      const { rows, total } = source.find({
        field,
        values: asked.getAll(`${field}s`),
        offset: Number(asked.get('offset')),
        limit: Number(asked.get('limit')),
      })
      const text = JSON.stringify({ items: rows, total }).replace(/"(amount|big)":"([-\d.]+)"/g, '"$1":$2')
      response.writeHead(200, { 'content-type': 'application/json' }).end(text)
    })
  },
  definition: url => ({ protocol: 'openapi', document: `${url}/openapi.json`, endpoint: url }),
  entity: { operation: 'listThings', rows: 'items', total: 'total', filter: { id: 'ids', group: 'groups' } },
  answer: rows => JSON.stringify({ items: rows, total: rows.length }),
}
