let read = (): Date => new Date()

/** The present moment. Every service asks here, so that a test can move time. */
export function now(): Date {
  return read()
}

/** Replaces the clock; call without an argument to return to real time. Returns nothing, throws nothing. */
export function setClock(clock?: () => Date): void {
  read = clock ?? (() => new Date())
}
