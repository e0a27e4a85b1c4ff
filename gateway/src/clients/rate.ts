/** A bucket of requests for each key, which fills evenly up to a burst. */
export interface Rate {
  /** Takes one request; 0 when it may go, else the seconds after which there is room again. */
  take(key: string, now: number): number
  /** What was taken since it was asked for last, as the ms that it takes to fill again; at most `most` keys. */
  taken(most: number): Map<string, number>
  /** Learns how many ms of all gateways' bucket are to be filled again; what was taken here since comes on top. */
  learn(key: string, owedMs: number, now: number): void
  /** Counts what was taken for the next time: nobody was told of it. */
  keep(taken: ReadonlyMap<string, number>): void
}

interface Bucket {
  /** when it is full again, ms */
  fullAt: number
  /** of what was taken here, what the others were not told */
  untold: number
}

const mostKeys = 20_000

/** @param burst how many may go at once when it is full */
export function createRate(perMinute: number, burst: number): Rate {
  const costMs = 60_000 / perMinute
  const buckets = new Map<string, Bucket>()
  const untold = new Set<string>()
  return {
    take(key, now) {
      const bucket = buckets.get(key) ?? { fullAt: now, untold: 0 }
      bucket.fullAt = Math.max(bucket.fullAt, now)
      // Set anew, so that the map stays in the order of use and the longest unused are forgotten first: they are full again.
      buckets.delete(key)
      buckets.set(key, bucket)
      if (buckets.size > mostKeys) {
        const [oldest] = buckets.keys()
        buckets.delete(oldest as string)
        untold.delete(oldest as string)
      }
      const left = burst - (bucket.fullAt - now) / costMs
      if (left < 1) return Math.max(1, Math.ceil(((1 - left) * costMs) / 1000))
      bucket.fullAt += costMs
      bucket.untold += costMs
      untold.add(key)
      return 0
    },
    taken(most) {
      const result = new Map<string, number>()
      for (const key of untold) {
        if (result.size === most) break
        const bucket = buckets.get(key)
        if (bucket) {
          result.set(key, bucket.untold)
          bucket.untold = 0
        }
        untold.delete(key)
      }
      return result
    },
    learn(key, owedMs, now) {
      const bucket = buckets.get(key)
      if (bucket) bucket.fullAt = now + owedMs + bucket.untold
    },
    keep(taken) {
      for (const [key, ms] of taken) {
        const bucket = buckets.get(key)
        if (!bucket) continue
        bucket.untold += ms
        untold.add(key)
      }
    },
  }
}
