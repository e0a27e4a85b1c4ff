import { setImmediate } from 'node:timers/promises'
import type { GraphQLError } from 'graphql'
import { isPromise, listPlace, type Place, type ReadObject, type Run } from './complete.ts'

/** A fragment with @defer at one place of the answer. */
export interface Part {
  readonly label: string | undefined
  readonly path: readonly (string | number)[]
  /** the part in whose data its place is; none for what stands in the first answer */
  readonly within: Part | undefined
  readonly errors: GraphQLError[]
  /** null when it failed as a whole */
  data: Data | null
  done: boolean
  told: boolean
  /** its place is not there: it will never be told */
  lost: boolean
}

/** A part as it is delivered: its errors are its own, whatever became of the rest. */
export interface PartResult {
  data: Record<string, unknown> | null
  path: readonly (string | number)[]
  label: string | undefined
  errors: readonly GraphQLError[]
}

type Data = Record<string | number, unknown>

// What is deferred costs more than a value; beyond so many the rest comes with what it stands in.
const mostParts = 1000

/**
 * The parts of one answer that are delivered later. They are read at the same moment as all else, so that they share its
 * calls; only their delivery waits. A part is told after the one it stands in, and not at all when its place was lost.
 */
export class Parts {
  #waiting = new Set<Part>()
  #begun = 0
  #answer: unknown
  #closed = false
  #stopped = false
  #wake: (() => void) | undefined

  /** Whether so many more may begin; @defer is a wish that a server may leave unheard. */
  takes(count: number): boolean {
    return this.#begun + count <= mostParts
  }

  begin(label: string | undefined, read: ReadObject, source: unknown, place: Place | undefined, run: Run): void {
    const within = run.part
    // What comes so late belongs to an object that was lost in the meantime.
    if (this.#stopped || (within ? within.done || within.lost : this.#closed)) return
    this.#begun += 1
    const path = listPlace(place)
    const part: Part = { label, path, within, errors: [], data: null, done: false, told: false, lost: false }
    this.#waiting.add(part)
    const settle = (data: unknown): void => {
      part.data = data as Data
      part.done = true
      this.#wake?.()
    }
    const failed = (error: unknown): void => {
      part.errors.push(error as GraphQLError)
      settle(null)
    }
    try {
      const data = read(source, place, { ...run, errors: part.errors, part })
      if (isPromise(data)) data.then(settle, failed)
      else settle(data)
    } catch (error) {
      failed(error)
    }
  }

  /** Completes the first answer: what is ready by now, and whole, is sent in it. */
  async close(answer: Record<string, unknown> | null): Promise<void> {
    this.#answer = answer
    this.#closed = true
    // What came with the same answers of systems is ready a few turns of the queue later.
    if (this.more && [...this.#waiting].some(part => !part.done)) await setImmediate()
    this.#take(part => part.done && part.errors.length === 0)
  }

  /** whether something is still to be told */
  get more(): boolean {
    return !this.#stopped && this.#waiting.size > 0
  }

  /** Resolves with what has become ready, each part after the one it stands in; empty when nothing is left. */
  async next(): Promise<PartResult[]> {
    for (;;) {
      const ready = this.#take(part => part.done)
      if (ready.length > 0 || !this.more) return ready
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
      // The parts of a list become ready together, in turns of the queue.
      if (!this.#stopped) await setImmediate()
    }
  }

  /** Nobody listens any more. */
  stop(): void {
    this.#stopped = true
    this.#waiting.clear()
    this.#wake?.()
  }

  #take(isReady: (part: Part) => boolean): PartResult[] {
    const ready: PartResult[] = []
    let before: number
    do {
      before = this.#waiting.size
      for (const part of this.#waiting) {
        const { within, path } = part
        if (!this.#stands(part)) part.lost = true
        else if (within?.told === false || !isReady(part)) continue
        this.#waiting.delete(part)
        if (part.lost) continue
        part.told = true
        if (part.data) fit(at(this.#answer, path) as Data, part.data)
        ready.push({ data: part.data, path, label: part.label, errors: part.errors })
      }
    } while (this.#waiting.size < before)
    return ready
  }

  /** Whether the place of a part is still there, as far as it is known. */
  #stands({ within, path }: Part): boolean {
    if (within?.lost) return false
    if (within && !within.told) return !within.done || within.data !== null
    const inPart = within ? at(within.data, path.slice(within.path.length)) : this.#answer
    return isObject(inPart) && isObject(at(this.#answer, path))
  }
}

/**
 * Lays a part over what was told before. What was told is not taken back: where the part lost what is there already it says
 * nothing, and what was told to be lost stays so.
 */
function fit(told: Data, part: Data): void {
  for (const key of Object.keys(part)) {
    const [before, now] = [told[key], part[key]]
    if (before === undefined) told[key] = copy(now)
    else if (before === null) part[key] = null
    else if (now === null) {
      if (Array.isArray(part)) part[key as unknown as number] = {}
      else delete part[key]
    } else if (isObject(before) && isObject(now)) fit(before, now)
  }
}

/** What is told is copied: what is laid over it later must not show in a payload that is still to be sent. */
function copy(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(copy)
  if (!isObject(data) || Object.getPrototypeOf(data) !== Object.prototype) return data
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, copy(value)]))
}

function at(data: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), data)
}

function isObject(value: unknown): value is Data {
  return typeof value === 'object' && value !== null
}
