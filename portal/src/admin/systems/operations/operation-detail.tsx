import { formatNumber } from '@atrium/widgets/sdk/format'
import { Fragment, type ReactNode } from 'react'
import { systemCode } from '../../../ui/dateline.tsx'
import { useLocale } from '../../../ui/use-locale.ts'
import { CopyButton } from '../../copy-button.tsx'
import { shortMoment } from '../../moment.ts'
import { Milliseconds, type Operation, OperationName } from './operation-table.tsx'
import { operationTexts } from './texts.ts'

/** One operation: its slowest runs, what it asks one by one, and who runs it. */
export function OperationDetail({ operation }: { operation: Operation }): ReactNode {
  const t = operationTexts.useTexts()
  const locale = useLocale()
  return (
    <div className="cols under">
      <section className="section w8" aria-labelledby="operation-worst">
        <header>
          <h2 id="operation-worst">
            {t('operations.worst')} · <OperationName id={operation.id} />
          </h2>
        </header>
        <p className="small dimmer padt">{t('operations.worst.hint')}</p>
        {operation.repeated.map(({ system, type, most }) => (
          <p className="small warn padt" key={`${system}.${type}`}>
            {t('operations.repeated', { type, system: systemCode(system), n: most })}
          </p>
        ))}
        {operation.worst.length === 0 ? (
          <p className="small dimmer padt">{t('operations.worst.none')}</p>
        ) : (
          <table className="table slowest">
            <thead>
              <tr>
                <th scope="col">{t('operations.when')}</th>
                <th scope="col" className="num">
                  {t('operations.took')}
                </th>
                <th scope="col">{t('operations.trace')}</th>
                <th scope="col">
                  <span className="sr">{t('operations.copy')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {operation.worst.map(({ at, ms, traceId }) => (
                <tr key={traceId}>
                  <td className="nowrap">
                    <time dateTime={at}>{shortMoment(at)}</time>
                  </td>
                  <td className="num nowrap">
                    <Milliseconds value={ms} />
                  </td>
                  <td>
                    <code className="code" translate="no">
                      {traceId}
                    </code>
                  </td>
                  <td className="num">
                    <CopyButton text={traceId} label={t('operations.copy')} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <section className="section w4" aria-labelledby="operation-clients">
        <header>
          <h2 id="operation-clients">{t('operations.clients')}</h2>
        </header>
        <dl className="facts padt">
          {operation.clients.map(({ id, runs }) => (
            <Fragment key={id}>
              <dt>{id === 'other' ? t('operations.client.other') : <span translate="no">{id}</span>}</dt>
              <dd>{t('operations.count', { n: runs })}</dd>
            </Fragment>
          ))}
        </dl>
        {operation.refused > 0 && (
          <p className="small dimmer">{t('operations.refused', { n: formatNumber(operation.refused, locale) })}</p>
        )}
      </section>
    </div>
  )
}
