/** No room: too many calls are under way and too many wait. */
export class BulkheadFull extends Error {}

interface Waiter {
  enter: () => void
  leave: (error: Error) => void
  timer: NodeJS.Timeout
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
   * Waits for room, at most until `deadline`. The caller must call `leave` afterwards.
   * @throws BulkheadFull
   */
  async enter(deadline: number): Promise<void> {
    if (this.#running < this.#concurrent) {
      this.#running += 1
      return
    }
    if (this.#queue.length >= this.#capacity) throw new BulkheadFull('too many calls wait')
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        enter: resolve,
        leave: reject,
        timer: setTimeout(
          () => {
            this.#queue.splice(this.#queue.indexOf(waiter), 1)
            reject(new BulkheadFull('no room before the deadline'))
          },
          Math.max(0, deadline - Date.now()),
        ),
      }
      this.#queue.push(waiter)
    })
  }

  leave(): void {
    const next = this.#queue.shift()
    if (!next) {
      this.#running -= 1
      return
    }
    clearTimeout(next.timer)
    next.enter()
  }
}
