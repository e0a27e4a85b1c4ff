import type { ColumnType } from 'kysely'

/** Who published, as the audit log names them. */
export type Author = { id: string; name?: string; kind: 'person' | 'client' }

type Written<T> = ColumnType<T, string, string>

export interface SystemRevisionTable {
  number: number
  at: ColumnType<Date, Date | undefined, never>
  author: Written<Author>
  comment: string
  rolled_back_to: number | null
}

export interface SystemRevisionEntryTable {
  revision: number
  system: string
  state: 'yaml' | 'removed' | 'file'
  yaml: string | null
}

export interface SystemSecretTable {
  system: string
  name: string
  sealed: string
  set_at: ColumnType<Date, Date | undefined, Date>
  set_by: Written<Author>
  version: ColumnType<number, number | undefined, number>
}

export interface PublishingTables {
  system_revision: SystemRevisionTable
  system_revision_entry: SystemRevisionEntryTable
  system_secret: SystemSecretTable
}
