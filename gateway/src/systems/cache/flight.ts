import { now } from '@atrium/platform/clock'
import { NotWanted } from '../resilience/hedge.ts'
import { inTime } from '../resilience/in-time.ts'

/**
 * One call that several wait for. Whoever's time is over or who goes away leaves alone; the call itself is given up only
 * when the last one has left.
 */
export class Flight<T> {
  readonly startedAt = now().getTime()
  #answer: Promise<T>
  #abort = new AbortController()
  #waiting = 0
  #settled = false

  constructor(call: (signal: AbortSignal) => Promise<T>) {
    this.#answer = call(this.#abort.signal)
    // Each who waits is told; nobody is left to be told when all have gone.
    const settled = (): void => {
      this.#settled = true
    }
    this.#answer.then(settled, settled)
  }

  /** Nobody waits for it any more, so it is of no use to whoever comes. */
  get givenUp(): boolean {
    return this.#abort.signal.aborted
  }

  /** @throws TooLate when `until` (epoch ms) has come or `signal` was aborted before the answer */
  async wait(until: number, signal?: AbortSignal): Promise<T> {
    this.#waiting += 1
    try {
      return await inTime(this.#answer, until, signal)
    } finally {
      this.#waiting -= 1
      // A system whose callers ran out of time was too slow; one whose callers went away did nothing wrong.
      if (this.#waiting === 0 && !this.#settled)
        this.#abort.abort(signal?.aborted ? new NotWanted('nobody waits') : undefined)
    }
  }
}
