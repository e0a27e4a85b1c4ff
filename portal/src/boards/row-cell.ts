import { formatDay, formatMoment, formatNumber } from '@atrium/widgets/sdk/format'
import type { Locale } from '@atrium/widgets/sdk/text'

/** A cell of the rows behind a figure: numbers with separators, moments and dates in the reader's form. */
export function cellOf(cell: string | null, align: string | undefined, locale: Locale): string {
  if (cell === null || cell === '') return '—'
  if (align === 'end' && /^-?\d+(\.\d+)?$/.test(cell)) return formatNumber(Number(cell), locale, 2)
  if (/^\d{4}-\d\d-\d\d$/.test(cell)) return formatDay(Date.parse(`${cell}T12:00:00`), locale)
  if (/^\d{4}-\d\d-\d\dT/.test(cell)) return formatMoment(Date.parse(cell), locale)
  return cell
}
