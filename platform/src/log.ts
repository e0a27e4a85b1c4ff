import { AsyncLocalStorage } from 'node:async_hooks'
import { randomFillSync } from 'node:crypto'
import { type Logger, pino } from 'pino'

/** A W3C trace context: `traceId` is 32 hex digits, `traceparent` the header to hand on. */
export type Trace = { traceId: string; traceparent: string }

const storage = new AsyncLocalStorage<Trace>()

const root = pino({
  level: process.env.LOG_LEVEL ?? 'info',
  base: undefined,
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: label => ({ level: label }) },
  mixin: () => {
    const trace = storage.getStore()
    return trace ? { traceId: trace.traceId } : {}
  },
  redact: {
    paths: ['authorization', '*.authorization', 'password', '*.password', 'secret', '*.secret', 'cookie', '*.cookie'],
    censor: '…',
  },
})

/** A JSON-lines logger whose rows name the service and the trace they belong to. */
export function log(name: string): Logger {
  return root.child({ service: name })
}

/** The trace of the work in progress, if it runs inside `withTrace`. */
export function currentTrace(): Trace | undefined {
  return storage.getStore()
}

/**
 * Runs `work` inside a trace: the caller's when `traceparent` is a valid W3C header, else a new one.
 * Each hop gets its own span id (https://www.w3.org/TR/trace-context/).
 */
export function withTrace<T>(traceparent: string | undefined, work: () => T): T {
  const inherited = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(traceparent ?? '')?.[1]
  const traceId = inherited && !/^0+$/.test(inherited) ? inherited : randomHex(16)
  const trace = { traceId, traceparent: `00-${traceId}-${randomHex(8)}-01` }
  return storage.run(trace, work)
}

// Ids of traces are no secrets: one call for many of them.
const chance = Buffer.alloc(6144)
let used = chance.length

function randomHex(bytes: number): string {
  if (used + bytes > chance.length) {
    randomFillSync(chance)
    used = 0
  }
  used += bytes
  return chance.toString('hex', used - bytes, used)
}
