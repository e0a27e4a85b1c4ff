/** The time was over, or nobody waited any more, before the work was done. */
export class TooLate extends Error {}

/** The result of `work`, if it comes before `until` (epoch ms) and before `signal` is aborted. @throws TooLate */
export function inTime<T>(work: Promise<T>, until: number, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    const settle = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', giveUp)
    }
    const giveUp = (): void => {
      settle()
      reject(new TooLate('no time was left'))
    }
    // Whoever did not wait for the end is not told of it either: a promise settles once.
    work.then(
      value => {
        settle()
        resolve(value)
      },
      error => {
        settle()
        reject(error)
      },
    )
    if (signal?.aborted) giveUp()
    else {
      if (until !== Number.POSITIVE_INFINITY) timer = setTimeout(giveUp, Math.max(0, until - Date.now()))
      signal?.addEventListener('abort', giveUp)
    }
  })
}
