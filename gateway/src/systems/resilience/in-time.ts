/** The time was over, or nobody waited any more, before the work was done. */
export class TooLate extends Error {}

/** The result of `work`, if it comes before `until` (epoch ms) and before `signal` is aborted. @throws TooLate */
export async function inTime<T>(work: Promise<T>, until: number, signal?: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  let giveUp = (): void => {}
  const end = new Promise<never>((_, reject) => {
    giveUp = () => reject(new TooLate('no time was left'))
    if (signal?.aborted) giveUp()
    else if (until !== Number.POSITIVE_INFINITY) timer = setTimeout(giveUp, Math.max(0, until - Date.now()))
  })
  signal?.addEventListener('abort', giveUp)
  try {
    return await Promise.race([work, end])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', giveUp)
    // Whoever did not wait for the end is not told of it either.
    work.catch(() => {})
  }
}
