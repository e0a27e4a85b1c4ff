const kept = 128
const enough = 20
const refreshEvery = 16

interface Ring {
  durations: number[]
  count: number
  p95: number | undefined
}

const mostOperations = 500

/** How long the last calls of each operation took. */
export class Latencies {
  #rings = new Map<string, Ring>()

  record(operation: string, ms: number): void {
    let ring = this.#rings.get(operation)
    if (!ring) {
      if (this.#rings.size >= mostOperations) return
      ring = { durations: [], count: 0, p95: undefined }
      this.#rings.set(operation, ring)
    }
    ring.durations[ring.count % kept] = ms
    ring.count += 1
    if (ring.count % refreshEvery === 0 || ring.count === enough) ring.p95 = percentile95(ring.durations)
  }

  /** 95th percentile of an operation's last calls, ms; undefined while too few were made. */
  p95(operation: string): number | undefined {
    const ring = this.#rings.get(operation)
    return ring && ring.count >= enough ? ring.p95 : undefined
  }
}

function percentile95(durations: readonly number[]): number {
  const sorted = durations.toSorted((a, b) => a - b)
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0
}
