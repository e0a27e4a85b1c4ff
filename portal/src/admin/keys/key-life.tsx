import type { ReactNode } from 'react'
import type { SigningKey } from './answers.ts'
import { lifeOf } from './life.ts'
import { keysTexts } from './texts.ts'

const width = 240
const looks = { published: 'fsunk2', signing: 'f1', verifying: 'f0' } as const

/** A key's life as one line, all keys on one scale; the columns beside it say the same in dates. */
export function KeyLife({
  of: key,
  span,
  now,
}: {
  of: SigningKey
  span: { from: number; to: number }
  now: number
}): ReactNode {
  const t = keysTexts.useTexts()
  const x = (part: number): number => Math.round(part * width * 10) / 10
  return (
    <svg className="keylife" viewBox={`0 0 ${width} 12`} role="img" aria-label={t('keys.life.of', { kid: key.kid })}>
      {lifeOf(key, span).map(({ kind, from, to }) => (
        <rect key={kind} className={looks[kind]} x={x(from)} y={3} width={Math.max(1, x(to) - x(from))} height={6} />
      ))}
      <rect className="fink" x={x((now - span.from) / (span.to - span.from))} y={0} width={1} height={12} />
    </svg>
  )
}

/** What the colours of the lines mean. */
export function LifeLegend(): ReactNode {
  const t = keysTexts.useTexts()
  return (
    <p className="legend">
      {(['published', 'signing', 'verifying'] as const).map(kind => (
        <span key={kind}>
          <svg className="key" viewBox="0 0 8 8" aria-hidden="true">
            <rect className={looks[kind]} width={8} height={8} />
          </svg>
          {t(`keys.legend.${kind}`)}
        </span>
      ))}
      <span>
        <svg className="key" viewBox="0 0 8 8" aria-hidden="true">
          <rect className="fink" x={3} width={1.5} height={8} />
        </svg>
        {t('keys.legend.now')}
      </span>
    </p>
  )
}
