import type { SystemRow } from './systems-page.tsx'

/** A line without axes, newest at the right. */
export function Spark({ points }: { points: number[] }) {
  if (points.length < 2) return null
  const top = Math.max(...points, 1)
  const path = points
    .map(
      (value, i) =>
        `${i === 0 ? 'M' : 'L'}${((i / (points.length - 1)) * 84).toFixed(1)} ${(16 - (value / top) * 14).toFixed(1)}`,
    )
    .join('')
  return (
    <svg className="chart spark mini" viewBox="0 0 84 18" aria-hidden="true">
      <path className="l1" d={path} />
    </svg>
  )
}

const width = 776
const height = 168
const left = 44
const floor = 136

/** The 95th percentile of each minute, in milliseconds, with the first and the last minute named. */
export function LatencyChart({ points }: { points: SystemRow['latency'] }) {
  if (points.length < 2) return null
  const values = points.map(point => Number(point.value))
  const top = niceTop(Math.max(...values))
  const x = (i: number): number => left + (i / (points.length - 1)) * (width - left)
  const y = (value: number): number => floor - (value / top) * (floor - 16)
  const label = (key: string): string => (key.includes('T') ? new Date(key).toTimeString().slice(0, 5) : key)
  return (
    <div className="hscroll">
      <svg className="chart" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${values.at(-1)} ms`}>
        {[0, top / 2, top].map(value => (
          <g key={value}>
            <line
              className={value === 0 ? 'base' : 'grid'}
              x1={left}
              x2={width}
              y1={y(value) + 0.5}
              y2={y(value) + 0.5}
            />
            <text className="e" x={left - 8} y={y(value) + 4}>
              {value}
            </text>
          </g>
        ))}
        <path
          className="l1"
          d={values.map((value, i) => `${i === 0 ? 'M' : 'L'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join('')}
        />
        <text className="m" x={left} y={158}>
          {label(points[0]?.key ?? '')}
        </text>
        <text className="e" x={width} y={158}>
          {label(points.at(-1)?.key ?? '')}
        </text>
      </svg>
    </div>
  )
}

function niceTop(value: number): number {
  const steps = [10, 20, 40, 100, 200, 400, 800, 2000, 4000, 8000, 20_000, 60_000]
  return steps.find(step => step >= value) ?? Math.ceil(value / 60_000) * 60_000
}
