import type { ReactNode } from 'react'
import type { ContentOf } from '../sdk/manifest.ts'
import { cellText, type Rendering, rowsAt, valueAt } from './cell.tsx'

const width = 400
const height = 96

/** One line over time with its first and last value named. */
export function TrendView({
  content,
  data,
  ...rendering
}: { content: ContentOf<'trend'>; data: unknown } & Rendering): ReactNode {
  const rows = rowsAt(data, content.rows)
  const values = rows.map(row => Number(valueAt(row, content.value)))
  const word = (row: unknown): string =>
    cellText({ path: content.value, format: content.format }, row, rendering)?.text ?? '—'
  const last = rows.at(-1)
  return (
    <figure>
      <svg
        className="chart"
        viewBox={`0 -4 ${width} ${height + 24}`}
        role="img"
        aria-label={rows.map(row => `${String(valueAt(row, content.key))}: ${word(row)}`).join(', ')}
      >
        <line className="base" x1="0" x2={width} y1={height} y2={height} />
        <path className="l1" d={linePath(values, width, height)} />
        <text x="0" y={height + 16}>
          {String(valueAt(rows[0], content.key) ?? '')}
        </text>
        <text className="e k" x={width} y={height + 16}>
          {last ? `${String(valueAt(last, content.key))}  ${word(last)}` : ''}
        </text>
      </svg>
    </figure>
  )
}

/** A polyline through values from zero to the largest. Gaps where a value is missing. */
export function linePath(values: readonly number[], across: number, down: number, floor = 0): string {
  const known = values.filter(Number.isFinite)
  const top = Math.max(...known, floor)
  const span = top - floor || 1
  let pen = 'M'
  return values
    .flatMap((value, index) => {
      if (!Number.isFinite(value)) {
        pen = 'M'
        return []
      }
      const x = values.length > 1 ? (index / (values.length - 1)) * across : across / 2
      const point = `${pen}${x.toFixed(1)} ${(down - ((value - floor) / span) * down).toFixed(1)}`
      pen = 'L'
      return [point]
    })
    .join('')
}
