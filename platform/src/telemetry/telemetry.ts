/** What a span may say of itself; never a person's data, an argument or a text somebody wrote. */
export type SpanAttributes = Record<string, string | number | boolean>

/** A piece of work that has ended. */
export interface EndedSpan {
  name: string
  kind: 'server' | 'client'
  /** 32 hex digits */
  traceId: string
  /** 16 hex digits */
  spanId: string
  /** of the work it was a part of */
  parentId?: string | undefined
  /** epoch ms */
  startedAt: number
  ms: number
  attributes: SpanAttributes
  /** what went wrong, as a code */
  error?: string | undefined
}

/** Takes spans for export. */
export interface SpanSink {
  take(span: EndedSpan): void
  /** whether a trace is recorded; `caller` is what the caller decided, if there was one */
  samples(traceId: string, caller?: boolean): boolean
  /** Sends what waits. */
  stop(): Promise<void>
}

let sink: SpanSink | undefined
// Traces under way that are not recorded. Whoever begins one takes it out again.
const unrecorded = new Set<string>()

/** Whether spans go anywhere. While they do not, nothing should be made for them. */
export function isTracing(): boolean {
  return sink !== undefined
}

/** Hands a span over for export; nothing happens while tracing is off, or its trace is not recorded. */
export function spanEnded(span: EndedSpan): void {
  if (sink && !unrecorded.has(span.traceId)) sink.take(span)
}

/**
 * Settles whether a trace is recorded before its first span, following the caller whose `traceparent` it is. The function
 * that is returned ends the trace's part in this process.
 */
export function beginTrace(traceId: string, caller: string | undefined): () => void {
  if (!sink || sink.samples(traceId, readTraceparent(caller)?.sampled)) return nothing
  unrecorded.add(traceId)
  return () => void unrecorded.delete(traceId)
}

const nothing = (): void => {}

/** The header to hand on with a call: it says whether the trace is recorded here. */
export function outgoing(trace: { traceId: string; traceparent: string }): string {
  return sink && unrecorded.has(trace.traceId) ? `${trace.traceparent.slice(0, -2)}00` : trace.traceparent
}

/** Ids of a W3C `traceparent`; undefined when it is none. */
export function readTraceparent(
  traceparent: string | undefined,
): { traceId: string; spanId: string; sampled: boolean } | undefined {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent ?? '') ?? []
  if (!traceId || !spanId || !flags || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

/**
 * Begins to export spans by OTLP over HTTP if OTEL_EXPORTER_OTLP_ENDPOINT (or …_TRACES_ENDPOINT) is set; else nothing is
 * loaded. The variables are OpenTelemetry's own: OTEL_SERVICE_NAME, OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER
 * (always_on, always_off, traceidratio, and each with parentbased_) and OTEL_TRACES_SAMPLER_ARG.
 */
export async function startTelemetry(
  service: string,
  env: Record<string, string | undefined> = process.env,
): Promise<{ stop(): Promise<void> }> {
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/$/, '')
  const url = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || (base && `${base}/v1/traces`)
  if (!url || env.OTEL_SDK_DISABLED === 'true' || env.OTEL_TRACES_EXPORTER === 'none') return { stop: async () => {} }
  const { createOtlpSink } = await import('./otlp.ts')
  const started = createOtlpSink({ service: env.OTEL_SERVICE_NAME || service, url, env })
  sink = started
  return {
    async stop() {
      if (sink === started) sink = undefined
      await started.stop()
    },
  }
}
