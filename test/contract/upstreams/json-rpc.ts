import { startServer } from '../../../gateway/src/systems/testing/server.ts'
import type { Adapter } from '../adapters.ts'

interface Call {
  id: number
  params: [{ where?: { field: 'id' | 'group'; value: string | string[] }; offset: number; limit: number }]
}

/** JSON-RPC 2.0 with tagged decimals, and 64-bit ids as numbers. */
export const jsonRpc: Adapter = {
  name: 'json-rpc',
  errors: [
    { status: 200, body: '{"jsonrpc":"2.0","id":1,"error":{"code":100,"message":"Odoo Session Expired"}}' },
    { status: 200, body: '{"jsonrpc":"2.0","id":1}' },
  ],
  async start(source) {
    return await startServer(({ body }, response) => {
      const { id, params } = JSON.parse(body) as Call
      const [{ where, offset, limit }] = params
      const { rows } = source.find({ field: where?.field, values: [where?.value ?? []].flat(), offset, limit })
      const result = rows.map(row => {
        const amount = (row as { amount?: unknown } | null)?.amount
        return typeof amount === 'string'
          ? { ...(row as object), amount: { __class__: 'Decimal', decimal: amount } }
          : row
      })
      const text = JSON.stringify({ jsonrpc: '2.0', id, result }).replace(/"big":"(\d+)"/g, '"big":$1')
      response.writeHead(200, { 'content-type': 'application/json' }).end(text)
    })
  },
  definition: url => ({ protocol: 'json-rpc', endpoint: url, typeTag: '__class__' }),
  entity: {
    operation: 'thing.search_read',
    filter: { id: 'id', group: 'group' },
    parameters: '[{ "where": where[0], "offset": offset, "limit": limit }]',
  },
  answer: rows => JSON.stringify({ jsonrpc: '2.0', id: 1, result: rows }),
}
