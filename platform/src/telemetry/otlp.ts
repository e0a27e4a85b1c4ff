import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { type HrTime, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace'
import { samplerOf } from './sampler.ts'
import type { EndedSpan, SpanSink } from './telemetry.ts'

const scope = { name: 'atrium' }
const endMs = 2000

/** Sends spans in batches by OTLP over HTTP. A collector that is away costs spans and nothing else: at most 2,048 wait. */
export function createOtlpSink(options: {
  service: string
  url: string
  env: Record<string, string | undefined>
}): SpanSink {
  const { service, url, env } = options
  const resource = resourceFromAttributes({ 'service.name': service, 'service.instance.id': randomUUID() })
  const processor = new BatchSpanProcessor({
    exporter: new OTLPTraceExporter({ url }),
    scheduledDelayMillis: Number(env.OTEL_BSP_SCHEDULE_DELAY ?? 2000),
  })
  const samples = samplerOf(env.OTEL_TRACES_SAMPLER, env.OTEL_TRACES_SAMPLER_ARG)
  return {
    samples,
    take: span => processor.onEnd(readable(span, resource)),
    // A process that ends does not wait for a collector that is away.
    stop: () => Promise.race([processor.shutdown().catch(() => {}), wait(endMs, undefined, { ref: false })]),
  }
}

function readable(span: EndedSpan, resource: ReadableSpan['resource']): ReadableSpan {
  const { traceId, spanId, parentId, error } = span
  return {
    name: span.name,
    kind: span.kind === 'server' ? SpanKind.SERVER : SpanKind.CLIENT,
    spanContext: () => ({ traceId, spanId, traceFlags: TraceFlags.SAMPLED }),
    ...(parentId && { parentSpanContext: { traceId, spanId: parentId, traceFlags: TraceFlags.SAMPLED } }),
    startTime: hrTime(span.startedAt),
    endTime: hrTime(span.startedAt + span.ms),
    duration: hrTime(span.ms),
    status: error === undefined ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR },
    attributes: { ...span.attributes, ...(error !== undefined && { 'error.type': error }) },
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000)
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)]
}
