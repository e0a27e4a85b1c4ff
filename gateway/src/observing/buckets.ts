// Each bucket ends a quarter above the one before: from 1 ms to 9.4 s, then everything longer.
const growth = 1.25
const count = 42
const ends = Array.from({ length: count }, (_, index) => growth ** index)

/** Counts of durations by how long they were. */
export type Buckets = number[]

export function noBuckets(): Buckets {
  return new Array<number>(count + 1).fill(0)
}

/** The bucket of a duration. */
export function bucketOf(ms: number): number {
  if (ms <= 1) return 0
  return Math.min(count, Math.ceil(Math.log(ms) / Math.log(growth)))
}

/** The duration below which a share of all lies, to within a bucket; null without any. */
export function percentileOf(buckets: readonly number[], share: number): number | null {
  const total = buckets.reduce((sum, one) => sum + one, 0)
  if (total === 0) return null
  const wanted = share * total
  let before = 0
  for (const [index, here] of buckets.entries()) {
    if (here > 0 && before + here >= wanted) {
      const from = index === 0 ? 0 : (ends[index - 1] as number)
      const to = ends[index] ?? from * growth
      return from + ((to - from) * (wanted - before)) / here
    }
    before += here
  }
  return ends.at(-1) ?? null
}
