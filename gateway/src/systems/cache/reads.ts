import { now } from '@atrium/platform/clock'
import { TooLate } from '../resilience/in-time.ts'
import { type InvokeOptions, type Sharing, UpstreamError } from '../types.ts'
import { AnswerStore } from './answer-store.ts'
import { Flight } from './flight.ts'

/** Makes the call itself; aborted when nobody waits for it any more. */
type Call = (signal: AbortSignal) => Promise<unknown>

/**
 * The safe reads of one system: identical ones under way at the same time are one call, and where the mapping says so an
 * answer is kept for those who would be given the same. Answers are shared, so nobody may change one.
 */
export class Reads {
  #system: string
  #patienceMs: number
  #flights = new Map<string, Flight<unknown>>()
  #store: AnswerStore
  #generation = 0

  constructor(system: string, options: { maxBytes: number; patienceMs: number }) {
    this.#system = system
    this.#patienceMs = options.patienceMs
    this.#store = new AnswerStore(options.maxBytes)
  }

  /** memory taken by what is kept, about */
  get bytes(): number {
    return this.#store.bytes
  }

  /** Something changed in the system: what is kept is not true any more, nor is what was asked for before. */
  forget(): void {
    this.#generation += 1
    this.#store.clear()
    this.#flights.clear()
  }

  /** @throws UpstreamError */
  async read(
    question: { operation: string; input: Record<string, unknown> },
    options: InvokeOptions & { sharing: Sharing },
    call: Call,
  ): Promise<unknown> {
    const { sharing } = options
    const key = `${question.operation} ${sharing.reader} ${JSON.stringify(question.input)}`
    const kept = sharing.keep && this.#store.get(key)
    if (sharing.keep && kept) {
      const age = (now().getTime() - kept.at) / 1000
      if (age <= sharing.keep.freshS + sharing.keep.staleS) {
        const stale = age > sharing.keep.freshS
        sharing.onAnswer?.(new Date(kept.at), stale)
        if (stale) this.#renew(key, call)
        return kept.value
      }
      this.#store.drop(key)
    }
    const { value, at } = await this.#fetch(key, options, call)
    sharing.onAnswer?.(new Date(at), false)
    return value
  }

  async #fetch(
    key: string,
    options: InvokeOptions & { sharing: Sharing },
    call: Call,
  ): Promise<{ value: unknown; at: number }> {
    const { deadline, signal, sharing } = options
    for (let joined = false; ; joined = true) {
      const found = this.#flights.get(key)
      const running = found?.givenUp ? undefined : found
      const flight = running ?? this.#start(key, call, sharing.keep !== undefined)
      try {
        return { value: await flight.wait(deadline, signal), at: flight.startedAt }
      } catch (error) {
        if (error instanceof TooLate) throw this.#tooLate(signal)
        // It ran out of the time of those who were there before: who came later has time for a call of their own.
        const foreign = running !== undefined && !joined && error instanceof UpstreamError
        if (!foreign || error.code !== 'UPSTREAM_TIMEOUT' || signal?.aborted || Date.now() >= deadline) throw error
      }
    }
  }

  #start(key: string, call: Call, keep: boolean): Flight<unknown> {
    const generation = this.#generation
    const flight: Flight<unknown> = new Flight(async signal => {
      try {
        const value = await call(signal)
        if (keep && generation === this.#generation) this.#store.put(key, value, flight.startedAt)
        return value
      } finally {
        if (this.#flights.get(key) === flight) this.#flights.delete(key)
      }
    })
    this.#flights.set(key, flight)
    return flight
  }

  /** Fetches a newer answer while the old one is shown; several who see the old one ask once. */
  #renew(key: string, call: Call): void {
    if (this.#flights.has(key)) return
    this.#start(key, call, true)
      .wait(Date.now() + this.#patienceMs)
      .catch(error => {
        // What the system refuses now must not be shown from yesterday; a system in trouble is what the old answer is for.
        if (error instanceof UpstreamError && refusals.has(error.code)) this.#store.drop(key)
      })
  }

  #tooLate(signal: AbortSignal | undefined): UpstreamError {
    return new UpstreamError(
      'UPSTREAM_TIMEOUT',
      this.#system,
      signal?.aborted ? 'nobody waits for the answer any more' : 'did not answer before the deadline',
      { retryable: !signal?.aborted },
    )
  }
}

const refusals = new Set(['UPSTREAM_REFUSED', 'UPSTREAM_UNAUTHENTICATED'])
