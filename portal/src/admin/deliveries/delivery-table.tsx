import type { ReactNode } from 'react'
import { Button } from '../../ui/button.tsx'
import { shortMoment } from '../moment.ts'
import { inLocale } from '../use-admin.ts'
import type { SignOut } from './answers.ts'
import { wordsOf } from './fault.ts'
import { deliveriesTexts } from './texts.ts'

const tones = { pending: ' half', dead: ' bad', done: '' } as const

type Props = {
  items: SignOut[]
  nameOf: (application: string) => string
  busy: boolean
  onRetry: (row: SignOut) => Promise<void>
  onPerson: (id: string) => void
}

/** A line for each person and system. */
export function DeliveryTable({ items, nameOf, busy, onRetry, onPerson }: Props): ReactNode {
  const t = deliveriesTexts.useTexts()
  return (
    <div className="scroll">
      <table className="table stacks signouts">
        <thead>
          <tr>
            <th scope="col">{t('signOuts.person')}</th>
            <th scope="col">{t('signOuts.system')}</th>
            <th scope="col">{t('signOuts.state')}</th>
            <th scope="col">{t('signOuts.attempts')}</th>
            <th scope="col">{t('signOuts.error')}</th>
            <th scope="col">{t('signOuts.when')}</th>
            <th scope="col">
              <span className="sr">{t('signOuts.retry')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map(row => {
            const name = row.person ? inLocale(row.person.name) : t('signOuts.person.unknown')
            const system = nameOf(row.target ?? '')
            const person = row.person
            return (
              <tr key={row.id}>
                <td className="head">
                  {person ? (
                    <button type="button" className="link strong" onClick={() => onPerson(person.id)}>
                      {name}
                    </button>
                  ) : (
                    name
                  )}
                </td>
                <td>{system}</td>
                <td>
                  <span className={`state${tones[row.state]}`}>{t(`signOuts.state.${row.state}`)}</span>
                </td>
                <td className="nowrap">{row.attempts > 0 ? t('signOuts.attempts.n', { n: row.attempts }) : ''}</td>
                <td className={row.state === 'dead' ? 'bad' : 'dim'}>
                  {row.lastError && row.state !== 'done' ? <Words error={row.lastError} /> : ''}
                </td>
                <td className="nowrap dimmer">
                  <When row={row} />
                </td>
                <td className="act">
                  {row.state !== 'done' && (
                    <Button
                      small
                      disabled={busy}
                      aria-label={t('signOuts.retry.of', { name, system })}
                      onClick={() => void onRetry(row)}
                    >
                      {t('signOuts.retry')}
                    </Button>
                  )}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

function Words({ error }: { error: string }): ReactNode {
  const t = deliveriesTexts.useTexts()
  const { key, values } = wordsOf(error)
  return t(key, values)
}

function When({ row }: { row: SignOut }): ReactNode {
  const t = deliveriesTexts.useTexts()
  const at = row.state === 'pending' ? row.dueAt : row.updatedAt
  const key = { pending: 'signOuts.next', dead: 'signOuts.gaveUp', done: 'signOuts.confirmed' } as const
  return <time dateTime={at}>{t(key[row.state], { time: shortMoment(at) })}</time>
}
