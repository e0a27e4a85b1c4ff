import { now } from '@atrium/platform/clock'
import { metrics } from '@atrium/platform/http'
import { Counter } from 'prom-client'

/** A value of a system that breaks the dictionary; it was left out. */
export interface RecordFault {
  system: string
  type: string
  field: string
  key: string | null
  reason: string
}

const faultCounter =
  (metrics.getSingleMetric('dictionary_faults_total') as Counter | undefined) ??
  new Counter({
    name: 'dictionary_faults_total',
    help: 'Values of systems that broke the dictionary and were left out',
    labelNames: ['system', 'type', 'field'],
    registers: [metrics],
  })

const mostFaults = 20

/** Notes of one request: which systems it touched and which of their values it left out. */
export class SourceNotes {
  #touched = new Map<string, Date>()
  readonly faults: RecordFault[] = []
  faultCount = 0

  touch(system: string): void {
    if (!this.#touched.has(system)) this.#touched.set(system, now())
  }

  fault(fault: RecordFault): void {
    faultCounter.inc({ system: fault.system, type: fault.type, field: fault.field })
    this.faultCount += 1
    if (this.faults.length < mostFaults) this.faults.push(fault)
  }

  /** For `extensions.sources`: every answer here was read for this request. */
  list(): { system: string; at: string; ageSeconds: number; stale: boolean }[] {
    const at = now().getTime()
    return [...this.#touched].map(([system, when]) => ({
      system,
      at: when.toISOString(),
      ageSeconds: Math.max(0, Math.round((at - when.getTime()) / 1000)),
      stale: false,
    }))
  }
}
