import { startServer } from '../../../gateway/src/systems/testing/server.ts'
import type { Adapter } from '../adapters.ts'

type Term = [field: 'id' | 'group', operator: '=' | 'in', value: string | string[]]
interface Call {
  id: number
  params: {
    args: [model: string, name: string, positional: [], named: { domain: Term[]; offset: number; limit: number }]
  }
}

/** A dialect that wraps its calls, asks by domains, writes false for what is empty and times without a zone, as Odoo does. */
export const jsonRpcDialect: Adapter = {
  name: 'json-rpc in a dialect',
  errors: [
    { status: 200, body: '{"jsonrpc":"2.0","id":1,"error":{"code":100,"message":"Odoo Session Expired"}}' },
    { status: 200, body: '{"jsonrpc":"2.0","id":1,"error":{"code":200,"data":{"name":"app.Refused","message":"no"}}}' },
    { status: 200, body: '{"jsonrpc":"2.0","id":1,"result":false}' },
    { status: 200, body: '{"jsonrpc":"2.0","id":1}' },
  ],
  async start(source) {
    return await startServer(({ body }, response) => {
      const { id, params } = JSON.parse(body) as Call
      const { domain, offset, limit } = params.args[3]
      const [field, , value] = domain[0] ?? []
      const { rows } = source.find({ field, values: [value ?? []].flat(), offset, limit })
      const result = rows.map(row => {
        const at = (row as { at?: unknown } | null)?.at
        return typeof at === 'string' ? { ...(row as object), at: at.replace('T', ' ').replace('Z', '') } : row
      })
      const text = JSON.stringify({ jsonrpc: '2.0', id, result }).replace(/"(big|amount)":"([\d.]+)"/g, '"$1":$2')
      response.writeHead(200, { 'content-type': 'application/json' }).end(text)
    })
  },
  definition: url => ({
    protocol: 'json-rpc',
    endpoint: url,
    rpc: {
      calls: [{ method: 'call', params: { service: 'object', args: ['$model', '$name', '...$params'] } }],
      emptyIsFalse: true,
      values: { time: ['at'] },
      errors: { code: 'data.name', reason: 'data.message', refused: ['app.Refused'] },
    },
  }),
  entity: {
    operation: 'thing.search_read',
    filter: { id: 'id', group: 'group' },
    parameters: [[], { domain: '$domain', offset: '$offset', limit: '$limit', fields: '$fields' }],
  },
  answer: rows => JSON.stringify({ jsonrpc: '2.0', id: 1, result: rows }),
}
