import type { ReactNode } from 'react'
import type { KpiFields } from '../app/operations.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { useLocale } from '../ui/use-locale.ts'
import { useNarrow } from '../ui/use-narrow.ts'
import { shortFigure } from './words.ts'

const width = 427
const step = 36
const most = 6
// 15.5 px instead of 12 px in pages.css
const phoneLetters = 1.3
const overdue = new Set(['OVER_60'])

/** The parts of a figure as bars from zero, each with its value. */
export function ShareBars({ kpi }: { kpi: KpiFields }): ReactNode {
  const t = useTexts()
  const locale = useLocale()
  const parts = kpi.breakdown.slice(0, most)
  const amounts = parts.map(part => Math.max(0, Number(part.value)))
  const largest = kpi.format === 'percent' ? Math.max(1, ...amounts) : Math.max(...amounts, Number.MIN_VALUE)
  const larger = useNarrow() ? phoneLetters : 1
  const words = (amount: number): string => shortFigure(amount, kpi, locale, largest)
  // A figure that is itself a number of records does not say it twice.
  const told = parts.some((part, index) => part.count !== null && part.count !== amounts[index])
  const counts = parts.map(part => (part.count === null || !told ? '' : t('chart.count', { count: part.count })))
  const widest = (texts: string[]): number => Math.max(0, ...texts.map(widthOf)) * larger
  const left = widest(parts.map(part => part.label)) + 12
  const values = widest(amounts.map(words)) + 12
  const length = width - left - values - widest(counts) - 16
  return (
    <svg
      className="chart"
      viewBox={`0 0 ${width} ${parts.length * step + 4}`}
      role="img"
      aria-label={`${kpi.name}: ${parts.map((part, index) => `${part.label} ${words(amounts[index] ?? 0)}`).join(', ')}`}
    >
      {parts.map((part, index) => {
        const amount = amounts[index] ?? 0
        const y = index * step
        return (
          <g key={part.key}>
            <text className="k" x="0" y={y + 23}>
              {part.label}
            </text>
            <rect className="fsunk2" x={left} y={y + 15} width={length} height="8" />
            <rect
              className={overdue.has(part.key) ? 'fbad' : 'f1'}
              x={left}
              y={y + 15}
              width={(amount / largest) * length}
              height="8"
            />
            <text className="e k2" x={width - values} y={y + 23}>
              {counts[index]}
            </text>
            <text className="e k" x={width} y={y + 23}>
              {words(amount)}
            </text>
          </g>
        )
      })}
    </svg>
  )
}

// 汉字 fill their em, Latin letters about half of it.
function widthOf(label: string): number {
  return [...label].reduce((sum, letter) => sum + (/[\u2e80-\uffef]/.test(letter) ? 12 : 6.8), 0)
}
