/** What is told from now on, as an async iterator. */
export function heard(ears: Set<(value: object) => void>): AsyncIterableIterator<object> {
  const waiting: object[] = []
  let wake: (() => void) | undefined
  let ended = false
  const ear = (value: object): void => {
    waiting.push(value)
    wake?.()
  }
  ears.add(ear)
  return {
    async next() {
      for (;;) {
        if (ended) return { done: true, value: undefined }
        const value = waiting.shift()
        if (value) return { done: false, value }
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    },
    async return() {
      ended = true
      ears.delete(ear)
      wake?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
