import { figureOf } from '@atrium/widgets/declarative'
import { formatMoment, formatNumber, formatPercent } from '@atrium/widgets/sdk/format'
import type { ReactNode } from 'react'
import type { KpiFields } from '../app/operations.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { Dateline } from '../ui/dateline.tsx'
import { Icon } from '../ui/icon.tsx'
import { useLocale } from '../ui/use-locale.ts'
import { Bullet, Sparkline } from './marks.tsx'
import { shortFigure } from './words.ts'

/** One figure: value, unit, course, target, comparison, source and time. Old ones are pale and say since when. */
export function KpiTile({ kpi, onOpen }: { kpi: KpiFields; onOpen: () => void }): ReactNode {
  const t = useTexts()
  const locale = useLocale()
  const at = kpi.at ? Date.parse(kpi.at) : undefined
  const value = kpi.value === null ? undefined : figureOf(Number(kpi.value), kpi, locale)
  const target = kpi.target === null ? undefined : shortFigure(Number(kpi.target), kpi, locale)
  const off = kpi.judgement === 'OFF_TARGET'
  return (
    <li className={kpi.stale ? 'kpi old-data' : 'kpi'} data-kpi={kpi.id}>
      <header>
        <h3>
          {kpi.drillable ? (
            <button type="button" className="opener-link" onClick={onOpen} aria-label={t('kpi.of', { name: kpi.name })}>
              {kpi.name}
            </button>
          ) : (
            kpi.name
          )}
        </h3>
        {kpi.drillable ? <Icon name="right" small className="dimmer" /> : null}
      </header>
      <p className="figure">
        {value ? (
          <>
            {value.figure}
            <span className="unit">{value.unit}</span>
          </>
        ) : (
          <span className="none">—</span>
        )}
      </p>
      <Sparkline values={kpi.trend.map(point => Number(point.value))} />
      <Bullet progress={kpi.progress === null ? undefined : Number(kpi.progress)} off={off} />
      <p className={target || kpi.stale || !value ? 'of' : 'of bare'}>
        <span>{target ? t(kpi.limit ? 'kpi.limit' : 'kpi.target', { value: target }) : '\u00a0'}</span>
        {kpi.stale && at ? (
          <span>{t('kpi.stopped', { time: formatMoment(at, locale) })}</span>
        ) : !value ? (
          <span>{t('kpi.none')}</span>
        ) : (
          <span className={off ? 'bad' : ''}>
            {off ? <Icon name="alert" small /> : null}
            {kpi.judgementText ||
              (kpi.progress === null ? '' : t('kpi.done', { percent: formatPercent(Number(kpi.progress), locale) }))}
          </span>
        )}
      </p>
      <p className="of">
        <span>{comparisonText(kpi, locale, t('kpi.points', { value: '' }).trim())}</span>
        <Dateline systems={[kpi.system]} at={at} stale={kpi.stale} />
      </p>
    </li>
  )
}

/** 比上年同期 +6.4%; the difference of two shares is in points. */
export function comparisonText(
  kpi: Pick<KpiFields, 'comparison' | 'comparisonLabel' | 'format'>,
  locale: 'zh-CN' | 'en',
  points: string,
): string {
  if (kpi.comparison === null) return ''
  const share = Number(kpi.comparison)
  const sign = share > 0 ? '+' : ''
  const amount = `${sign}${formatNumber(share * 100, locale, 1)}`
  const figure = kpi.format === 'percent' ? `${amount} ${points}` : `${amount}%`
  return locale === 'en' ? `${figure} ${kpi.comparisonLabel ?? ''}` : `${kpi.comparisonLabel ?? ''} ${figure}`
}
