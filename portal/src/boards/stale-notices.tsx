import { formatMoment } from '@atrium/widgets/sdk/format'
import { Trans } from '@lingui/react'
import type { ReactNode } from 'react'
import type { KpiFields } from '../app/operations.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { systemCode } from '../ui/dateline.tsx'
import { Notice } from '../ui/instead.tsx'
import { useLocale } from '../ui/use-locale.ts'

/** Per system that does not answer: since when, and which figures stand still. */
export function StaleNotices({ kpis, action }: { kpis: readonly KpiFields[]; action: ReactNode }): ReactNode {
  const t = useTexts()
  const locale = useLocale()
  const failing = Map.groupBy(
    kpis.filter(kpi => kpi.error),
    kpi => kpi.error?.system ?? kpi.system,
  )
  return [...failing].map(([system, stopped]) => {
    const since = stopped.map(kpi => kpi.error?.since).find(Boolean)
    return (
      <Notice key={system} icon="plug" action={action}>
        <Trans
          id={since ? 'board.stale' : 'board.stale.plain'}
          values={{
            system: systemCode(system),
            time: since ? formatMoment(Date.parse(since), locale) : '',
            names: stopped.map(kpi => (locale === 'en' ? kpi.name : `“${kpi.name}”`)).join(t('list.comma')),
          }}
          components={{ b: <b /> }}
        />
      </Notice>
    )
  })
}
