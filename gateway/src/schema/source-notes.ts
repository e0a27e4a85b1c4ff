import { now } from '@atrium/platform/clock'
import { metrics } from '@atrium/platform/http'
import { Counter } from 'prom-client'
import type { Collector, Offence } from '../quality/collector.ts'
import { ruleOfReason } from '../quality/rules.ts'

/** A value of a system that breaks the dictionary. */
export interface RecordFault {
  system: string
  type: string
  field: string
  key: string | null
  reason: string
  /** what it breaks (quality/rules.ts) */
  rule: string
}

/** A fault as it is noticed: the rule follows from the reason unless told; the value itself never leaves with an answer. */
export type NoticedFault = Omit<RecordFault, 'rule'> & Pick<Offence, 'value' | 'of' | 'keyField'> & { rule?: string }

const faultCounter =
  (metrics.getSingleMetric('dictionary_faults_total') as Counter | undefined) ??
  new Counter({
    name: 'dictionary_faults_total',
    help: 'Values of systems that broke the dictionary and were left out',
    labelNames: ['system', 'type', 'field'],
    registers: [metrics],
  })

const mostFaults = 20

// Records that no one asked for belong to others: whoever asked is not even told that they are there.
const ofOthers = new Set(['outside the scope that was asked for', 'was not asked for'])

/** Notes of one request: which systems it touched and which of their values it left out. */
export class SourceNotes {
  #touched = new Map<string, { at: Date; stale: boolean }>()
  readonly #quality: Pick<Collector, 'note' | 'checked'> | undefined
  readonly faults: RecordFault[] = []
  faultCount = 0

  /** @param quality where faults are counted beyond this request */
  constructor(quality?: Pick<Collector, 'note' | 'checked'>) {
    this.#quality = quality
  }

  /** Records of a system came in. Of several answers the oldest is told. */
  touch(system: string, at = now(), stale = false): void {
    const known = this.#touched.get(system)
    if (!known) this.#touched.set(system, { at, stale })
    else {
      if (at < known.at) known.at = at
      known.stale ||= stale
    }
  }

  fault({ value, of, keyField, ...told }: NoticedFault): void {
    const fault = { ...told, rule: told.rule ?? ruleOfReason(told.reason) }
    faultCounter.inc({ system: fault.system, type: fault.type, field: fault.field })
    this.#quality?.note({ ...fault, value, of, keyField })
    if (ofOthers.has(fault.reason)) return
    this.faultCount += 1
    if (this.faults.length < mostFaults) this.faults.push(fault)
  }

  /** Records that were looked at. */
  checked(system: string, type: string, records: number): void {
    if (records > 0) this.#quality?.checked(system, type, records)
  }

  /** For `extensions.sources`: when what is shown of each system was asked for, and whether it is older than it should be. */
  list(): { system: string; at: string; ageSeconds: number; stale: boolean }[] {
    const asked = now().getTime()
    return [...this.#touched].map(([system, { at, stale }]) => ({
      system,
      at: at.toISOString(),
      ageSeconds: Math.max(0, Math.round((asked - at.getTime()) / 1000)),
      stale,
    }))
  }
}
