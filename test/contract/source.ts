/** A record of a fake upstream. The values are such as get lost: many digits, leading zeros, quotes, markup. */
export interface Thing {
  id: string
  group: string
  name: string
  amount: string
  big: string
  at: string
}

export interface Wanted {
  field: 'id' | 'group' | undefined
  values: string[]
  offset: number
  limit: number
}

const trickyIds = ["O'Brien", 'a/b c', '客户-1', '0012', '12', '1e3', 'null', 'A&B <x>', 'true', '%2F', 'constructor']

export const things: readonly Thing[] = Array.from({ length: 44 }, (_, index) => ({
  id: trickyIds[index] ?? `t${index}`,
  group: `g${index % 5}`,
  name: [`名称 ${index}`, `a "quoted" one's`, '<b>&amp;</b> ]]>', `tail\\n${index}`][index % 4] as string,
  amount: `${12345678901234567n + BigInt(index)}.${String(index % 90).padStart(2, '0')}`,
  big: String(9007199254740993n + BigInt(index) * 2n),
  at: new Date(Date.UTC(2026, 0, 1 + index, index % 24, 30)).toISOString().replace('.000Z', 'Z'),
}))

/** The data behind a fake upstream, answered as a hostile system would. */
export class Source {
  /** what becomes of the rows of an answer; what is no record any more shows systems that check nothing */
  spoil: (rows: Thing[]) => unknown[] = rows => rows
  /** what becomes of the answers of a batch */
  spoilBatch: <T>(answers: T[]) => T[] = answers => answers
  /** most rows a page has, in protocols by which a system may end its pages early */
  pageSize = 1000

  find({ field, values, offset, limit }: Wanted): { rows: unknown[]; total: number } {
    const found = things.filter(thing => field === undefined || values.includes(thing[field]))
    return { rows: this.spoil(found.slice(offset, offset + limit)), total: found.length }
  }

  calm(): void {
    this.spoil = rows => rows
    this.spoilBatch = answers => answers
    this.pageSize = 1000
  }
}

/** Numbers that are the same for the same seed. */
export function randomBy(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296
    return state / 4294967296
  }
}

export function shuffled<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map(one => ({ one, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one)
}
