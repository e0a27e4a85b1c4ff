/** One expression over some records, as it is sent to the guarded process. */
export interface Job {
  id: number
  text: string
  records: unknown[]
  bindings: Record<string, unknown>
  /** most values and characters that may come of all records together */
  largest?: number
}

/** What the process answers: one value or fault a record, in their order. */
export interface Result {
  id: number
  answers: ({ value?: unknown } | { fault: string })[]
}
