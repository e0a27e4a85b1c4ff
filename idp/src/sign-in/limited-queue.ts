/**
 * Runs at most `running` works at once and lets at most `waiting` wait, first come first served.
 * @returns a function that runs a work, or throws what `full` gives when the queue is full
 */
export function limitedQueue(options: { running: number; waiting: number; full: () => Error }) {
  const line: (() => void)[] = []
  let running = 0
  return async function run<T>(work: () => Promise<T>): Promise<T> {
    if (running >= options.running) {
      if (line.length >= options.waiting) throw options.full()
      // The one that ends hands its place on, so nobody who comes later can overtake.
      await new Promise<void>(resolve => line.push(resolve))
    } else {
      running += 1
    }
    try {
      return await work()
    } finally {
      const next = line.shift()
      if (next) next()
      else running -= 1
    }
  }
}
