import type { ColumnType } from 'kysely'
import type { KpiReading } from './reading.ts'

/** The last value of each figure, and the state of the work that keeps it fresh. */
export interface KpiValueTable {
  kpi: string
  /** '' = the whole company, else the digest of the people whose records it covers */
  subject: string
  /** digest of the definition it was computed by: a value of another definition is not shown */
  definition: string
  reading: ColumnType<KpiReading | null, string | null, string | null>
  /** when the system gave the value */
  at: Date | null
  error_code: string | null
  error_since: Date | null
  failures: number
  due_at: Date
  locked_until: Date | null
  /** native ids of the people it covers; null = everybody */
  owners: string[] | null
}

export interface BoardTables {
  kpi_value: KpiValueTable
}
