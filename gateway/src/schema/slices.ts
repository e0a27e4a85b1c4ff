/** Work that can be paused: it yields wherever somebody else may have a turn, and returns its result. */
export type Slices<T> = Generator<void, T>

/** Does the work at once, as a start or a test may. */
export function atOnce<T>(work: Slices<T>): T {
  let step = work.next()
  while (!step.done) step = work.next()
  return step.value
}

/**
 * Does the work beside whatever else the process has to do: after `ms` of it the event loop goes round.
 * @param signal ends it between two slices
 */
export async function inSlices<T>(work: Slices<T>, ms = 4, signal?: AbortSignal): Promise<T> {
  for (;;) {
    const until = performance.now() + ms
    do {
      const step = work.next()
      if (step.done) return step.value
    } while (performance.now() < until)
    await turn()
    signal?.throwIfAborted()
  }
}

/** One round of the event loop: what has arrived meanwhile is served first. */
export async function turn(): Promise<void> {
  await new Promise<void>(resolve => setImmediate(resolve))
}
