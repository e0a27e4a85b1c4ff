import './quality.css'
import { formatNumber } from '@atrium/widgets/sdk/format'
import type { ReactNode } from 'react'
import { useLocation, useSearchParams } from 'react-router'
import { useOperation } from '../../app/use-operation.ts'
import { Button } from '../../ui/button.tsx'
import { ageOf, Dateline } from '../../ui/dateline.tsx'
import { FaultBlock } from '../../ui/fault-block.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Instead, Skeleton } from '../../ui/instead.tsx'
import { Section } from '../../ui/section.tsx'
import { toast } from '../../ui/toast.tsx'
import { useLocale } from '../../ui/use-locale.ts'
import { AdminTabs } from '../admin-tabs.tsx'
import { useDownload } from './download.ts'
import { FindingDetail } from './finding-detail.tsx'
import { type Finding, FindingTable, placeOf, type Report } from './finding-table.tsx'
import { qualityTexts } from './texts.ts'

export const texts = qualityTexts

const periods = [7, 30, 90] as const

/** What records break of the dictionary: by rule, with examples, whose it is and what to do. For administrators and owners. */
export function Page(): ReactNode {
  const t = qualityTexts.useTexts()
  const { pathname } = useLocation()
  const administration = pathname.startsWith('/admin/')
  const [filter, setFilter] = useSearchParams()
  const days = periods.find(one => String(one) === filter.get('days')) ?? 7
  const { answer, reload } = useOperation('DataQuality', { system: null, type: null, days }, 30)
  const report = answer?.data?.dataQuality
  const set = (changes: Record<string, string>): void => {
    const next = new URLSearchParams(filter)
    for (const [name, value] of Object.entries(changes)) value ? next.set(name, value) : next.delete(name)
    setFilter(next, { replace: true })
  }
  const system = filter.get('system') ?? ''
  const rule = filter.get('rule') ?? ''
  const all = report?.findings ?? []
  const shown = all.filter(one => (!system || one.system === system) && (!rule || one.rule === rule))
  const open = shown.find(one => one.id === filter.get('finding')) ?? shown[0]
  const fault = answer?.faults[0]
  const nameOf = (id: string): string => answer?.data?.systems.find(one => one.id === id)?.name ?? id
  return (
    <main className="page p-quality" id="main">
      {administration && <AdminTabs />}
      <Head
        report={report}
        days={days}
        nameOf={nameOf}
        onDays={n => set({ days: n === 7 ? '' : String(n) })}
        system={system}
      />
      <Section
        title={t('quality.title')}
        count={report ? shown.length : undefined}
        busy={!report && !fault}
        dateline={
          <Dateline
            systems={['atrium']}
            at={answer?.data ? ageOf(answer.sources, answer.at).at : undefined}
            loading={!answer}
          />
        }
      >
        {report && all.length > 0 && (
          <Filters findings={all} system={system} rule={rule} nameOf={nameOf} onChange={set} />
        )}
        {fault && !report ? (
          fault.code === 'FORBIDDEN' ? (
            <Instead icon="lock" title={t('quality.nobody')}>
              {t('quality.nobody.hint')}
            </Instead>
          ) : (
            <FaultBlock fault={fault} name={t('quality.title')} system="Atrium" onRetry={reload} />
          )
        ) : !report ? (
          <Skeleton lines={4} />
        ) : shown.length === 0 ? (
          <Instead icon="check" title={t(all.length === 0 ? 'quality.empty' : 'quality.empty.filter')}>
            {t('quality.empty.hint')}
          </Instead>
        ) : (
          <FindingTable
            findings={shown}
            kept={report.keptRecords}
            selected={open?.id}
            onSelect={finding => set({ finding })}
          />
        )}
      </Section>
      {report && open && (
        <FindingDetail
          key={open.id}
          finding={open}
          checked={checkedOf(report, open)}
          systemName={nameOf(open.system)}
          url={answer?.data?.apps.find(one => one.id === open.system)?.url}
          dictionary={administration ? '/admin/dictionary' : '/dictionary'}
        />
      )}
      {report && <p className="micro dimmer padt">{t('quality.note', { n: report.keptRecords })}</p>}
    </main>
  )
}

type HeadProps = {
  report: Report | undefined
  days: number
  system: string
  nameOf: (system: string) => string
  onDays: (days: number) => void
}

function Head({ report, days, system, nameOf, onDays }: HeadProps): ReactNode {
  const t = qualityTexts.useTexts()
  const locale = useLocale()
  const { busy, download } = useDownload()
  const save = async (format: 'csv' | 'json'): Promise<void> => {
    const name = await download(format, { days: String(days), ...(system && { system }) })
    toast(name ? t('quality.exported', { name }) : t('quality.export.failed'))
  }
  if (!report)
    return (
      <header className="boardhead">
        <h1 className="lede">{t('quality.name')}</h1>
      </header>
    )
  const checked = report.checked.reduce((sum, one) => sum + one.records, 0)
  const nothing = report.findings.length === 0
  return (
    <header className="boardhead">
      <div>
        <p className="micro dimmer">{t('quality.kicker', { days, n: formatNumber(checked, locale) })}</p>
        <h1 className="lede">
          <Sentence report={report} nameOf={nameOf} />
        </h1>
      </div>
      <div className="bar">
        <fieldset className="join">
          <legend className="sr">{t('quality.days')}</legend>
          {periods.map(one => (
            <button type="button" className="btn s" key={one} aria-pressed={one === days} onClick={() => onDays(one)}>
              {t('quality.days.n', { n: one })}
            </button>
          ))}
        </fieldset>
        <Button small busy={busy} disabled={nothing} onClick={() => void save('csv')}>
          {t('quality.csv')}
        </Button>
        <Button small look="bare" disabled={busy || nothing} onClick={() => void save('json')}>
          {t('quality.json')}
        </Button>
      </div>
    </header>
  )
}

function Sentence({ report, nameOf }: { report: Report; nameOf: (system: string) => string }): ReactNode {
  const t = qualityTexts.useTexts()
  const locale = useLocale()
  const [most] = report.findings
  if (!most) return t('quality.lede.none')
  const systems = [...new Set(report.findings.map(one => nameOf(one.system)))]
  const records = report.findings.reduce((sum, one) => sum + one.records, 0)
  const more = report.findings.some(one => one.records >= report.keptRecords) ? '+' : ''
  return (
    <>
      <span className="late">
        {t('quality.lede.some', {
          systems: systems.slice(0, 3).join(locale === 'en' ? ', ' : '、'),
          n: formatNumber(records, locale),
          more,
        })}
      </span>
      {t('quality.lede.most', { rule: most.ruleName, place: placeOf(most, t('quality.whole')) })}
    </>
  )
}

type FilterProps = {
  findings: Finding[]
  system: string
  rule: string
  nameOf: (system: string) => string
  onChange: (changes: Record<string, string>) => void
}

function Filters({ findings, system, rule, nameOf, onChange }: FilterProps): ReactNode {
  const t = qualityTexts.useTexts()
  const systems = [...new Set(findings.map(one => one.system))]
  const rules = [...new Map(findings.map(one => [one.rule, one.ruleName]))]
  return (
    // biome-ignore lint/a11y/useSemanticElements: a search element is not known to every browser in use
    <div className="bar filters" role="search" aria-label={t('quality.filter')}>
      {systems.map(one => (
        <button
          type="button"
          className="chip"
          key={one}
          aria-pressed={system === one}
          onClick={() => onChange({ system: system === one ? '' : one, finding: '' })}
        >
          {nameOf(one)}
        </button>
      ))}
      <span className="pick">
        <select
          className="select s"
          aria-label={t('quality.rule')}
          value={rule}
          onChange={event => onChange({ rule: event.target.value, finding: '' })}
        >
          <option value="">{t('quality.rule.all')}</option>
          {rules.map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
        <Icon name="down" small />
      </span>
    </div>
  )
}

function checkedOf(report: Report, { system, type }: Finding): number {
  return report.checked.find(one => one.system === system && one.type === type)?.records ?? 0
}
