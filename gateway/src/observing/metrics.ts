import { metrics } from '@atrium/platform/http'
import { Counter, Gauge, Histogram } from 'prom-client'
import type { OperationEvent } from '../clients/operation-events.ts'

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

const systemCalls = new Counter({
  name: 'gateway_system_calls_total',
  help: 'Calls to systems, by how they ended (ok, or the code of the failure)',
  labelNames: ['system', 'outcome'],
  registers: [metrics],
})
const systemSeconds = new Histogram({
  name: 'gateway_system_call_duration_seconds',
  help: 'Time of a call to a system, in seconds',
  labelNames: ['system'],
  buckets: seconds,
  registers: [metrics],
})
const operations = new Counter({
  name: 'gateway_operations_total',
  help: 'GraphQL operations by id (stored ones only, else other), client (known ones only, else other) and outcome',
  labelNames: ['operation', 'client', 'outcome'],
  registers: [metrics],
})
const operationSeconds = new Histogram({
  name: 'gateway_operation_duration_seconds',
  help: 'Time of a GraphQL operation, in seconds',
  labelNames: ['operation'],
  buckets: seconds,
  registers: [metrics],
})

// To look a metric up by its labels costs more than to count; there are as many as labels are let in.
const byLabels = new Map<string, { inc(): void } | { observe(value: number): void }>()

function counted(key: string, find: () => { inc(): void }): void {
  let one = byLabels.get(key) as { inc(): void } | undefined
  if (!one) {
    one = find()
    byLabels.set(key, one)
  }
  one.inc()
}

function observed(key: string, value: number, find: () => { observe(value: number): void }): void {
  let one = byLabels.get(key) as { observe(value: number): void } | undefined
  if (!one) {
    one = find()
    byLabels.set(key, one)
  }
  one.observe(value)
}

/** A call to a system has ended. */
export function callSeen(system: string, outcome: string, ms: number): void {
  counted(`call ${system} ${outcome}`, () => systemCalls.labels({ system, outcome }))
  observed(`seconds ${system}`, ms / 1000, () => systemSeconds.labels({ system }))
}

/** An operation has ended; its names are those that may be labels. */
export function operationSeen(event: Pick<OperationEvent, 'outcome' | 'ms'>, operation: string, client: string): void {
  const { outcome } = event
  counted(`operation ${operation} ${client} ${outcome}`, () => operations.labels({ operation, client, outcome }))
  observed(`operation ${operation}`, event.ms / 1000, () => operationSeconds.labels({ operation }))
}

/** What is known of a system at the moment of a scrape. */
export interface SystemGauges {
  id: string
  breaker: 'CLOSED' | 'HALF_OPEN' | 'OPEN'
  cacheBytes: number
}

let systems: () => readonly SystemGauges[] = () => []

/** Says where the state of the systems is read at each scrape. */
export function watchSystems(read: () => readonly SystemGauges[]): void {
  systems = read
}

const breakerValues = { CLOSED: 0, HALF_OPEN: 1, OPEN: 2 } as const

new Gauge({
  name: 'gateway_system_breaker_state',
  help: 'Circuit breaker of a system: 0 closed, 1 half open, 2 open',
  labelNames: ['system'],
  registers: [metrics],
  collect() {
    this.reset()
    for (const { id, breaker } of systems()) this.set({ system: id }, breakerValues[breaker])
  },
})
new Gauge({
  name: 'gateway_system_cache_bytes',
  help: 'Memory taken by the kept answers of a system, about',
  labelNames: ['system'],
  registers: [metrics],
  collect() {
    this.reset()
    for (const { id, cacheBytes } of systems()) this.set({ system: id }, cacheBytes)
  },
})
