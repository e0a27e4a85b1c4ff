import { figureOf } from '@atrium/widgets/declarative'
import { formatNumber } from '@atrium/widgets/sdk/format'
import type { ReactNode } from 'react'
import type { KpiFields } from '../app/operations.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { useLocale } from '../ui/use-locale.ts'
import { monthName, monthTick } from './month.ts'
import { scaleTo } from './scale.ts'

const width = 900
const floor = 200
const left = 44
const height = 180

/** Months of this year beside those of the last, with their targets; the unfinished month is pale. */
export function BarsByMonth({ kpi }: { kpi: KpiFields }): ReactNode {
  const t = useTexts()
  const locale = useLocale()
  const divisor = kpi.format === 'money' ? (locale === 'en' ? 1_000_000 : 10_000) : 1
  const points = kpi.trend.map(point => ({
    key: point.key,
    value: Number(point.value) / divisor,
    previous: point.previous === null ? undefined : Number(point.previous) / divisor,
    target: point.target === null ? undefined : Number(point.target) / divisor,
  }))
  const { top, marks } = scaleTo(
    Math.max(...points.flatMap(point => [point.value, point.previous ?? 0, point.target ?? 0])),
  )
  const y = (value: number): number => floor - (Math.max(0, value) / top) * height
  const slot = (width - left - 8) / Math.max(1, points.length)
  const last = points.at(-1)
  const words = (value: number): string => {
    const { figure, unit } = figureOf(value * divisor, kpi, locale)
    return `${figure}${unit}`
  }
  return (
    <>
      <p className="legend">
        <Key className="f1" label={t('chart.thisYear')} />
        <Key className="f0" label={t('chart.lastYear')} />
        <Key className="fink" label={t('chart.goal')} line />
        <span className="dimmer">
          {t(kpi.format === 'money' ? 'chart.note.money' : 'chart.note.plain', {
            month: last ? monthName(last.key, locale) : '',
          })}
        </span>
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: on a phone the chart scrolls sideways and must be reachable by keyboard */}
      <div className="hscroll" ref={showLatest} tabIndex={0}>
        <svg
          className="chart"
          viewBox={`0 0 ${width} 236`}
          role="img"
          aria-label={`${t('chart.sales', { name: kpi.name })}: ${points.map(point => `${point.key} ${words(point.value)}`).join(', ')}`}
        >
          {marks.map(mark => (
            <g key={mark}>
              <line
                className={mark === 0 ? 'base' : 'grid'}
                x1={left}
                x2={width}
                y1={y(mark) + 0.5}
                y2={y(mark) + 0.5}
              />
              <text className="e" x={left - 8} y={y(mark) + 4}>
                {formatNumber(mark, locale, 1)}
              </text>
            </g>
          ))}
          {points.map((point, index) => {
            const x = left + 14 + index * slot
            const unfinished = index === points.length - 1
            return (
              <g key={point.key}>
                <title>{`${point.key}: ${words(point.value)}`}</title>
                {point.previous === undefined ? null : (
                  <rect className="f0" x={x} width={10} y={y(point.previous)} height={floor - y(point.previous)} />
                )}
                <rect
                  className={unfinished ? 'f1 part' : 'f1'}
                  x={x + 12}
                  width={26}
                  y={y(point.value)}
                  height={floor - y(point.value)}
                />
                {point.target === undefined ? null : <path className="goal" d={`M${x + 8} ${y(point.target)}h34`} />}
                <text className={unfinished ? 'm k' : 'm'} x={x + 25} y={floor + 19}>
                  {monthTick(point.key, index === 0, locale)}
                </text>
              </g>
            )
          })}
        </svg>
      </div>
    </>
  )
}

// A chart wider than the window opens at its latest months.
function showLatest(scroller: HTMLDivElement | null): void {
  if (scroller) scroller.scrollLeft = scroller.scrollWidth
}

function Key({ className, label, line }: { className: string; label: string; line?: boolean }): ReactNode {
  return (
    <span>
      <svg className="key" viewBox="0 0 8 8" aria-hidden="true">
        <rect className={className} width="8" height={line ? 2 : 8} y={line ? 3 : 0} />
      </svg>
      {label}
    </span>
  )
}
