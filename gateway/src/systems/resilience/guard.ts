import type { Limits } from '../configuration.ts'
import type { HttpAnswer } from '../protocols/protocol.ts'
import { type BreakerState, UpstreamError } from '../types.ts'
import { Breaker, type Pass } from './breaker.ts'
import { Bulkhead } from './bulkhead.ts'
import { asUpstreamError, isFailureOfSystem } from './failures.ts'
import { hedged, NotWanted } from './hedge.ts'
import { inTime } from './in-time.ts'
import { Latencies } from './latencies.ts'
import { Pace, type Pause } from './pace.ts'
import { backoff, RetryBudget } from './retry-budget.ts'
import { Statistics } from './statistics.ts'

export interface GuardEvents {
  onBreaker(state: BreakerState): void
  /** a call came to an end, after `ms`; `failure` says how when it failed */
  onCall(ok: boolean, ms: number, failure?: UpstreamError): void
  /** the system wants to be left alone, or takes calls again (null) */
  onPause?(pause: Pause | null): void
}

/** A call, in the two halves between which it waits for its turn. */
export interface GuardedCall<P> {
  operation: string
  /** repeating it changes nothing */
  safe: boolean
  /** epoch ms */
  deadline: number
  signal?: AbortSignal | undefined
  prepare(): P | Promise<P>
  /** whether an error of `prepare` shows that the system is in trouble */
  blames(error: unknown): boolean
  /** makes the call with what was prepared; `seen` is told of each answer, understood or not */
  send(
    prepared: P,
    until: number,
    signal: AbortSignal | undefined,
    seen: (answer: HttpAnswer) => void,
  ): Promise<unknown>
  /** the system does not accept who is calling; says whether it is worth another try */
  refused(): boolean
}

/**
 * What stands between the gateway and one system: a circuit breaker, a bulkhead, the pace that the vendor allows, retries
 * and second calls within a budget. A call has ended `timeoutMs` after it began, with whatever repetitions it needed.
 */
export class Guard {
  readonly statistics = new Statistics()
  readonly breaker: Breaker
  readonly pace: Pace
  #system: string
  #limits: Limits
  #events: GuardEvents
  #bulkhead: Bulkhead
  #budget = new RetryBudget()
  #latencies = new Latencies()

  constructor(system: string, limits: Limits, events: GuardEvents) {
    this.#system = system
    this.#limits = limits
    this.#events = events
    this.breaker = new Breaker(limits.breaker, state => events.onBreaker(state))
    this.pace = new Pace(limits, pause => events.onPause?.(pause))
    this.#bulkhead = new Bulkhead(limits.concurrent, limits.waiting)
  }

  /** @throws UpstreamError, and nothing else */
  async call<P>(call: GuardedCall<P>): Promise<unknown> {
    this.#budget.earn()
    const until = Math.min(call.deadline, Date.now() + this.#limits.timeoutMs)
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#once(call, until)
      } catch (error) {
        const failure = asUpstreamError(this.#system, error)
        const pause = backoff(attempt)
        if (!this.#mayRepeat(failure, call, attempt, until - pause)) throw failure
        await new Promise(resolve => setTimeout(resolve, pause))
      }
    }
  }

  /** Reports the end of a call that was made past the guard. */
  settle(pass: Pass, ms: number, error?: unknown, retryAfter?: string): void {
    if (error === undefined) this.#succeeded(pass, ms)
    else this.#failed(pass, ms, asUpstreamError(this.#system, error), retryAfter)
  }

  #once<P>(call: GuardedCall<P>, until: number): Promise<unknown> {
    const afterMs = call.safe && this.#limits.hedge ? this.#latencies.p95(call.operation) : undefined
    if (afterMs === undefined) return this.#attempt(call, until, call.signal)
    return hedged(signal => this.#attempt(call, until, signal), {
      afterMs,
      may: () => this.pace.pause === null && this.#budget.spend(),
      signal: call.signal,
    })
  }

  async #attempt<P>(call: GuardedCall<P>, until: number, signal: AbortSignal | undefined): Promise<unknown> {
    const pass = this.breaker.admit()
    if (pass === undefined)
      throw new UpstreamError('CIRCUIT_OPEN', this.#system, 'is not asked for the time being', { outcome: 'not_sent' })
    let started = performance.now()
    let prepared: P
    try {
      const preparing = call.prepare()
      prepared = preparing instanceof Promise ? await inTime(preparing, until, signal) : preparing
      const room = this.#bulkhead.enter(until, signal)
      if (room) await room
    } catch (error) {
      const failure = asUpstreamError(this.#system, error)
      if (call.blames(error)) this.#failed(pass, performance.now() - started, failure, undefined)
      else this.breaker.released(pass)
      throw failure
    }
    let retryAfter: string | undefined
    try {
      const turn = this.pace.take(until, signal)
      if (turn) await turn
      started = performance.now()
      const result = await call.send(prepared, until, signal, answer => {
        const told = answer.headers?.['retry-after']
        retryAfter = answer.status === 429 || answer.status === 503 ? [told].flat()[0] : undefined
      })
      const ms = performance.now() - started
      this.#latencies.record(call.operation, ms)
      this.#succeeded(pass, ms)
      return result
    } catch (error) {
      const unwanted = signal?.aborted && signal.reason instanceof NotWanted
      const failure = asUpstreamError(this.#system, error)
      // Nothing was sent, or nobody waited for the end of what was sent.
      if (unwanted || (failure.outcome === 'not_sent' && failure.code === 'UPSTREAM_BUSY')) this.breaker.released(pass)
      else this.#failed(pass, performance.now() - started, failure, retryAfter)
      throw failure
    } finally {
      this.#bulkhead.leave()
    }
  }

  #mayRepeat<P>(failure: UpstreamError, call: GuardedCall<P>, attempt: number, until: number): boolean {
    if (attempt >= this.#limits.retries || Date.now() >= until || call.signal?.aborted) return false
    // A 401 did nothing, so a fresh token may be tried even for what must not be repeated; once.
    if (failure.code === 'UPSTREAM_UNAUTHENTICATED')
      return attempt === 0 && failure.outcome === 'refused' && call.refused()
    if (failure.code === 'CIRCUIT_OPEN' || !failure.retryable) return false
    if (!call.safe && failure.outcome !== 'not_sent') return false
    if ((this.pace.pause?.until.getTime() ?? 0) >= until) return false
    return this.#budget.spend()
  }

  #succeeded(pass: Pass, ms: number): void {
    this.pace.accepted()
    this.statistics.record(ms, true)
    this.#events.onCall(true, ms)
    this.breaker.succeeded(pass)
  }

  #failed(pass: Pass, ms: number, failure: UpstreamError, retryAfter: string | undefined): void {
    const busy = failure.code === 'UPSTREAM_BUSY'
    const asksForPause = busy || retryAfter !== undefined
    const news = asksForPause && this.pace.refused(retryAfter)
    const ok = !isFailureOfSystem(failure)
    this.statistics.record(ms, ok)
    // Told first, so that whoever hears of the breaker knows why.
    this.#events.onCall(ok, ms, failure)
    // A pause is one trouble, however many calls were under way when it was asked for.
    if (ok) this.breaker.succeeded(pass)
    else if (asksForPause && !news) this.breaker.released(pass)
    else this.breaker.failed(pass)
  }
}
