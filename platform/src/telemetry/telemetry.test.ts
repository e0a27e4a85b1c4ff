import { spawnSync } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { samplerOf } from './sampler.ts'
import { beginTrace, isTracing, outgoing, readTraceparent, spanEnded, startTelemetry } from './telemetry.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const span = (more: object = {}) => ({
  name: 'query Page',
  kind: 'server' as const,
  traceId,
  spanId: 'b7ad6b7169203331',
  parentId: '00f067aa0ba902b7',
  startedAt: 1_700_000_000_123.5,
  ms: 12.25,
  attributes: { 'graphql.operation.name': 'Page', calls: 3, cached: false },
  ...more,
})

interface OtlpSpan {
  name: string
  traceId: string
  spanId: string
  parentSpanId?: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: { key: string; value: Record<string, unknown> }[]
  status: { code?: number }
}

let collector: Server | undefined
let telemetry: { stop(): Promise<void> } | undefined
const received: { service: unknown; span: OtlpSpan; headers: object }[] = []

/** A collector that speaks OTLP/HTTP in JSON, the exporter's own encoding. */
async function startCollector(): Promise<string> {
  received.length = 0
  collector = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      const bytes = Buffer.concat(chunks)
      const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString('utf8')
      for (const { resource, scopeSpans } of JSON.parse(text).resourceSpans)
        for (const one of scopeSpans.flatMap((scope: { spans: OtlpSpan[] }) => scope.spans))
          received.push({ service: attributesOf(resource)['service.name'], span: one, headers: request.headers })
      response.writeHead(request.url === '/v1/traces' ? 200 : 404, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>(resolve => collector?.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
}

function attributesOf({ attributes }: { attributes: OtlpSpan['attributes'] }): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}

afterEach(async () => {
  const running = telemetry
  telemetry = undefined
  await running?.stop()
  collector?.closeAllConnections()
  collector?.close()
})

test('a span reaches a collector whole: ids, parent, times, attributes, what went wrong', async () => {
  const url = await startCollector()
  telemetry = await startTelemetry('gateway', { OTEL_EXPORTER_OTLP_ENDPOINT: `${url}/` })
  expect(isTracing()).toBe(true)
  spanEnded(span())
  spanEnded(span({ name: 'crm listCustomers', kind: 'client', spanId: 'c7ad6b7169203331', error: 'UPSTREAM_TIMEOUT' }))
  await telemetry.stop()
  expect(isTracing()).toBe(false)
  expect(received.map(one => [one.service, one.span.name, one.span.kind])).toEqual([
    ['gateway', 'query Page', 2],
    ['gateway', 'crm listCustomers', 3],
  ])
  const [first, second] = received.map(one => one.span)
  expect(first).toMatchObject({
    traceId,
    spanId: 'b7ad6b7169203331',
    parentSpanId: '00f067aa0ba902b7',
    startTimeUnixNano: '1700000000123500000',
    endTimeUnixNano: '1700000000135750000',
  })
  expect(attributesOf(first as OtlpSpan)).toEqual({ 'graphql.operation.name': 'Page', calls: 3, cached: false })
  expect(attributesOf(second as OtlpSpan)['error.type']).toBe('UPSTREAM_TIMEOUT')
  expect(second?.status.code).toBe(2)
})

test('a caller who does not record a trace is followed, and the systems are told so', async () => {
  const url = await startCollector()
  telemetry = await startTelemetry('gateway', { OTEL_EXPORTER_OTLP_ENDPOINT: url })
  const trace = { traceId, traceparent: `00-${traceId}-b7ad6b7169203331-01` }
  const end = beginTrace(traceId, `00-${traceId}-00f067aa0ba902b7-00`)
  spanEnded(span())
  expect(outgoing(trace)).toBe(`00-${traceId}-b7ad6b7169203331-00`)
  end()
  expect(outgoing(trace)).toBe(trace.traceparent)
  beginTrace(traceId, trace.traceparent)()
  spanEnded(span({ name: 'recorded' }))
  await telemetry.stop()
  expect(received.map(one => one.span.name)).toEqual(['recorded'])
})

test('a collector that is away holds up nothing and nobody', async () => {
  const url = await startCollector()
  collector?.close()
  telemetry = await startTelemetry('gateway', { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_BSP_SCHEDULE_DELAY: '10' })
  for (let n = 0; n < 5000; n += 1) spanEnded(span())
  const started = performance.now()
  await telemetry.stop()
  expect(performance.now() - started).toBeLessThan(8000)
}, 15_000)

test('without an endpoint nothing of OpenTelemetry is loaded', () => {
  const here = fileURLToPath(new URL('./telemetry.ts', import.meta.url))
  const script = `
    import { createRequire } from 'node:module'
    const { startTelemetry, spanEnded, isTracing } = await import(${JSON.stringify(here)})
    const stop = await startTelemetry('gateway', {})
    spanEnded({})
    const loaded = Object.keys(createRequire(${JSON.stringify(here)}).cache).filter(one => one.includes('opentelemetry'))
    console.log(JSON.stringify({ tracing: isTracing(), loaded: [...loaded, ...process.report.getReport().sharedObjects.filter(one => one.includes('opentelemetry'))] }))
    await stop.stop()`
  const run = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
    {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, NODE_DEBUG: 'esm', NODE_OPTIONS: '' },
    },
  )
  expect(JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '')).toEqual({ tracing: false, loaded: [] })
  // The loader tells of every module it reads.
  expect(run.stderr).toContain('telemetry.ts')
  expect(run.stderr).not.toContain('opentelemetry')
})

test.each([
  [undefined, undefined, undefined, true],
  [undefined, undefined, false, false],
  ['always_on', undefined, false, true],
  ['always_off', undefined, true, false],
  ['parentbased_always_off', undefined, true, true],
  ['parentbased_always_off', undefined, undefined, false],
  ['traceidratio', '0', true, false],
  ['parentbased_traceidratio', '1', undefined, true],
  ['traceidratio', '0.1', undefined, false],
  ['nobody knows it', undefined, undefined, true],
])('the sampler %s with %s after a caller who says %s records: %s', (name, argument, parent, expected) => {
  expect(samplerOf(name, argument)(traceId, parent)).toBe(expected)
})

test.each([
  [`00-${traceId}-00f067aa0ba902b7-01`, true],
  [`00-${traceId}-00f067aa0ba902b7-00`, false],
  [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, undefined],
  [`00-${traceId}-${'0'.repeat(16)}-01`, undefined],
  [`01-${traceId}-00f067aa0ba902b7-01`, undefined],
  ['nonsense', undefined],
])('%s is read as sampled: %s', (header, sampled) => {
  expect(readTraceparent(header)?.sampled).toBe(sampled)
})
