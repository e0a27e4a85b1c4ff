import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { graphql } from 'graphql'
import { customerRows } from './data.ts'
import { type Subgraph, subgraphSchema, subgraphSdl } from './schemas.ts'

/*
 * The subgraphs, a server each, in a process of their own. A request is executed once; the bytes of its answer are kept, so
 * that what is measured is never the upstream. Messages of the parent: {delays: {oa: 10}} in ms, 'calls' for the calls
 * answered since the last time it asked.
 */
const delays: Partial<Record<Subgraph, number>> = {}
let calls: Partial<Record<Subgraph, number>> = {}
const names = Object.keys(subgraphSdl) as Subgraph[]
const rest = Buffer.from(JSON.stringify({ items: customerRows.slice(0, 20), total: customerRows.length }))
const ports = await Promise.all(names.map(start))
process.send?.({ ports: Object.fromEntries(names.map((name, index) => [name, ports[index]])) })
process.on('message', (message: 'calls' | { delays: typeof delays }) => {
  if (message === 'calls') {
    process.send?.({ calls })
    calls = {}
  } else Object.assign(delays, message.delays)
})
process.on('disconnect', () => process.exit(0))

async function start(name: Subgraph): Promise<number> {
  const schema = subgraphSchema(name)
  const kept = new Map<string, Buffer>()
  const answer = async (request: IncomingMessage, body: string, response: ServerResponse): Promise<void> => {
    calls[name] = (calls[name] ?? 0) + 1
    let bytes = request.method === 'GET' ? rest : kept.get(body)
    if (!bytes) {
      const { query, variables, operationName } = JSON.parse(body)
      const result = await graphql({ schema, source: query, variableValues: variables, operationName })
      bytes = Buffer.from(JSON.stringify(result))
      if (kept.size < 1000) kept.set(body, bytes)
    }
    if (delays[name]) await wait(delays[name])
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length }).end(bytes)
  }
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', chunk => {
      body += chunk
    })
    request.on('end', () => void answer(request, body, response))
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
