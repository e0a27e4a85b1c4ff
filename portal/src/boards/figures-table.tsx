import type { ReactNode } from 'react'
import type { KpiFields } from '../app/operations.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { Dateline } from '../ui/dateline.tsx'
import { Section } from '../ui/section.tsx'
import { useLocale } from '../ui/use-locale.ts'
import { comparisonText } from './kpi-tile.tsx'
import { Sparkline } from './marks.tsx'
import { progressWords, wholeFigure } from './words.ts'

/** All figures in one table, for those who compare and those who do not see charts. */
export function FiguresTable({
  kpis,
  onOpen,
}: {
  kpis: readonly KpiFields[]
  onOpen: (kpi: KpiFields) => void
}): ReactNode {
  const t = useTexts()
  const locale = useLocale()
  const word = (value: string | null, kpi: KpiFields): string =>
    value === null ? '—' : wholeFigure(Number(value), kpi, locale)
  return (
    <Section
      title={t('board.all')}
      count={kpis.length}
      className="w12"
      dateline={<Dateline systems={[...new Set(kpis.map(kpi => kpi.system))]} live />}
    >
      <div className="scroll">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('board.table.name')}</th>
              <th scope="col" className="num">
                {t('board.table.value')}
              </th>
              <th scope="col" className="num">
                {t('board.table.target')}
              </th>
              <th scope="col" className="num">
                {t('board.table.progress')}
              </th>
              <th scope="col" className="num">
                {t('board.table.comparison')}
              </th>
              <th scope="col" className="num">
                {t('board.table.trend')}
              </th>
            </tr>
          </thead>
          <tbody>
            {kpis.map(kpi => (
              <tr key={kpi.id}>
                <td>
                  {kpi.drillable ? (
                    <button type="button" className="link" onClick={() => onOpen(kpi)}>
                      {kpi.name}
                    </button>
                  ) : (
                    kpi.name
                  )}
                </td>
                <td className="num">{word(kpi.value, kpi)}</td>
                <td className="num dim">{word(kpi.target, kpi)}</td>
                <td className={kpi.judgement === 'OFF_TARGET' ? 'num bad' : 'num'}>{progressWords(kpi, locale)}</td>
                <td className="num dim">{comparisonText(kpi, locale, t('kpi.points', { value: '' }).trim()) || '—'}</td>
                <td className="num">
                  <Sparkline values={kpi.trend.map(point => Number(point.value))} mini />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  )
}
