import { formatNumber } from '@atrium/widgets/sdk/format'
import { type ReactNode, useId, useState } from 'react'
import { Button } from '../../../ui/button.tsx'
import { FaultBlock } from '../../../ui/fault-block.tsx'
import { Icon } from '../../../ui/icon.tsx'
import { Instead } from '../../../ui/instead.tsx'
import { Section } from '../../../ui/section.tsx'
import { useLocale } from '../../../ui/use-locale.ts'
import type { Trial } from './answers.ts'
import { classWord } from './class-word.ts'
import { attachTexts } from './texts.ts'
import { useMutation } from './use-mutation.ts'
import type { Workbench } from './use-workbench.ts'

const counts = [5, 10, 20] as const

/** Live records through the text as it is now, with the rights of whoever tries; nothing of it is kept. */
export function TrialSection({ bench, name }: { bench: Workbench; name: string }): ReactNode {
  const t = attachTexts.useTexts()
  const id = useId()
  const types = bench.described?.mapped ?? []
  const [wanted, setWanted] = useState('')
  const [first, setFirst] = useState<number>(5)
  const [tried, setTried] = useState<{ type: string; yaml: string; trial: Trial }>()
  const { busy, fault, run } = useMutation('TrySystem')
  const type = types.some(one => one.type === wanted) ? wanted : (types[0]?.type ?? '')
  const attempt = async (): Promise<void> => {
    const { yaml } = bench
    const data = await run({ id: bench.id, yaml, type, first })
    if (data) setTried({ type, yaml, trial: data.trySystem })
  }
  return (
    <Section title={t('trial.title')} dateline={<span className="dateline">{t('trial.note')}</span>}>
      {types.length === 0 ? (
        <Instead icon="play" title={t('trial.noTypes')}>
          {t('trial.noTypes.hint')}
        </Instead>
      ) : (
        <form
          className="bar trialbar"
          onSubmit={event => {
            event.preventDefault()
            void attempt()
          }}
        >
          <label className="label" htmlFor={`${id}t`}>
            {t('trial.type')}
          </label>
          <span className="pick">
            <select className="select s" id={`${id}t`} value={type} onChange={event => setWanted(event.target.value)}>
              {types.map(one => (
                <option key={one.type}>{one.type}</option>
              ))}
            </select>
            <Icon name="down" small />
          </span>
          <label className="label" htmlFor={`${id}n`}>
            {t('trial.first')}
          </label>
          <span className="pick">
            <select
              className="select s"
              id={`${id}n`}
              value={first}
              onChange={event => setFirst(Number(event.target.value))}
            >
              {counts.map(count => (
                <option key={count} value={count}>
                  {t('trial.rows', { n: count })}
                </option>
              ))}
            </select>
            <Icon name="down" small />
          </span>
          <Button small type="submit" icon="play" busy={busy} disabled={busy}>
            {t('trial.go')}
          </Button>
        </form>
      )}
      <div aria-live="polite">
        {fault && <FaultBlock fault={fault} name={t('trial.title')} system={name} onRetry={() => void attempt()} />}
        {tried && !fault && <Outcome {...tried} old={tried.yaml !== bench.yaml} name={name} />}
      </div>
    </Section>
  )
}

function Outcome({ type, trial, old, name }: { type: string; trial: Trial; old: boolean; name: string }): ReactNode {
  const t = attachTexts.useTexts()
  const locale = useLocale()
  const { rows, columns, total, ms, faults, error } = trial
  if (!rows) {
    return (
      <Instead icon="alert" bad title={t('trial.failed', { name })}>
        {error}
      </Instead>
    )
  }
  const denied = columns.filter(column => column.decision === 'DENIED').length
  return (
    <>
      <p className={old ? 'small warn padt' : 'small dim padt'}>
        {total === null
          ? t('trial.got', { type, n: rows.length, ms })
          : t('trial.gotOf', { type, n: rows.length, total: formatNumber(total, locale), ms })}
        {old && ` ${t('trial.old')}`}
        {denied > 0 && ` ${t('trial.denied', { n: denied })}`}
      </p>
      {rows.length === 0 ? (
        <Instead icon="inbox" title={t('trial.empty')}>
          {t('trial.empty.hint')}
        </Instead>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reachable by keyboard
        <section className="scroll trialrows" tabIndex={0} aria-label={t('trial.records')}>
          <table className="table tight">
            <thead>
              <tr>
                {columns.map(column => (
                  <th scope="col" key={column.field} title={classWord(t, column.class)}>
                    {locale === 'en' ? column.names.en : column.names.zhCN}
                    <span className="block code">{column.field}</span>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, place) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: keys may be hidden or double; the rows come as a whole
                <tr key={place}>
                  {row.cells.map((value, at) => (
                    <td key={columns[at]?.field}>
                      {value ?? (
                        <span className="dimmer">
                          {columns[at]?.decision === 'DENIED' ? t('trial.cell.denied') : '—'}
                        </span>
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {faults.length > 0 && (
        <div className="padt">
          <h3 className="subhead">{t('trial.faults', { n: faults.length })}</h3>
          <ul className="changelist">
            {faults.slice(0, 20).map(fault => (
              <li key={`${fault.key} ${fault.field} ${fault.reason}`}>
                <Icon name="alert" small />
                <div>
                  <span className="code strong">
                    {fault.key ?? '—'} · {fault.field}
                  </span>{' '}
                  {fault.reason}
                </div>
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  )
}
