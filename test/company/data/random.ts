/** A repeatable source of chance: the same seed gives the same company in every run. */
export type Random = {
  /** 0 ≤ x < 1 */
  next(): number
  /** Whole number, both ends included. */
  int(min: number, max: number): number
  pick<T>(list: readonly T[]): T
  /** True with probability `p`. */
  chance(p: number): boolean
  /** Picks by weight: `weighted([['a', 3], ['b', 1]])`. */
  weighted<T>(list: readonly (readonly [T, number])[]): T
}

/** @param seed a different subject takes a different seed, so that a change in one leaves the others as they are */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  // mulberry32: small, fast, good enough for sample data
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const int = (min: number, max: number) => min + Math.floor(next() * (max - min + 1))
  return {
    next,
    int,
    pick: list => list[Math.floor(next() * list.length)]!,
    chance: p => next() < p,
    weighted: list => {
      let rest = next() * list.reduce((sum, [, weight]) => sum + weight, 0)
      for (const [value, weight] of list) {
        rest -= weight
        if (rest < 0) return value
      }
      return list.at(-1)![0]
    },
  }
}
