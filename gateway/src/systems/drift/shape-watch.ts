/** A mapped field as one system gives it. */
export interface Shape {
  entity: string
  field: string
}

/** Counts what mapped fields are read as; three additions a value, nothing else. */
export class ShapeCounters {
  readonly shapes: Shape[] = []
  readonly seen: number[] = []
  readonly nulls: number[] = []
  readonly unfit: number[] = []
  #slots = new Map<string, number>()

  /** The place of a field's counters; the same for every graph that has the field. */
  slot(entity: string, field: string): number {
    const id = `${entity} ${field}`
    let slot = this.#slots.get(id)
    if (slot === undefined) {
      slot = this.shapes.push({ entity, field }) - 1
      this.#slots.set(id, slot)
      for (const counts of [this.seen, this.nulls, this.unfit]) counts[slot] = 0
    }
    return slot
  }

  note(slot: number, empty: boolean, unfit: boolean): void {
    this.seen[slot] = (this.seen[slot] as number) + 1
    if (unfit) this.unfit[slot] = (this.unfit[slot] as number) + 1
    else if (empty) this.nulls[slot] = (this.nulls[slot] as number) + 1
  }
}

/** The counters of this process. */
export const shapeCounters = new ShapeCounters()

export interface ShapeAlarm extends Shape {
  kind: 'NULLS' | 'UNFIT'
  /** shares, 0 to 1 */
  before: number
  after: number
  over: boolean
}

interface Usual {
  seen: number
  nulls: number
  unfit: number
}

const leastSeen = 50
const leastLearned = 200
const kinds = [
  { kind: 'NULLS', count: 'nulls', usually: 0.05, alarm: 0.5 },
  { kind: 'UNFIT', count: 'unfit', usually: 0.02, alarm: 0.2 },
] as const

/**
 * Notices when a field that hardly ever was empty, or never broke its type, suddenly often does. What is usual is learned
 * from the windows before; a window is as long as it takes to see enough values.
 */
export class ShapeWatch {
  readonly #counters: ShapeCounters
  #last: Usual[] = []
  #usual: Usual[] = []
  #alarmed = new Map<string, number>()

  constructor(counters: ShapeCounters) {
    this.#counters = counters
  }

  /** What changed since it was asked last: new alarms, and those that are over. */
  look(): ShapeAlarm[] {
    const alarms: ShapeAlarm[] = []
    this.#counters.shapes.forEach((shape, slot) => {
      const now = this.#at(slot)
      const last = this.#last[slot] ?? { seen: 0, nulls: 0, unfit: 0 }
      const window = { seen: now.seen - last.seen, nulls: now.nulls - last.nulls, unfit: now.unfit - last.unfit }
      if (window.seen < leastSeen) return
      this.#last[slot] = now
      const usual = this.#usual[slot] ?? { seen: 0, nulls: 0, unfit: 0 }
      const found = kinds.flatMap(one => this.#judge(shape, one, usual, window))
      alarms.push(...found)
      // What is alarming does not become usual by lasting.
      const alarmed = kinds.some(({ kind }) => this.#alarmed.has(`${kind} ${slot}`))
      if (!alarmed) this.#usual[slot] = learned(usual, window)
    })
    return alarms
  }

  #judge(shape: Shape, one: (typeof kinds)[number], usual: Usual, window: Usual): ShapeAlarm[] {
    const { kind, count, usually, alarm } = one
    const id = `${kind} ${this.#counters.slot(shape.entity, shape.field)}`
    const [before, after] = [usual.seen === 0 ? 0 : usual[count] / usual.seen, window[count] / window.seen]
    const alarmed = this.#alarmed.get(id)
    if (alarmed !== undefined) {
      if (after >= alarm / 2) return []
      this.#alarmed.delete(id)
      return [{ ...shape, kind, before: alarmed, after, over: true }]
    }
    if (usual.seen < leastLearned || before > usually || after < alarm) return []
    this.#alarmed.set(id, before)
    return [{ ...shape, kind, before, after, over: false }]
  }

  #at(slot: number): Usual {
    const { seen, nulls, unfit } = this.#counters
    return { seen: seen[slot] ?? 0, nulls: nulls[slot] ?? 0, unfit: unfit[slot] ?? 0 }
  }
}

// Half of what was known counts beside what is new, once there is enough of it: the usual follows slow changes.
function learned(usual: Usual, window: Usual): Usual {
  const keep = usual.seen > 10_000 ? 0.5 : 1
  return {
    seen: usual.seen * keep + window.seen,
    nulls: usual.nulls * keep + window.nulls,
    unfit: usual.unfit * keep + window.unfit,
  }
}
