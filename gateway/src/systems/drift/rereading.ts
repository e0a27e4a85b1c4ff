import { now } from '@atrium/platform/clock'
import type { UpstreamError } from '../types.ts'

/** least time between two readings that calls make doubtful */
const doubtMs = 60_000

/** When a description is read again: on schedule, and soon when calls fail in a way that another one would explain. */
export class Rereading {
  readonly #everyMs: number
  #at = now().getTime()
  #doubted: boolean
  #busy = false

  /** @param soon it is to be read for the first time */
  constructor(everyMs: number, soon = false) {
    this.#everyMs = everyMs
    this.#doubted = soon
  }

  /** Something in the answers is not as it was. */
  doubt(): void {
    this.#doubted = true
  }

  failed({ code, status }: UpstreamError): void {
    if (code === 'UPSTREAM_BAD_ANSWER') this.doubt()
    if (code === 'UPSTREAM_REFUSED' && (status === 400 || status === 404 || status === 410 || status === 422))
      this.doubt()
  }

  due(): boolean {
    const age = now().getTime() - this.#at
    return !this.#busy && (age >= this.#everyMs || (this.#doubted && age >= doubtMs))
  }

  async run(read: () => Promise<void>): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    this.#at = now().getTime()
    this.#doubted = false
    try {
      await read()
    } finally {
      this.#busy = false
    }
  }
}
