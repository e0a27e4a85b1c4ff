/** What is answered with, and the promise that it stays as it is until it is given back. */
export interface Held<T> {
  value: T
  release(): void
}

/** Where each request and each operation of a socket takes what it is answered with, once, when it begins. */
export interface Editions<T> {
  /** the one that runs */
  current(): T
  /**
   * Holds the one that runs.
   * @param outdated is called when it was replaced so long ago that whoever still holds it should begin anew
   */
  take(outdated?: () => void): Held<T>
}

/** One edition for ever, e.g. of a test. */
export function always<T>(value: T): Editions<T> {
  return { current: () => value, take: () => ({ value, release: () => {} }) }
}

interface Kept<T> {
  value: T
  holders: Set<() => void>
  retire: (() => void) | undefined
}

/** Editions that follow one another; one that was replaced is let go of when nobody holds it any more. */
export class EditionShelf<T> implements Editions<T> {
  #current: Kept<T>
  #drainMs: number
  #old = new Set<Kept<T>>()

  /** @param drainMs how long whoever began with an edition may go on with it after it was replaced */
  constructor(first: T, drainMs: number) {
    this.#current = { value: first, holders: new Set(), retire: undefined }
    this.#drainMs = drainMs
  }

  current(): T {
    return this.#current.value
  }

  /** how many are in use, the running one included */
  get count(): number {
    return this.#old.size + 1
  }

  take(outdated?: () => void): Held<T> {
    const kept = this.#current
    // A function of its own for each holder: two may give the same.
    const holder = (): void => outdated?.()
    kept.holders.add(holder)
    return {
      value: kept.value,
      release: () => {
        if (kept.holders.delete(holder) && kept.holders.size === 0) kept.retire?.()
      },
    }
  }

  /**
   * Puts another in its place, between two requests.
   * @param retired is called once, when nobody holds the former any more
   */
  replace(next: T, retired: () => void): void {
    const former = this.#current
    this.#current = { value: next, holders: new Set(), retire: undefined }
    this.#old.add(former)
    const late = setTimeout(() => {
      for (const outdated of [...former.holders]) outdated()
    }, this.#drainMs).unref()
    former.retire = () => {
      former.retire = undefined
      clearTimeout(late)
      this.#old.delete(former)
      retired()
    }
    if (former.holders.size === 0) former.retire()
  }
}
