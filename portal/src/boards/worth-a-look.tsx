import type { ReactNode } from 'react'
import type { KpiFields } from '../app/operations.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { Dateline } from '../ui/dateline.tsx'
import { Instead } from '../ui/instead.tsx'
import { Section } from '../ui/section.tsx'
import { useLocale } from '../ui/use-locale.ts'
import { comparisonText } from './kpi-tile.tsx'

/** The figures that miss their targets, in words. */
export function WorthALook({
  kpis,
  onOpen,
}: {
  kpis: readonly KpiFields[]
  onOpen: (kpi: KpiFields) => void
}): ReactNode {
  const t = useTexts()
  const locale = useLocale()
  const off = kpis.filter(kpi => kpi.judgement === 'OFF_TARGET')
  const systems = [...new Set((off.length > 0 ? off : kpis).map(kpi => kpi.system))]
  const oldest = Math.min(...off.flatMap(kpi => (kpi.at ? Date.parse(kpi.at) : [])))
  return (
    <Section
      title={t('board.worth')}
      count={off.length || undefined}
      className=""
      dateline={
        <Dateline
          systems={systems}
          at={Number.isFinite(oldest) ? oldest : undefined}
          stale={off.some(kpi => kpi.stale)}
        />
      }
    >
      {off.length === 0 ? (
        <Instead icon="check" title={t('board.worth.none')} />
      ) : (
        <ul className="rows">
          {off.map(kpi => (
            <li className="news" key={kpi.id}>
              <button type="button" className="rowbutton" onClick={() => onOpen(kpi)} disabled={!kpi.drillable}>
                {t('board.worth.off', { name: kpi.name, judgement: kpi.judgementText ?? '' })}
              </button>
              <p>{comparisonText(kpi, locale, t('kpi.points', { value: '' }).trim())}</p>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
