import { formatAgo } from '@atrium/widgets/sdk/format'
import type { ReactNode } from 'react'
import type { SourceNote } from '../app/graph.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { useLocale } from './use-locale.ts'
import { useNow } from './use-now.ts'

type Props = {
  systems: readonly string[]
  /** epoch ms of the oldest of what is shown; undefined while nothing is there */
  at?: number | undefined
  stale?: boolean
  live?: boolean
  loading?: boolean
}

/** Source stamps and the age of what is shown; ochre when it is old. */
export function Dateline({ systems, at, stale, live, loading }: Props): ReactNode {
  const t = useTexts()
  const locale = useLocale()
  const now = useNow(30_000)
  const age = live ? t('dateline.live') : at ? formatAgo(at, locale, now) : loading ? t('dateline.loading') : '—'
  return (
    <span className={stale ? 'dateline old' : 'dateline'}>
      {systems.map(system => (
        <Stamp key={system} system={system} />
      ))}
      <span>{age}</span>
    </span>
  )
}

/** The short name of a system. */
export function Stamp({ system, bare }: { system: string; bare?: boolean }): ReactNode {
  return (
    <span className={bare ? 'stamp bare' : 'stamp'} translate="no">
      {systemCode(system)}
    </span>
  )
}

/** CRM, OA, ERP: systems are called by their codes in stamps. */
export function systemCode(system: string): string {
  return system === 'idp' || system === 'atrium' ? 'Atrium' : system.length <= 4 ? system.toUpperCase() : system
}

/** When the oldest of the sources was read, and whether one of them is old. */
export function ageOf(sources: readonly SourceNote[], answeredAt: number): { at: number; stale: boolean } {
  return sources.reduce<{ at: number; stale: boolean }>(
    (oldest, note) => ({
      at: Math.min(oldest.at, Date.parse(note.at) || answeredAt),
      stale: oldest.stale || note.stale,
    }),
    { at: answeredAt, stale: false },
  )
}
