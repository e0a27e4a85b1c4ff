import { formatPercent } from '@atrium/widgets/sdk/format'
import { Trans } from '@lingui/react'
import type { ReactNode } from 'react'
import type { KpiFields } from '../app/operations.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { useLocale } from '../ui/use-locale.ts'

/** What matters on the board, in one sentence: how far the first figure is, and which miss their targets. */
export function BoardLede({ name, kpis }: { name: string; kpis: readonly KpiFields[] }): ReactNode {
  const t = useTexts()
  const locale = useLocale()
  const today = new Date()
  const month = new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : 'zh-CN', { year: 'numeric', month: 'long' }).format(
    today,
  )
  const gone = (today.getDate() - 1) / new Date(today.getFullYear(), today.getMonth() + 1, 0).getDate()
  const lead = kpis.find(kpi => kpi.progress !== null)
  const off = kpis.filter(kpi => kpi.judgement === 'OFF_TARGET' && kpi !== lead)
  const words = lead
    ? t('board.lede.lead', { name: lead.name, percent: formatPercent(Number(lead.progress), locale) })
    : t('board.lede.plain', { count: kpis.length })
  return (
    <div>
      <p className="micro dimmer">{t('board.passed', { name, month, percent: formatPercent(gone, locale) })}</p>
      <h1 className="lede">
        {kpis.length === 0 ? (
          t('board.lede.loading', { name })
        ) : off.length === 0 ? (
          t('board.lede.good', { lead: words })
        ) : (
          <Trans
            id="board.lede.off"
            values={{
              lead: words,
              names: joined(
                off.map(kpi => `“${kpi.name}”`),
                locale,
              ),
            }}
            components={{ late: <span className="late" /> }}
          />
        )}
      </h1>
    </div>
  )
}

/** A、B 和 C / A, B and C */
function joined(names: readonly string[], locale: string): string {
  return new Intl.ListFormat(locale === 'en' ? 'en-GB' : locale, { type: 'conjunction' }).format(names)
}
