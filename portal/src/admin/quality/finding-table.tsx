import { formatNumber } from '@atrium/widgets/sdk/format'
import type { ReactNode } from 'react'
import type { DataOf } from '../../app/graph.ts'
import { Stamp } from '../../ui/dateline.tsx'
import { useLocale } from '../../ui/use-locale.ts'
import { shortMoment } from '../moment.ts'
import { DayBars } from './day-bars.tsx'
import { qualityTexts } from './texts.ts'

export type Report = DataOf<'DataQuality'>['dataQuality']
export type Finding = Report['findings'][number]

type Props = { findings: Finding[]; kept: number; selected: string | undefined; onSelect: (id: string) => void }

/** A line for each rule that records of a type break. */
export function FindingTable({ findings, kept, selected, onSelect }: Props): ReactNode {
  const t = qualityTexts.useTexts()
  const locale = useLocale()
  return (
    <div className="scroll">
      <table className="table stacks findings">
        <thead>
          <tr>
            <th scope="col">{t('quality.rule')}</th>
            <th scope="col">{t('quality.where')}</th>
            <th scope="col">{t('quality.system')}</th>
            <th scope="col" className="num">
              {t('quality.records')}
            </th>
            <th scope="col" className="num">
              {t('quality.faults')}
            </th>
            <th scope="col">{t('quality.trend')}</th>
            <th scope="col">{t('quality.last')}</th>
            <th scope="col">{t('quality.owner')}</th>
          </tr>
        </thead>
        <tbody>
          {findings.map(finding => (
            <tr key={finding.id} aria-selected={finding.id === selected || undefined}>
              <td className="head">
                <button
                  type="button"
                  className="link strong"
                  aria-pressed={finding.id === selected}
                  onClick={() => onSelect(finding.id)}
                >
                  {finding.ruleName}
                </button>
              </td>
              <td>{placeOf(finding, t('quality.whole'))}</td>
              <td>
                <Stamp system={finding.system} bare />
              </td>
              <td className="num" data-label={t('quality.records')}>
                {formatNumber(finding.records, locale)}
                {finding.records >= kept ? '+' : ''}
              </td>
              <td className="num" data-label={t('quality.faults')}>
                {formatNumber(finding.faults, locale)}
              </td>
              <td className="days">
                <DayBars values={finding.perDay} />
              </td>
              <td className="nowrap dimmer">
                <time dateTime={finding.lastSeen}>{shortMoment(finding.lastSeen)}</time>
              </td>
              <td>
                <OwnerName owner={finding.owner} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** 客户 · 电话 */
export function placeOf(finding: Finding, whole: string): string {
  return `${finding.typeName} · ${finding.fieldName ?? whole}`
}

/** The people behind an owner, or the role when nobody holds it. */
export function OwnerName({ owner }: { owner: Finding['owner'] }): ReactNode {
  const t = qualityTexts.useTexts()
  const locale = useLocale()
  if (owner.names.length === 0)
    return owner.businessRole ? t('quality.byRole', { role: owner.businessRole }) : owner.person
  return owner.names.join(locale === 'en' ? ', ' : '、')
}
