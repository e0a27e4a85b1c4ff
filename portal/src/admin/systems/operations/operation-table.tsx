import { formatNumber } from '@atrium/widgets/sdk/format'
import type { ReactNode } from 'react'
import type { DataOf } from '../../../app/graph.ts'
import { Stamp } from '../../../ui/dateline.tsx'
import { useLocale } from '../../../ui/use-locale.ts'
import { Spark } from '../latency-chart.tsx'
import { operationTexts } from './texts.ts'

export type Operation = DataOf<'AdminOperations'>['gatewayOperations'][number]

type Props = { operations: Operation[]; selected: string | undefined; onSelect: (id: string) => void }

/** A line an operation, those first in which most time goes. */
export function OperationTable({ operations, selected, onSelect }: Props): ReactNode {
  const t = operationTexts.useTexts()
  const locale = useLocale()
  return (
    <div className="scroll">
      <table className="table stacks operations">
        <thead>
          <tr>
            <th scope="col">{t('operations.name')}</th>
            {(['runs', 'p50', 'p95', 'p99', 'errors'] as const).map(name => (
              <th scope="col" className="num" key={name}>
                {t(`operations.${name}`)}
              </th>
            ))}
            <th scope="col">{t('operations.trend')}</th>
            <th scope="col">{t('operations.calls')}</th>
          </tr>
        </thead>
        <tbody>
          {operations.map(one => (
            <tr key={one.id} aria-selected={one.id === selected || undefined}>
              <td className="head">
                <button
                  type="button"
                  className="link strong"
                  aria-pressed={one.id === selected}
                  onClick={() => onSelect(one.id)}
                >
                  <OperationName id={one.id} />
                </button>
                {one.slow && <span className="badge warn">{t('operations.slow')}</span>}
                {one.repeated.length > 0 && <span className="badge warn">{t('operations.oneByOne')}</span>}
              </td>
              <td className="num" data-label={t('operations.runs')}>
                {formatNumber(one.runs, locale)}
              </td>
              {(['p50Ms', 'p95Ms', 'p99Ms'] as const).map(name => (
                <td className="num" key={name} data-label={name.slice(0, 3).toUpperCase()}>
                  <Milliseconds value={one[name]} />
                </td>
              ))}
              <td className={one.errorRate >= 0.05 ? 'num bad' : 'num'} data-label={t('operations.errors')}>
                {(one.errorRate * 100).toFixed(one.errorRate > 0 && one.errorRate < 0.1 ? 1 : 0)}%
              </td>
              <td className="trend">
                <Spark points={one.hours.map(hour => hour.p95Ms ?? 0)} />
              </td>
              <td className="asked">
                {one.calls.map(({ system, perRun }) => (
                  <span key={system}>
                    <Stamp system={system} bare /> {perRun}
                  </span>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** The name under which an operation is stored; what clients ask in words of their own goes by one name. */
export function OperationName({ id }: { id: string }): ReactNode {
  const t = operationTexts.useTexts()
  return id === 'other' ? t('operations.other') : <span translate="no">{id}</span>
}

export function Milliseconds({ value }: { value: number | null }): ReactNode {
  const locale = useLocale()
  return value === null ? '—' : `${formatNumber(value, locale)} ms`
}
