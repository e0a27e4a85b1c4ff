import type { ReactNode } from 'react'
import { qualityTexts } from './texts.ts'

const width = 84
const height = 18

/** A bar a day, newest at the right, from zero. */
export function DayBars({ values }: { values: readonly number[] }): ReactNode {
  const t = qualityTexts.useTexts()
  const top = Math.max(...values, 1)
  const step = width / values.length
  return (
    <svg
      className="chart daybars"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={t('quality.trend.of', { values: values.join(' ') })}
    >
      <line className="base" x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
      {values.map((value, day) => {
        const bar = value === 0 ? 0 : Math.max(1.5, (value / top) * (height - 2))
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a day has nothing but its place
            key={day}
            className="f1"
            x={(day * step).toFixed(2)}
            y={(height - bar).toFixed(2)}
            width={Math.max(0.6, step - Math.min(2, step / 4)).toFixed(2)}
            height={bar.toFixed(2)}
          />
        )
      })}
    </svg>
  )
}
