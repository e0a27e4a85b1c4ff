/** No room: too many calls are under way and too many wait. */
export class BulkheadFull extends Error {}

interface Waiter {
  enter: () => void
}

/** Bounds the calls to one system that are under way, so that a slow system holds up only those who need it. */
export class Bulkhead {
  #concurrent: number
  #capacity: number
  #running = 0
  #queue: Waiter[] = []

  constructor(concurrent: number, waiting: number) {
    this.#concurrent = concurrent
    this.#capacity = waiting
  }

  /**
   * Waits for room, at most until `deadline` or until `signal` is aborted. The caller must call `leave` afterwards.
   * @returns undefined when there is room at once
   * @throws BulkheadFull, at once or later
   */
  enter(deadline: number, signal?: AbortSignal): Promise<void> | undefined {
    if (this.#running < this.#concurrent) {
      this.#running += 1
      return undefined
    }
    if (this.#queue.length >= this.#capacity) throw new BulkheadFull('too many calls wait')
    return new Promise<void>((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', giveUp)
      }
      const waiter: Waiter = {
        enter() {
          settle()
          resolve()
        },
      }
      const giveUp = (): void => {
        settle()
        this.#queue.splice(this.#queue.indexOf(waiter), 1)
        reject(new BulkheadFull('no room before the deadline'))
      }
      const timer = setTimeout(giveUp, Math.max(0, deadline - Date.now()))
      signal?.addEventListener('abort', giveUp)
      this.#queue.push(waiter)
    })
  }

  leave(): void {
    const next = this.#queue.shift()
    if (!next) {
      this.#running -= 1
      return
    }
    next.enter()
  }
}
