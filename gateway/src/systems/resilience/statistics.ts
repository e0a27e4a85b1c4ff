import { now } from '@atrium/platform/clock'

interface Minute {
  start: number
  calls: number
  failures: number
  durations: number[]
}

const minutes = 30
const samplesPerMinute = 256

/** Durations and failures of the calls to one system over the last half hour, by minute; bounded in memory. */
export class Statistics {
  #minutes: Minute[] = []
  lastSuccessAt: Date | null = null
  lastFailureAt: Date | null = null

  record(ms: number, ok: boolean): void {
    const minute = this.#minute()
    minute.calls += 1
    if (ok) this.lastSuccessAt = now()
    else {
      minute.failures += 1
      this.lastFailureAt = now()
    }
    // Reservoir sampling keeps the percentile honest however many calls a minute has.
    if (minute.durations.length < samplesPerMinute) minute.durations.push(ms)
    else {
      const at = Math.floor(Math.random() * minute.calls)
      if (at < samplesPerMinute) minute.durations[at] = ms
    }
  }

  /** Over the last five minutes; nulls when there was no call. */
  recent(): { p95Ms: number | null; errorRate: number | null; calls: number } {
    const since = now().getTime() - 5 * 60_000
    const recent = this.#minutes.filter(minute => minute.start > since)
    const calls = recent.reduce((sum, minute) => sum + minute.calls, 0)
    if (calls === 0) return { p95Ms: null, errorRate: null, calls }
    const failures = recent.reduce((sum, minute) => sum + minute.failures, 0)
    return { p95Ms: percentile95(recent.flatMap(minute => minute.durations)), errorRate: failures / calls, calls }
  }

  /** The 95th percentile of each minute that had calls, oldest first. */
  byMinute(): { at: Date; p95Ms: number }[] {
    return this.#minutes.map(minute => ({ at: new Date(minute.start), p95Ms: percentile95(minute.durations) }))
  }

  #minute(): Minute {
    const start = Math.floor(now().getTime() / 60_000) * 60_000
    const last = this.#minutes.at(-1)
    if (last?.start === start) return last
    const fresh = { start, calls: 0, failures: 0, durations: [] }
    this.#minutes.push(fresh)
    if (this.#minutes.length > minutes) this.#minutes.shift()
    return fresh
  }
}

function percentile95(durations: number[]): number {
  const sorted = durations.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.95) - 1)] ?? 0)
}
