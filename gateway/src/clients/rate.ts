/** A bucket of requests that fills evenly up to a burst. */
export interface Rate {
  /** Takes one request; 0 when it may go, else the seconds after which there is room again. */
  take(key: string, now: number): number
}

const mostKeys = 20_000

/**
 * Counts in this process: replicas behind a balancer each give the whole rate, as a shared count would cost every
 * request a round trip.
 */
export function createRate(perMinute: number, burst: number): Rate {
  const perMs = perMinute / 60_000
  const buckets = new Map<string, { left: number; at: number }>()
  return {
    take(key, now) {
      const bucket = buckets.get(key) ?? { left: burst, at: now }
      bucket.left = Math.min(burst, bucket.left + Math.max(0, now - bucket.at) * perMs)
      bucket.at = now
      // Set anew, so that the map stays in the order of use and the longest unused are forgotten first: they are full again.
      buckets.delete(key)
      buckets.set(key, bucket)
      if (buckets.size > mostKeys) buckets.delete(buckets.keys().next().value as string)
      if (bucket.left < 1) return Math.max(1, Math.ceil((1 - bucket.left) / perMs / 1000))
      bucket.left -= 1
      return 0
    },
  }
}
