/** An answer of a system that is kept. */
export interface Kept {
  value: unknown
  /** when it was asked of the system, epoch ms */
  at: number
  bytes: number
}

/** Answers by key; those that were not wanted for the longest time make room when there is too much. */
export class AnswerStore {
  #maxBytes: number
  #bytes = 0
  #answers = new Map<string, Kept>()

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  get(key: string): Kept | undefined {
    const found = this.#answers.get(key)
    if (!found) return undefined
    // A map keeps the order of insertion: what is used moves to the end.
    this.#answers.delete(key)
    this.#answers.set(key, found)
    return found
  }

  put(key: string, value: unknown, at: number): void {
    this.drop(key)
    const bytes = key.length * 2 + sizeOf(value, this.#maxBytes)
    // One answer may not push out all the others.
    if (bytes > this.#maxBytes / 4) return
    this.#answers.set(key, { value, at, bytes })
    this.#bytes += bytes
    for (const [oldest, { bytes: freed }] of this.#answers) {
      if (this.#bytes <= this.#maxBytes) break
      this.#answers.delete(oldest)
      this.#bytes -= freed
    }
  }

  drop(key: string): void {
    const found = this.#answers.get(key)
    if (!found) return
    this.#answers.delete(key)
    this.#bytes -= found.bytes
  }

  clear(): void {
    this.#answers.clear()
    this.#bytes = 0
  }
}

// About what V8 needs; names of properties are shared by the rows and count as a slot.
function sizeOf(value: unknown, enough: number): number {
  let size = 0
  const open: unknown[] = [value]
  while (open.length > 0 && size <= enough) {
    const one = open.pop()
    if (typeof one === 'string') size += 24 + one.length * 2
    else if (one === null || typeof one !== 'object') size += 8
    else {
      const members = Array.isArray(one) ? one : Object.values(one)
      size += 32 + members.length * 8
      for (const member of members) open.push(member)
    }
  }
  return size
}
