import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { currentTrace, withTrace } from '@atrium/platform/log'
import { beginTrace, startTelemetry } from '@atrium/platform/telemetry'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { onOperation, operationEnded } from '../clients/operation-events.ts'
import { Transport } from '../systems/resilience/transport.ts'
import { observedCall } from './observed-call.ts'
import { traceOperation } from './observing.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const callersSpan = '00f067aa0ba902b7'

interface Span {
  name: string
  traceId: string
  spanId: string
  parentSpanId: string
  attributes: { key: string; value: Record<string, unknown> }[]
}

let system: Server
let collector: Server
const told: (string | undefined)[] = []
const spans: Span[] = []
const addressOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

beforeAll(async () => {
  system = createServer((request, response) => {
    told.push(request.headers.traceparent as string | undefined)
    response.writeHead(request.url?.startsWith('/broken') ? 503 : 200).end('{}')
  })
  collector = createServer(async (request, response) => {
    const { resourceSpans } = JSON.parse(await bodyOf(request)) as {
      resourceSpans: { scopeSpans: { spans: Span[] }[] }[]
    }
    for (const { scopeSpans } of resourceSpans) spans.push(...scopeSpans.flatMap(one => one.spans))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  for (const server of [system, collector]) await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  for (const server of [system, collector]) {
    server.closeAllConnections()
    server.close()
  }
})

async function bodyOf(request: IncomingMessage): Promise<string> {
  const bytes = Buffer.concat(await request.toArray())
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString('utf8')
}

/** An operation with one call to the system, as a caller's `traceparent` brings it. */
async function operation(traceparent: string): Promise<void> {
  const transport = new Transport('crm', 2, 1000)
  const url = `${addressOf(system)}/customers?name=%E5%BC%A0%E4%B8%89`
  await withTrace(traceparent, async () => {
    const end = beginTrace(currentTrace()?.traceId ?? '', traceparent)
    await observedCall({ system: 'crm', operation: 'listCustomers', method: 'GET', url }, async answered => {
      const answer = await transport.send({ method: 'GET', url, headers: {} }, Date.now() + 3000)
      answered(answer.status)
    })
    operationEnded({ client: 'portal', operation: 'Page', outcome: 'ok', ms: 5, caller: traceparent })
    end()
  })
  await transport.close()
}

test('caller, operation, call and system are one trace, and nothing that was asked for is in it', async () => {
  const unfollow = onOperation(event => traceOperation(event, event.operation ?? 'other'))
  const telemetry = await startTelemetry('gateway', { OTEL_EXPORTER_OTLP_ENDPOINT: addressOf(collector) })
  await operation(`00-${traceId}-${callersSpan}-01`)
  await operation(`00-${'1'.repeat(32)}-${callersSpan}-00`)
  await telemetry.stop()
  unfollow()
  expect(spans.map(span => span.name)).toEqual(['crm listCustomers', 'GraphQL Page'])
  const [call, page] = spans as [Span, Span]
  expect(page).toMatchObject({ traceId, parentSpanId: callersSpan })
  expect(call).toMatchObject({ traceId, parentSpanId: page.spanId })
  expect(told).toEqual([
    `00-${traceId}-${call.spanId}-01`,
    expect.stringMatching(new RegExp(`^00-${'1'.repeat(32)}-[0-9a-f]{16}-00$`)),
  ])
  expect(JSON.stringify(spans)).not.toMatch(/name=|%E5|customers\?/)
  const attributes = Object.fromEntries(call.attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
  expect(attributes).toMatchObject({
    'atrium.system': 'crm',
    'http.request.method': 'GET',
    'http.response.status_code': 200,
    'server.address': '127.0.0.1',
  })
})

test('without a collector a call keeps the span of its operation', async () => {
  told.length = 0
  await operation(`00-${traceId}-${callersSpan}-01`)
  expect(told).toEqual([expect.stringMatching(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))])
})
