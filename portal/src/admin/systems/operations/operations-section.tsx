import './operations.css'
import { formatNumber } from '@atrium/widgets/sdk/format'
import { type ReactNode, useState } from 'react'
import { useOperation } from '../../../app/use-operation.ts'
import { Dateline, systemCode } from '../../../ui/dateline.tsx'
import { FaultBlock } from '../../../ui/fault-block.tsx'
import { Skeleton } from '../../../ui/instead.tsx'
import { Section } from '../../../ui/section.tsx'
import { useLocale } from '../../../ui/use-locale.ts'
import { OperationDetail } from './operation-detail.tsx'
import { type Operation, OperationTable } from './operation-table.tsx'
import { operationTexts } from './texts.ts'

const periods = [1, 24, 168] as const

/** What the graph's operations take, which of them are slow, and what they ask of the systems. */
export function OperationsSection(): ReactNode {
  const t = operationTexts.useTexts()
  const [hours, setHours] = useState<(typeof periods)[number]>(24)
  const [selected, setSelected] = useState<string>()
  const { answer, reload } = useOperation('AdminOperations', { hours }, 30)
  const operations = answer?.data?.gatewayOperations
  const fault = answer?.faults[0]
  const shown =
    operations?.find(one => one.id === selected) ??
    operations?.find(one => one.slow || one.repeated.length > 0) ??
    operations?.[0]
  return (
    <>
      <Section
        title={t('operations.title')}
        count={operations?.length}
        busy={!operations && !fault}
        dateline={<Dateline systems={['atrium']} at={operations && answer?.at} loading={!answer} />}
        className="operations-part"
      >
        <div className="bar padt">
          <fieldset className="join">
            <legend className="sr">{t('operations.period')}</legend>
            {periods.map(one => (
              <button
                type="button"
                className="btn s"
                key={one}
                aria-pressed={one === hours}
                onClick={() => setHours(one)}
              >
                {t(`operations.hours.${one}`)}
              </button>
            ))}
          </fieldset>
        </div>
        {fault && !operations ? (
          <FaultBlock fault={fault} name={t('operations.title')} system="Atrium" onRetry={reload} />
        ) : operations ? (
          <>
            <Summary operations={operations} />
            {operations.length > 0 && (
              <OperationTable operations={operations} selected={shown?.id} onSelect={setSelected} />
            )}
          </>
        ) : (
          <Skeleton rows={8} />
        )}
      </Section>
      {shown && <OperationDetail operation={shown} />}
    </>
  )
}

/** How much there was, what was slow, and how often each system was asked. */
function Summary({ operations }: { operations: Operation[] }): ReactNode {
  const t = operationTexts.useTexts()
  const locale = useLocale()
  const runs = operations.reduce((sum, one) => sum + one.runs, 0)
  if (runs === 0) return <p className="small dim padt">{t('operations.lede.none')}</p>
  const slow = operations.filter(one => one.slow).map(one => (one.id === 'other' ? t('operations.other') : one.id))
  const volumes = new Map<string, number>()
  for (const { system, calls } of operations.flatMap(one => one.calls))
    volumes.set(system, (volumes.get(system) ?? 0) + calls)
  const told = [...volumes].sort((a, b) => b[1] - a[1]).map(([id, n]) => `${systemCode(id)} ${formatNumber(n, locale)}`)
  const total = formatNumber(runs, locale)
  return (
    <p className="small dim padt">
      {slow.length === 0
        ? t('operations.lede.well', { runs: total })
        : t('operations.lede.slow', { runs: total, names: slow.slice(0, 5).join(locale === 'en' ? ', ' : '、') })}
      {locale === 'en' && ' '}
      {told.length > 0 && t('operations.volume', { volumes: told.join(' · ') })}
    </p>
  )
}
