import { now } from '@atrium/platform/clock'
import type { BreakerState } from '../types.ts'

export interface BreakerOptions {
  /** length of the sliding window, ms, divided into `buckets` */
  rollingMs: number
  buckets: number
  /** it opens only when this many calls were made in the window … */
  requestThreshold: number
  /** … and at least this share of them failed */
  errorPercent: number
  /** how long it stays open before it lets calls through again, ms */
  sleepMs: number
  /** how many calls at once it lets through while half open */
  halfOpenAttempts: number
  /** how many of them must succeed before it closes; one failure opens it again */
  requiredSuccessful: number
}

/** Permission for one call, given back with its end. It is good for the state in which it was given only. */
export type Pass = number

interface Bucket {
  start: number
  calls: number
  failures: number
}

/**
 * A circuit breaker with the semantics of WunderGraph Cosmo's: closed → open when both thresholds are passed within the
 * sliding window; open → half open after `sleepMs`; half open → closed after `requiredSuccessful`, → open at any failure.
 * A call that began before a change of state says nothing about the state after it.
 */
export class Breaker {
  #options: BreakerOptions
  #onChange: (state: BreakerState) => void
  #state: BreakerState = 'CLOSED'
  #era: Pass = 1
  #buckets: Bucket[] = []
  #openedAt = 0
  #trials = 0
  #successes = 0

  constructor(options: BreakerOptions, onChange: (state: BreakerState) => void = () => {}) {
    this.#options = options
    this.#onChange = onChange
  }

  get state(): BreakerState {
    return this.#state
  }

  /** When the next call is let through; null unless open. */
  get nextProbeAt(): Date | null {
    return this.#state === 'OPEN' ? new Date(this.#openedAt + this.#options.sleepMs) : null
  }

  /** Calls and failures of the sliding window. */
  get window(): { calls: number; failures: number } {
    const since = now().getTime() - this.#options.rollingMs
    let calls = 0
    let failures = 0
    for (const one of this.#buckets) {
      if (one.start <= since) continue
      calls += one.calls
      failures += one.failures
    }
    return { calls, failures }
  }

  /** Takes permission for one call, which must then be reported by `succeeded`, `failed` or `released`. */
  admit(): Pass | undefined {
    if (this.#state === 'CLOSED') return this.#era
    if (this.#state === 'OPEN') {
      if (now().getTime() < this.#openedAt + this.#options.sleepMs) return undefined
      this.#trials = 0
      this.#successes = 0
      this.#become('HALF_OPEN')
    }
    if (this.#trials >= this.#options.halfOpenAttempts) return undefined
    this.#trials += 1
    return this.#era
  }

  /** Ends the waiting time: the next call is let through. */
  expectTrial(): void {
    if (this.#state === 'OPEN') this.#openedAt = now().getTime() - this.#options.sleepMs
  }

  succeeded(pass: Pass): void {
    if (pass !== this.#era) return
    if (this.#state === 'CLOSED') {
      this.#bucket().calls += 1
      return
    }
    this.#trials = Math.max(0, this.#trials - 1)
    this.#successes += 1
    if (this.#successes < this.#options.requiredSuccessful) return
    this.#buckets = []
    this.#become('CLOSED')
  }

  failed(pass: Pass): void {
    if (pass !== this.#era) return
    if (this.#state === 'HALF_OPEN') {
      this.#open()
      return
    }
    const bucket = this.#bucket()
    bucket.calls += 1
    bucket.failures += 1
    const { calls, failures } = this.window
    if (calls >= this.#options.requestThreshold && failures * 100 >= this.#options.errorPercent * calls) this.#open()
  }

  /** The call was never made, or nobody waited for its end, so it says nothing about the system. */
  released(pass: Pass): void {
    if (pass === this.#era && this.#state === 'HALF_OPEN') this.#trials = Math.max(0, this.#trials - 1)
  }

  #open(): void {
    this.#openedAt = now().getTime()
    this.#become('OPEN')
  }

  #become(state: BreakerState): void {
    this.#state = state
    this.#era += 1
    this.#onChange(state)
  }

  #bucket(): Bucket {
    const width = this.#options.rollingMs / this.#options.buckets
    const start = Math.floor(now().getTime() / width) * width
    const last = this.#buckets.at(-1)
    if (last?.start === start) return last
    const fresh = { start, calls: 0, failures: 0 }
    this.#buckets.push(fresh)
    if (this.#buckets.length > this.#options.buckets) this.#buckets.shift()
    return fresh
  }
}
