import { figureOf } from '@atrium/widgets/declarative'
import { formatPercent } from '@atrium/widgets/sdk/format'
import type { ReactNode } from 'react'
import type { KpiFields } from '../app/operations.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { useLocale } from '../ui/use-locale.ts'

const width = 427
const step = 45
const shades = ['q5', 'q4', 'q3', 'q2']

/** Stages one below the other: amount, share of all, number. */
export function Funnel({ kpi }: { kpi: KpiFields }): ReactNode {
  const t = useTexts()
  const locale = useLocale()
  const amounts = kpi.breakdown.map(part => Math.max(0, Number(part.value)))
  const largest = Math.max(...amounts, 1)
  const total = amounts.reduce((sum, amount) => sum + amount, 0) || 1
  const words = (amount: number): string => {
    const { figure, unit } = figureOf(amount, kpi, locale)
    return `${figure}${locale === 'en' ? unit : ` ${unit}`}`
  }
  return (
    <svg
      className="chart"
      viewBox={`0 0 ${width} ${kpi.breakdown.length * step + 8}`}
      role="img"
      aria-label={`${kpi.name}: ${kpi.breakdown.map((part, index) => `${part.label} ${words(amounts[index] ?? 0)}`).join(', ')}`}
    >
      {kpi.breakdown.map((part, index) => {
        const amount = amounts[index] ?? 0
        const y = index * step
        return (
          <g key={part.key}>
            <text className="k" x="0" y={y + 18}>
              {part.label}
            </text>
            <text className="m" x={width / 2} y={y + 18}>
              {[
                part.count === null ? '' : t('chart.count', { count: part.count }),
                t('chart.conversion', { percent: formatPercent(amount / total, locale) }),
              ]
                .filter(Boolean)
                .join(' · ')}
            </text>
            <text className="e k" x={width} y={y + 18}>
              {words(amount)}
            </text>
            <rect
              className={shades[Math.min(index, shades.length - 1)]}
              x="0"
              y={y + 24}
              width={(amount / largest) * width}
              height="10"
            />
          </g>
        )
      })}
    </svg>
  )
}
