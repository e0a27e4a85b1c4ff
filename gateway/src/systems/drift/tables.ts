import type { ColumnType, Generated } from 'kysely'
import type { Text } from '../types.ts'
import type { Change, ChangeLevel } from './difference.ts'
import type { Risk } from './risk.ts'

type Json<T> = ColumnType<T, string, string>

export interface SystemDriftTable {
  id: Generated<string>
  system: string
  source: 'DESCRIPTION' | 'ANSWERS'
  level: ChangeLevel
  fingerprint: string
  fits: boolean
  changes: Json<Change[]>
  at_risk: Json<Risk[]>
  operations: Json<string[]>
  found_at: Generated<Date>
  acknowledged_at: Date | null
  acknowledged_by: ColumnType<{ id: string; name: Text } | null, string | null, string | null>
  comment: string | null
  ended_at: Date | null
}

export interface DriftTables {
  system_drift: SystemDriftTable
}
