import type { ColumnType, Generated } from 'kysely'

/** What happened to a system, kept for the page of systems: state changes of the breaker, descriptions read or changed. */
export interface SystemEventTable {
  id: Generated<number>
  system: string
  kind: string
  text: ColumnType<{ zh: string; en: string }, string, string>
  at: ColumnType<Date, Date | undefined, never>
}

export interface SystemTables {
  system_event: SystemEventTable
}
