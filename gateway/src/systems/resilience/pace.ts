import { now } from '@atrium/platform/clock'

/** The system is not to be asked before `until`, and the call cannot wait that long. */
export class TooSoon extends Error {
  readonly until: Date

  constructor(until: number) {
    super(`is not to be asked before ${new Date(until).toISOString()}`)
    this.until = new Date(until)
  }
}

/** Why a system is left alone: it said how long, or it only said that it was too much. */
export interface Pause {
  until: Date
  told: boolean
}

// However far away a system says it wants to be asked again, an hour later it is tried.
const longestPause = 3_600_000
const firstPause = 500
const longestGuess = 60_000

/**
 * Keeps to the pace that a vendor allows: no more than so many calls in any second and any minute, and none while the
 * system has said that it wants to be left alone (429, or 503 with Retry-After).
 */
export class Pace {
  #windows: Window[]
  #onPause: (pause: Pause | null) => void
  #pausedUntil = 0
  #told = false
  #refusals = 0

  constructor(
    limits: { perSecond?: number | undefined; perMinute?: number | undefined },
    onPause: (pause: Pause | null) => void = () => {},
  ) {
    this.#windows = []
    if (limits.perSecond) this.#windows.push(new Window(limits.perSecond, 1000))
    if (limits.perMinute) this.#windows.push(new Window(limits.perMinute, 60_000))
    this.#onPause = onPause
  }

  /** Why and until when nothing is sent; null when the system may be asked. */
  get pause(): Pause | null {
    return this.#pausedUntil > now().getTime() ? { until: new Date(this.#pausedUntil), told: this.#told } : null
  }

  /**
   * Waits for the call's turn.
   * @returns undefined for a system that sets no pace
   * @throws TooSoon when the turn would come after `until` (epoch ms)
   */
  take(until: number, signal?: AbortSignal): Promise<void> | undefined {
    const at = now().getTime()
    if (this.#windows.length === 0 && this.#pausedUntil <= at) return undefined
    return this.#turn(at, until, signal)
  }

  async #turn(at: number, until: number, signal?: AbortSignal): Promise<void> {
    const turn = Math.max(at, this.#pausedUntil, ...this.#windows.map(window => window.next(at)))
    if (turn > until) throw new TooSoon(turn)
    for (const window of this.#windows) window.reserve(turn)
    if (turn > at) await pass(turn - at, signal)
    // The system may have asked for a pause meanwhile.
    if (this.#pausedUntil > Math.max(turn, now().getTime())) throw new TooSoon(this.#pausedUntil)
  }

  /**
   * The system said that it is asked too much.
   * @param retryAfter its own word for how long it wants to be left alone (seconds, or an HTTP date)
   * @returns whether this is news, and not the answer to a call that was sent before the pause began
   */
  refused(retryAfter?: string): boolean {
    const at = now().getTime()
    const running = this.#pausedUntil > at
    const told = retryAfter === undefined ? null : readRetryAfter(retryAfter, at)
    if (running && told === null) return false
    if (!running) this.#refusals += 1
    const guess = Math.min(longestGuess, firstPause * 2 ** (this.#refusals - 1)) * (0.75 + Math.random() / 2)
    const until = at + Math.min(longestPause, told ?? guess)
    if (until <= this.#pausedUntil) return false
    // Calls that were under way together are answered within moments of one another, and tell the same.
    const longer = until - this.#pausedUntil > 1000
    this.#pausedUntil = until
    this.#told = told !== null
    if (longer) this.#onPause(this.pause)
    return !running
  }

  /** An answer that shows that the system takes calls again. */
  accepted(): void {
    if (this.#refusals === 0 || this.#pausedUntil > now().getTime()) return
    this.#refusals = 0
    this.#onPause(null)
  }

  /** Ends a pause, because somebody wants to see for themselves. */
  lift(): void {
    this.#pausedUntil = 0
  }
}

/** Milliseconds that a Retry-After asks for; null when it makes no sense. */
export function readRetryAfter(text: string, at: number): number | null {
  const word = text.trim()
  if (/^\d{1,9}$/.test(word)) return Number(word) * 1000
  const date = Date.parse(word)
  return /[a-z]/i.test(word) && !Number.isNaN(date) ? Math.max(0, date - at) : null
}

// Calls arrive some time after they were sent, and not all of them as much: a vendor must not see them closer together.
const margin = 1.02

/**
 * At most `most` calls within any `length` ms. A bucket of tokens would let twice as many through around the moment at
 * which it is full, and vendors count that as too many.
 */
class Window {
  #turns: number[] = []
  #oldest = 0
  #most: number
  #length: number

  constructor(most: number, length: number) {
    this.#most = most
    this.#length = length
  }

  /** The earliest moment for one more call. */
  next(at: number): number {
    return this.#turns.length < this.#most ? at : (this.#turns[this.#oldest] as number) + this.#length * margin
  }

  reserve(turn: number): void {
    if (this.#turns.length < this.#most) {
      this.#turns.push(turn)
      return
    }
    this.#turns[this.#oldest] = turn
    this.#oldest = (this.#oldest + 1) % this.#most
  }
}

function pass(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    signal?.addEventListener('abort', done)
  })
}
