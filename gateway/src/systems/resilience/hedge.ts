/** Why a call was given up: nobody waits for it any more, or another answered in its place. Says nothing of the system. */
export class NotWanted extends Error {}

/** Makes a call; when it has not ended after `afterMs` and `may()` agrees, makes it a second time. The first answer counts. */
export async function hedged<T>(
  call: (signal: AbortSignal) => Promise<T>,
  options: { afterMs: number; may: () => boolean; signal?: AbortSignal | undefined },
): Promise<T> {
  const first = new AbortController()
  const second = new AbortController()
  const { signal } = options
  const giveUp = (): void => {
    first.abort(signal?.reason)
    second.abort(signal?.reason)
  }
  if (signal?.aborted) giveUp()
  signal?.addEventListener('abort', giveUp)
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<T>((resolve, reject) => {
      let running = 1
      let failure: unknown
      const run = (own: AbortController, other: AbortController): void => {
        call(own.signal).then(
          answer => {
            other.abort(new NotWanted('another call answered first'))
            resolve(answer)
          },
          error => {
            running -= 1
            failure ??= error
            if (running === 0) reject(failure)
          },
        )
      }
      timer = setTimeout(() => {
        if (running === 0 || !options.may()) return
        running += 1
        run(second, first)
      }, options.afterMs)
      run(first, second)
    })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', giveUp)
  }
}
