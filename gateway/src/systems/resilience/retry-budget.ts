/**
 * Keeps retries a small share of the calls, so that a system in trouble is not buried under them: each call earns a
 * tenth of a retry, at most ten can be saved.
 */
export class RetryBudget {
  #saved: number
  #share: number
  #most: number

  constructor(share = 0.1, most = 10) {
    this.#share = share
    this.#most = most
    this.#saved = most
  }

  earn(): void {
    this.#saved = Math.min(this.#most, this.#saved + this.#share)
  }

  /** Takes one retry, if there is one. */
  spend(): boolean {
    if (this.#saved < 1) return false
    this.#saved -= 1
    return true
  }
}

/** Full jitter: anything between nothing and 50 ms doubled with each attempt, ms. */
export function backoff(attempt: number): number {
  return Math.random() * 50 * 2 ** attempt
}
