import { figureOf } from '@atrium/widgets/declarative'
import type { ReactNode } from 'react'
import type { KpiFields } from '../app/operations.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { Button } from '../ui/button.tsx'
import { Dateline } from '../ui/dateline.tsx'
import { Section } from '../ui/section.tsx'
import { useLocale } from '../ui/use-locale.ts'
import { BarsByMonth } from './bars-by-month.tsx'
import { FiguresTable } from './figures-table.tsx'
import { Funnel } from './funnel.tsx'
import { ShareBars } from './share-bars.tsx'
import { TrendLine } from './trend-line.tsx'
import { WorthALook } from './worth-a-look.tsx'

type Props = { kpis: readonly KpiFields[]; onOpen: (kpi: KpiFields) => void }

/** The charts of a board, chosen by what each figure brings: months against last year, stages, shares, a course. */
export function BoardSections({ kpis, onOpen }: Props): ReactNode {
  const t = useTexts()
  const locale = useLocale()
  const byMonth = kpis.find(kpi => kpi.trend.some(point => point.previous !== null || point.target !== null))
  const parts = kpis.filter(kpi => kpi.breakdown.length > 1)
  const courses = kpis.filter(kpi => kpi !== byMonth && kpi.breakdown.length <= 1 && kpi.trend.length > 2).slice(0, 3)
  // Three in a row; one too many would stand in a row alone, and there is room for it beside the months.
  const charts = [...parts, ...courses]
  const beside = byMonth && charts.length % 3 === 1 ? 1 : 0
  return (
    <>
      {byMonth ? (
        <ChartSection kpi={byMonth} title={t('chart.sales', { name: byMonth.name })} className="w8" onOpen={onOpen}>
          <BarsByMonth kpi={byMonth} />
        </ChartSection>
      ) : null}
      <div className="w4 stack">
        <WorthALook kpis={kpis} onOpen={onOpen} />
        {charts.slice(charts.length - beside).map(kpi => chart(kpi, ''))}
      </div>
      {charts.slice(0, charts.length - beside).map(kpi => chart(kpi, 'w4'))}
      <FiguresTable kpis={kpis} onOpen={onOpen} />
    </>
  )

  function chart(kpi: KpiFields, className: string): ReactNode {
    return (
      <ChartSection key={kpi.id} kpi={kpi} title={titleOf(kpi)} className={className} onOpen={onOpen}>
        {!parts.includes(kpi) ? (
          <TrendLine kpi={kpi} />
        ) : isFunnel(kpi) ? (
          <Funnel kpi={kpi} />
        ) : (
          <ShareBars kpi={kpi} />
        )}
      </ChartSection>
    )
  }

  // In English every value carries its unit.
  function titleOf(kpi: KpiFields): string {
    const unit = kpi.value === null ? '' : figureOf(Number(kpi.value), kpi, locale).unit
    return unit && locale === 'zh-CN' ? `${kpi.name}，${unit}` : kpi.name
  }
}

const stages = new Set(['LEAD', 'QUALIFIED', 'QUOTED', 'NEGOTIATION'])

function isFunnel(kpi: KpiFields): boolean {
  return kpi.breakdown.every(part => stages.has(part.key))
}

function ChartSection({
  kpi,
  title,
  className,
  onOpen,
  children,
}: {
  kpi: KpiFields
  title: string
  className: string
  onOpen: Props['onOpen']
  children: ReactNode
}): ReactNode {
  const t = useTexts()
  return (
    <Section
      title={title}
      className={kpi.stale ? `${className} old-data` : className}
      dateline={<Dateline systems={[kpi.system]} at={kpi.at ? Date.parse(kpi.at) : undefined} stale={kpi.stale} />}
      menu={
        kpi.drillable ? (
          <Button small look="bare" onClick={() => onOpen(kpi)} aria-label={t('kpi.of', { name: kpi.name })}>
            {t('kpi.rows')}
          </Button>
        ) : null
      }
    >
      {children}
    </Section>
  )
}
