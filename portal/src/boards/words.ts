import { figureOf } from '@atrium/widgets/declarative'
import { formatPercent } from '@atrium/widgets/sdk/format'
import type { Locale } from '@atrium/widgets/sdk/text'
import type { KpiFields } from '../app/operations.ts'

type Measured = Pick<KpiFields, 'format' | 'unit'>

/** A value beside others of its figure: in English with its scale (¥21.8M), in Chinese without, since the title names 万元. */
export function shortFigure(value: number, kpi: Measured, locale: Locale, largest = value): string {
  const { figure, unit } = figureOf(value, kpi, locale, largest)
  return unit === '%' || (kpi.format === 'money' && locale === 'en') ? `${figure}${unit}` : figure
}

/** A value that stands alone, with its unit: 2,501 万元, ¥25.01M, 24.1 h. */
export function wholeFigure(value: number, kpi: Measured, locale: Locale): string {
  const { figure, unit } = figureOf(value, kpi, locale)
  return unit === '%' || (kpi.format === 'money' && locale === 'en')
    ? `${figure}${unit}`
    : `${figure}\u00a0${unit}`.trim()
}

/** How much of the target is there; what misses it by little does not read as the whole. */
export function progressWords(kpi: Pick<KpiFields, 'progress' | 'judgement'>, locale: Locale): string {
  if (kpi.progress === null) return '—'
  const whole = formatPercent(Number(kpi.progress), locale)
  return whole === '100%' && kpi.judgement === 'OFF_TARGET' ? formatPercent(Number(kpi.progress), locale, 1) : whole
}
