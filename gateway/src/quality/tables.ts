/** Counts by day; see migrations/0421_quality.sql. `day` is YYYY-MM-DD, selected as text. */
export interface QualityTables {
  quality_fault: {
    day: string
    system: string
    type: string
    field: string
    rule: string
    faults: number
    first_seen: Date
    last_seen: Date
  }
  quality_checked: { day: string; system: string; type: string; records: number }
  quality_record: {
    system: string
    type: string
    field: string
    rule: string
    key: string
    value: string | null
    masked: boolean
    seen: number
    first_seen: Date
    last_seen: Date
  }
}
