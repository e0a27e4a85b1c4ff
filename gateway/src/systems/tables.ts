import type { ColumnType, Generated } from 'kysely'

/** What happened to a system, kept for the page of systems: state changes of the breaker, descriptions read or changed. */
export interface SystemEventTable {
  id: Generated<number>
  system: string
  kind: string
  text: ColumnType<{ zh: string; en: string }, string, string>
  at: ColumnType<Date, Date | undefined, never>
}

/** The description document a system had when it was last read, so that the gateway also starts while it is away. */
export interface SystemDescriptionTable {
  system: string
  hash: string
  document: string
  read_at: ColumnType<Date, Date | undefined, Date>
}

export interface SystemTables {
  system_event: SystemEventTable
  system_description: SystemDescriptionTable
}
