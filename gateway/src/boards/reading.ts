/** One point of a figure's trend; decimals as strings. `key` is a month `2026-11` or a day `2026-11-22`. */
export type TrendPoint = { key: string; value: string; previous: string | null; target: string | null }

/** One part of a figure. */
export type BreakdownPart = {
  key: string
  label: { zh: string; en: string }
  value: string
  count: number | null
  note: { zh: string; en: string } | null
}

/** What one reading of a figure gave; decimals as strings, shares and changes as fractions (0.064 = 6.4 %). */
export type KpiReading = {
  value: string | null
  target: string | null
  /** value / target */
  progress: string | null
  /** relative change against the compared period; for `percent` figures the difference */
  comparison: string | null
  trend: TrendPoint[]
  breakdown: BreakdownPart[]
}
