import { createServer } from 'node:http'

/* Many systems in one process of their own: each describes itself as OpenAPI and answers one record. argv: types of each. */
const types = Number(process.argv[2])
const text = { type: 'string' }
const properties = { id: text, name: text, amount: text, day: text, at: text, phone: text, parent: text }
const list = {
  type: 'object',
  properties: { total: { type: 'integer' }, items: { type: 'array', items: { type: 'object', properties } } },
}
const paths = Object.fromEntries(
  Array.from({ length: types }, (_, type) => [
    `/list${type}`,
    {
      get: {
        operationId: `list${type}`,
        parameters: ['ids', 'q', 'offset', 'limit'].map(name => ({ name, in: 'query', schema: text })),
        responses: { 200: { content: { 'application/json': { schema: list } } } },
      },
    },
  ]),
)
const description = Buffer.from(JSON.stringify({ openapi: '3.1.0', paths }))
const record = { id: '1', name: 'one', amount: '1.50', day: '2026-01-02', at: '2026-01-02T08:00:00+08:00' }
const answer = Buffer.from(JSON.stringify({ total: 1, items: [{ ...record, phone: '13812345678', parent: '1' }] }))

const server = createServer((request, response) => {
  const body = request.url?.endsWith('/openapi.json') ? description : answer
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as { port: number }).port))
process.on('disconnect', () => process.exit(0))
