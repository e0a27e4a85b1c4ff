import type { ReactNode } from 'react'

const width = 116
const height = 32
const inset = 4

/** A course without axes; the last point is marked. Text beside it says the value. */
export function Sparkline({ values, mini }: { values: readonly number[]; mini?: boolean }): ReactNode {
  const points = sparkPoints(values)
  const last = points.at(-1)
  return (
    <svg className={mini ? 'spark chart mini' : 'spark chart'} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {points.length > 1 ? (
        <path className="l1" d={`M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}`} />
      ) : null}
      {last && points.length > 1 ? <circle className="f1" cx={last[0]} cy={last[1]} r="2.5" /> : null}
    </svg>
  )
}

/** Values spread over the sparkline's height; a level course lies in its middle. */
export function sparkPoints(values: readonly number[]): [number, number][] {
  const known = values.filter(Number.isFinite)
  const least = Math.min(...known)
  const span = Math.max(...known) - least
  return known.map((value, index) => {
    const x = known.length > 1 ? (index / (known.length - 1)) * (width - 6) : width / 2
    const share = span > 0 ? (value - least) / span : 0.5
    return [x, height - inset - 2 - share * (height - 2 * inset - 2)]
  })
}

const full = 400
const goal = 0.8

/** How far: the upright mark is the target. The colour says only "off target". */
export function Bullet({ progress, off }: { progress: number | undefined; off: boolean }): ReactNode {
  const length = Math.max(0, Math.min(1, (progress ?? 0) * goal)) * full
  return (
    <svg className="bullet" viewBox={`0 0 ${full} 10`} preserveAspectRatio="none" aria-hidden="true">
      {progress === undefined ? null : (
        <>
          <rect className="fsunk2" width={full} height="4" y="3" />
          <rect className={off ? 'fbad' : 'f1'} width={length} height="4" y="3" />
          <rect className="fink" x={full * goal} width="1.5" height="10" />
        </>
      )}
    </svg>
  )
}
