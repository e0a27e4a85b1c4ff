import { now } from '@atrium/platform/clock'
import type { OperationEvent } from '../clients/operation-events.ts'
import { type Buckets, bucketOf, noBuckets } from './buckets.ts'

/** An operation that took long, for whoever looks it up in the traces. */
export interface Example {
  ms: number
  at: string
  traceId: string
}

/** What one operation of one client took within an hour, in this process. */
export interface Figure {
  hour: Date
  operation: string
  client: string
  ok: number
  partial: number
  failed: number
  refused: number
  buckets: Buckets
  calls: Record<string, number>
  repeated: Record<string, number>
  worst: Example[]
}

const hourMs = 3_600_000
const mostExamples = 5
/** more calls for one type within one request are asked one by one where they should be asked together */
export const manyCalls = 5

/** Adds up operations as they end; nothing here waits or touches a database. */
export class Figures {
  #figures = new Map<string, Figure>()
  #changed = new Set<Figure>()

  add(event: OperationEvent, operation: string, client: string): void {
    const hour = Math.floor(now().getTime() / hourMs) * hourMs
    const key = `${hour} ${client} ${operation}`
    let figure = this.#figures.get(key)
    if (!figure) {
      figure = emptyFigure(new Date(hour), operation, client)
      this.#figures.set(key, figure)
    }
    figure[event.outcome] += 1
    // What was refused never ran: how long that took says nothing of the operation.
    if (event.outcome !== 'refused') this.#measure(figure, event)
    this.#changed.add(figure)
  }

  /** The figures that changed since they were taken last; those of hours that are over are let go. */
  take(): Figure[] {
    const changed = [...this.#changed]
    this.#changed.clear()
    const hour = Math.floor(now().getTime() / hourMs) * hourMs
    for (const [key, figure] of this.#figures) if (figure.hour.getTime() < hour) this.#figures.delete(key)
    return changed
  }

  /** Puts back what could not be written. */
  putBack(figures: readonly Figure[]): void {
    for (const figure of figures) this.#changed.add(figure)
  }

  #measure(figure: Figure, { ms, calls, traceId }: OperationEvent): void {
    const bucket = bucketOf(ms)
    figure.buckets[bucket] = (figure.buckets[bucket] ?? 0) + 1
    for (const [type, times] of calls?.byType ?? []) {
      const system = type.slice(0, type.indexOf('.'))
      figure.calls[system] = (figure.calls[system] ?? 0) + times
      if (times > manyCalls) figure.repeated[type] = Math.max(figure.repeated[type] ?? 0, times)
    }
    const least = figure.worst.at(-1)?.ms ?? 0
    if (!traceId || (figure.worst.length >= mostExamples && ms <= least)) return
    figure.worst.push({ ms: Math.round(ms), at: now().toISOString(), traceId })
    figure.worst.sort((a, b) => b.ms - a.ms)
    figure.worst.length = Math.min(figure.worst.length, mostExamples)
  }
}

function emptyFigure(hour: Date, operation: string, client: string): Figure {
  const counts = { ok: 0, partial: 0, failed: 0, refused: 0 }
  return { hour, operation, client, ...counts, buckets: noBuckets(), calls: {}, repeated: {}, worst: [] }
}
