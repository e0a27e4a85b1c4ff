import { linePath } from '@atrium/widgets/declarative'
import type { ReactNode } from 'react'
import type { KpiFields } from '../app/operations.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { useLocale } from '../ui/use-locale.ts'
import { monthTick } from './month.ts'
import { scaleTo } from './scale.ts'
import { shortFigure } from './words.ts'

const width = 427
const left = 44
const height = 140
const top = 14

/** A figure's course, from zero, with its last value at the end of the line. */
export function TrendLine({ kpi }: { kpi: KpiFields }): ReactNode {
  const t = useTexts()
  const locale = useLocale()
  const values = kpi.trend.map(point => Number(point.value))
  const scale = scaleTo(Math.max(...values), 4, kpi.format === 'count')
  const words = (value: number): string => shortFigure(value, kpi, locale, scale.top)
  const across = width - left - 8
  const y = (value: number): number => top + height - (value / scale.top) * height
  const last = values.at(-1) ?? 0
  // Beside the line's end, on the side the line does not come from, and never under the axis.
  const below = (values.at(-2) ?? 0) > last && last > scale.top / 5
  const ticks = [0, Math.floor((kpi.trend.length - 1) / 2), kpi.trend.length - 1]
  return (
    <svg
      className="chart"
      viewBox={`0 0 ${width} ${height + top + 30}`}
      role="img"
      aria-label={`${t('chart.trend', { name: kpi.name })}: ${kpi.trend.map((point, index) => `${point.key} ${words(values[index] ?? 0)}`).join(', ')}`}
    >
      {scale.marks.map(mark => (
        <g key={mark}>
          <line
            className={mark === 0 ? 'base' : 'grid'}
            x1={left}
            x2={width}
            y1={Math.round(y(mark)) + 0.5}
            y2={Math.round(y(mark)) + 0.5}
          />
          <text className="e" x={left - 8} y={y(mark) + 4}>
            {words(mark)}
          </text>
        </g>
      ))}
      <g transform={`translate(${left} ${top})`}>
        <path
          className="l1"
          d={linePath(
            [...values, scale.top],
            across * (values.length / Math.max(1, values.length - 1)),
            height,
          ).replace(/L[^L]*$/, '')}
        />
        <circle className="f1" cx={across} cy={y(last) - top} r="2.5" />
      </g>
      <text className="e k halo" x={width} y={y(last) + (below ? 18 : -9)}>
        {words(last)}
      </text>
      {ticks.map((index, place) => (
        <text
          key={index}
          className={place === 0 ? '' : place === 1 ? 'm' : 'e'}
          x={left + (index / Math.max(1, values.length - 1)) * across}
          y={height + top + 18}
        >
          {monthTick(kpi.trend[index]?.key ?? '', place === 0, locale)}
        </text>
      ))}
    </svg>
  )
}
