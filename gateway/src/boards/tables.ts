import type { ColumnType, Generated } from 'kysely'
import type { KpiReading } from './reading.ts'

/** The last value of each figure, and the state of the work that keeps it fresh. */
export interface KpiValueTable {
  kpi: string
  /** '' = the whole company, else the digest of the user ids in `owners` */
  subject: string
  /** digest of the definition it was computed by: a value of another definition is not shown */
  definition: string
  reading: ColumnType<KpiReading | null, string | null, string | null>
  /** when the system gave the value */
  at: Date | null
  read_at: Date | null
  error_code: string | null
  error_since: Date | null
  failures: Generated<number>
  due_at: Generated<Date>
  claim: string | null
  locked_until: Date | null
  owners: string[] | null
  looked_at: Generated<Date>
}

export interface KpiHistoryTable {
  kpi: string
  subject: string
  day: string
  value: string
}

export interface BoardTables {
  kpi_value: KpiValueTable
  kpi_history: KpiHistoryTable
}
