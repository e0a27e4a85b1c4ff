import type { ReactNode } from 'react'
import { formatMoment, formatNumber, formatPercent, formatScaledMoney } from '../sdk/format.ts'
import type { ContentOf } from '../sdk/manifest.ts'
import type { Locale } from '../sdk/text.ts'
import { cellText, LineView, type Rendering, rowsAt, valueAt } from './cell.tsx'

const shades = ['q5', 'q4', 'q3', 'q2', 'q1']

/** A figure with its shares, or a board's figures with their targets. */
export function KpiView({
  content,
  data,
  ...rendering
}: { content: ContentOf<'kpi'>; data: unknown } & Rendering): ReactNode {
  return (
    <>
      {content.figure ? (
        <p className="figline">
          <b className="fig2">{cellText(content.figure, data, rendering)?.text ?? '—'}</b>
          {content.caption ? (
            <span className="dim small">
              <LineView line={content.caption} row={data} {...rendering} />
            </span>
          ) : null}
        </p>
      ) : null}
      {content.parts ? <Parts parts={content.parts} data={data} {...rendering} /> : null}
      {content.goals ? <Goals rows={rowsAt(data, content.goals.rows)} locale={rendering.locale} /> : null}
    </>
  )
}

function Parts({
  parts,
  data,
  ...rendering
}: { parts: NonNullable<ContentOf<'kpi'>['parts']>; data: unknown } & Rendering): ReactNode {
  const rows = rowsAt(data, parts.rows)
  const amounts = rows.map(row => Math.max(0, Number(valueAt(row, parts.share)) || 0))
  const total = amounts.reduce((sum, amount) => sum + amount, 0)
  const shade = (row: unknown, index: number): string =>
    parts.bad?.includes(String(valueAt(row, parts.key))) ? 'fbad' : (shades[index] ?? 'q1')
  let x = 0
  return (
    <>
      <svg className="chart agebar" viewBox="0 0 400 12" preserveAspectRatio="none" aria-hidden="true">
        {rows.map((row, index) => {
          const width = total > 0 ? ((amounts[index] ?? 0) / total) * 400 : 0
          const start = x
          x += width
          return (
            <rect
              key={String(valueAt(row, parts.key))}
              x={start}
              width={Math.max(0, width - 2)}
              height={12}
              className={shade(row, index)}
            />
          )
        })}
      </svg>
      <table className="table tight fit">
        <tbody>
          {rows.map((row, index) => (
            <tr key={String(valueAt(row, parts.key))}>
              <td>
                <svg className="key" viewBox="0 0 8 8" aria-hidden="true">
                  <rect width="8" height="8" className={shade(row, index)} />
                </svg>
                <LineView line={parts.label} row={row} {...rendering} />
              </td>
              <td className="num">
                <LineView line={parts.value} row={row} {...rendering} />
              </td>
              <td className="num dimmer">
                {total > 0 ? formatPercent((amounts[index] ?? 0) / total, rendering.locale) : '—'}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}

/** What a goal row needs of a figure of the boards. */
interface Goal {
  id: string
  name: string
  unit: string
  format: string
  value: string | null
  target: string | null
  progress: string | null
  judgement: string
  stale?: boolean
  at?: string | null
}

function Goals({ rows, locale }: { rows: unknown[]; locale: Locale }): ReactNode {
  return (
    <ul className="rows">
      {(rows as Goal[]).map(goal => (
        <GoalRow key={goal.id} goal={goal} locale={locale} />
      ))}
    </ul>
  )
}

function GoalRow({ goal, locale }: { goal: Goal; locale: Locale }): ReactNode {
  const value = goal.value === null ? undefined : figureOf(Number(goal.value), goal, locale)
  const target = goal.target === null ? undefined : figureOf(Number(goal.target), goal, locale)
  const progress = goal.progress === null ? undefined : Number(goal.progress)
  // A figure that is old says so instead of how far it is.
  const since = goal.stale && goal.at ? formatMoment(Date.parse(goal.at), locale) : undefined
  const words = since
    ? locale === 'en'
      ? `as of ${since}`
      : `停在 ${since}`
    : target && progress !== undefined
      ? locale === 'en'
        ? `${formatPercent(progress, locale)} of ${target.figure}${target.unit}`
        : `目标 ${target.figure} ${target.unit}，完成 ${formatPercent(progress, locale)}`
      : ''
  const length = Math.min(1, (progress ?? 0) / 1.25) * 400
  return (
    <li className={goal.stale ? 'goalrow old-data' : 'goalrow'}>
      <span className="gname">{goal.name}</span>
      <b className="gfig">
        {value?.figure ?? '—'}
        <span className="unit">{value?.unit}</span>
      </b>
      <span className={since ? 'gof warn' : 'gof'}>{words}</span>
      {progress !== undefined ? (
        <svg className="bullet" viewBox="0 0 400 10" preserveAspectRatio="none" aria-hidden="true">
          <rect className="fsunk2" width="400" height="4" y="3" />
          <rect className={goal.judgement === 'OFF_TARGET' ? 'fbad' : 'f1'} width={length} height="4" y="3" />
          <rect className="fink" x="320" width="1.5" height="10" />
        </svg>
      ) : null}
    </li>
  )
}

/** A board's value in the form its format asks for. */
export function figureOf(
  value: number,
  kpi: { format: string; unit: string },
  locale: Locale,
  largest = value,
): { figure: string; unit: string } {
  switch (kpi.format) {
    case 'money':
      return formatScaledMoney(value, locale, largest)
    case 'percent':
      return { figure: formatNumber(value * 100, locale, 1), unit: '%' }
    case 'hours':
      return { figure: formatNumber(value, locale, 1), unit: kpi.unit || (locale === 'en' ? 'h' : '小时') }
    case 'days':
      return { figure: formatNumber(value, locale, 1), unit: kpi.unit || (locale === 'en' ? 'days' : '天') }
    default:
      return { figure: formatNumber(value, locale, 0), unit: kpi.unit }
  }
}
