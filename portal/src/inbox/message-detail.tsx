import { formatDay, formatMoment, formatMoney } from '@atrium/widgets/sdk/format'
import type { ReactNode } from 'react'
import type { Answer, DataOf, GraphFault } from '../app/graph.ts'
import { useTexts } from '../locales/portal-texts.ts'
import type { MessageKey } from '../locales/zh-CN.ts'
import { systemCode } from '../ui/dateline.tsx'
import { Icon } from '../ui/icon.tsx'
import { Skeleton } from '../ui/instead.tsx'
import { useLocale } from '../ui/use-locale.ts'

type Detail = NonNullable<NonNullable<DataOf<'InboxMessage'>['message']>['detail']>

const knownActions = new Set(['SUBMIT', 'APPROVE', 'REJECT', 'WITHDRAW', 'COMPLETE', 'COMMENT', 'TRANSFER'])

/**
 * What the system of origin says of it now: text, customer, contract, and what happened so far. Customer and contract come from
 * systems of their own: what is still awaited of them keeps its place, what failed says so there.
 */
export function MessageDetailView({
  detail,
  answer,
  onRetry,
  summary,
  dateline,
  undecided,
}: {
  detail: Detail
  answer: Answer<unknown>
  onRetry: () => void
  summary: string | null
  dateline: ReactNode
  /** the reader is the next to decide */
  undecided: boolean
}): ReactNode {
  const t = useTexts()
  const locale = useLocale()
  const { customer, contract, history } = detail
  const body = detail.body ?? summary
  return (
    <>
      <p className="bar padt">
        <span className="push" />
        {dateline}
      </p>
      <div className={history.length > 0 ? 'two' : ''}>
        <section>
          {body ? <p className="readbody">{body}</p> : null}
          {contract ? (
            <>
              <h3 className="subhead">{t('inbox.contract')}</h3>
              <dl className="facts">
                <Row name={t('contract.number')} value={contract.number} />
                <Row name={t('contract.title')} value={contract.title} />
                <Row
                  name={t('contract.amount')}
                  value={contract.amount && formatMoney(contract.amount, contract.currency ?? null, locale)}
                />
                <Row
                  name={t('contract.valid')}
                  value={
                    contract.validFrom &&
                    contract.validTo &&
                    `${formatDay(Date.parse(contract.validFrom), locale)} – ${formatDay(Date.parse(contract.validTo), locale)}`
                  }
                />
              </dl>
              <Rest answer={answer} field="message.detail.contract" came={contract.title} onRetry={onRetry} />
            </>
          ) : null}
          {customer ? (
            <>
              <h3 className="subhead">{t('inbox.customer')}</h3>
              <dl className="facts">
                {customer.name ? (
                  <Row name={customer.code} value={customer.name} />
                ) : (
                  <Row name={t('customer.code')} value={customer.code} />
                )}
                <Row name={t('customer.level')} value={customer.level} />
                <Row name={t('customer.owner')} value={customer.owner?.name} />
                {faultIn(answer, customerField, customer.name) ? null : (
                  <Row name={t('customer.phone')} value={customer.phone} hidden={customer.phone === null} />
                )}
              </dl>
              <Rest answer={answer} field={customerField} came={customer.name} onRetry={onRetry} />
            </>
          ) : null}
        </section>
        {history.length > 0 ? (
          <aside>
            <h3 className="subhead">{t('inbox.history')}</h3>
            <ol className="path">
              {history.map((step, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a history only grows at its end
                <li key={index} className={step.action === 'REJECT' ? 'risk ok' : 'ok'}>
                  <b>
                    {step.action && knownActions.has(step.action)
                      ? t(`action.${step.action}` as MessageKey)
                      : step.action}
                  </b>
                  <span>{[step.by, step.comment].filter(Boolean).join(' · ')}</span>
                  <time>{step.at ? formatMoment(Date.parse(step.at), locale) : ''}</time>
                </li>
              ))}
              {undecided ? (
                <li className="now">
                  <b>{t('detail.waiting')}</b>
                </li>
              ) : null}
            </ol>
          </aside>
        ) : null}
      </div>
    </>
  )
}

const customerField = 'message.detail.customer'

/** Why the rest of a part is missing. @param came what would be there if it had come */
function faultIn(answer: Answer<unknown>, field: string, came: string | null | undefined): GraphFault | undefined {
  if (answer.pending && came === undefined) return undefined
  const own = answer.faults.find(fault => fault.field?.startsWith(field))
  return own ?? (came === undefined ? answer.faults[0] : undefined)
}

/** Stands for what is still awaited of a part, or says why it is missing. */
function Rest({
  answer,
  field,
  came,
  onRetry,
}: {
  answer: Answer<unknown>
  field: string
  came: string | null | undefined
  onRetry: () => void
}): ReactNode {
  const t = useTexts()
  if (answer.pending && came === undefined)
    return (
      <div aria-busy="true">
        <p className="sr">{t('inbox.part.loading')}</p>
        <Skeleton lines={2} />
      </div>
    )
  const fault = faultIn(answer, field, came)
  if (!fault) return null
  const down = /TIMEOUT|UNAVAILABLE|BUSY|CIRCUIT_OPEN/.test(fault.code)
  return (
    <p className="micro warn padt" role="status">
      {down && fault.system ? t('inbox.part.missing', { system: systemCode(fault.system) }) : fault.message}{' '}
      <button type="button" className="link" onClick={onRetry}>
        {t('retry')}
      </button>
    </p>
  )
}

/** @param hidden says that the value may not be seen, when it is missing */
function Row({ name, value, hidden }: { name: string; value: string | null | undefined; hidden?: boolean }): ReactNode {
  const t = useTexts()
  if (!value && !hidden) return null
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>
        {value ?? (
          <span className="noaccess dimmer">
            <Icon name="lock" small />
            {t('noAccess')}
          </span>
        )}
      </dd>
    </div>
  )
}
