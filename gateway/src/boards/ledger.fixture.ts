import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseSystems } from '../systems/configuration.ts'

/** A system with an OpenAPI document whose figures a test can change, slow down or break. */
export type Ledger = {
  url: string
  /** month → sum */
  sums: Map<string, string>
  rows: { no: string; seller: string; amount: string }[]
  fail: 'none' | 'status' | 'html' | 'shape'
  delayMs: number
  /** paths asked, with their query and the caller's token */
  asked: string[]
  stop(): Promise<void>
  systems: ReturnType<typeof parseSystems>
}

const parameters = (names: string[]) => names.map(name => ({ name, in: 'query', schema: { type: 'string' } }))
const answers = { '200': { description: 'ok', content: { 'application/json': { schema: { type: 'object' } } } } }
const document = {
  openapi: '3.1.0',
  info: { title: 'Ledger', version: '1' },
  paths: {
    '/sums': {
      get: { operationId: 'reportSums', parameters: parameters(['from', 'to', 'seller']), responses: answers },
    },
    '/rows': {
      get: { operationId: 'listRows', parameters: parameters(['offset', 'limit', 'seller']), responses: answers },
    },
  },
}

/** Starts one on a free port of the loopback interface. */
export async function startLedger(): Promise<Ledger> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const json = (status: number, body: unknown): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (url.pathname === '/openapi.json') return json(200, { ...document, servers: [{ url: ledger.url }] })
    ledger.asked.push(`${url.pathname}${url.search} ${request.headers.authorization}`)
    const answer = (): unknown => {
      if (ledger.fail === 'status') return json(503, {})
      if (ledger.fail === 'html')
        return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Login</html>')
      if (ledger.fail === 'shape') return json(200, { other: true })
      if (url.pathname === '/rows') {
        const [offset, limit] = [Number(url.searchParams.get('offset')), Number(url.searchParams.get('limit'))]
        const seller = url.searchParams.get('seller')?.split(',')
        const found = ledger.rows.filter(row => !seller || seller.includes(row.seller))
        return json(200, { items: found.slice(offset, offset + limit), total: found.length })
      }
      const [from, to] = [url.searchParams.get('from') ?? '', url.searchParams.get('to') ?? '']
      const buckets = [...ledger.sums]
        .filter(([month]) => month >= from.slice(0, 7) && month <= to.slice(0, 7))
        .map(([key, sum]) => ({ key, sum }))
      json(200, {
        total: buckets.reduce((sum, one) => sum + Number(one.sum), 0).toFixed(2),
        buckets,
        seller: url.searchParams.get('seller'),
      })
    }
    ledger.delayMs > 0 ? setTimeout(answer, ledger.delayMs) : answer()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const ledger: Ledger = {
    url,
    sums: new Map(),
    rows: [],
    fail: 'none',
    delayMs: 0,
    asked: [],
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
    systems: parseSystems({
      company: { zone: 'Asia/Shanghai', currency: 'CNY' },
      systems: {
        ledger: {
          name: { zh: '总账', en: 'Ledger' },
          url,
          protocol: 'openapi',
          document: `${url}/openapi.json`,
          endpoint: url,
          authentication: { kind: 'exchange', audience: 'urn:atrium:system:ledger' },
          limits: { timeoutMs: 400, retries: 0, breaker: { sleepMs: 300, requestThreshold: 3 } },
        },
      },
    }),
  }
  return ledger
}
