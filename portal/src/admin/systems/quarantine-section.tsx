import { useState } from 'react'
import { useApp } from '../../app/app-context.ts'
import { useOperation } from '../../app/use-operation.ts'
import { Icon } from '../../ui/icon.tsx'
import { shortMoment } from '../moment.ts'
import { useAdminTexts } from '../texts.ts'

/** Events that no rule could deliver: why, what they said, and a way to deliver them after all. */
export function QuarantineSection() {
  const t = useAdminTexts()
  const { graph } = useApp()
  const { answer, reload } = useOperation('Quarantine', { first: 50, after: null }, 15)
  const [delivered, setDelivered] = useState<number>()
  const items = answer?.data?.quarantine.nodes ?? []
  const total = answer?.data?.quarantine.totalCount ?? 0
  const replay = async (ids: string[]): Promise<void> => {
    const result = await graph.mutate('ReplayQuarantine', { ids })
    setDelivered(result.data?.replayQuarantine)
    reload()
  }
  return (
    <section className="section" aria-labelledby="quarantine-title">
      <header>
        <h2 id="quarantine-title">
          {t('quarantine.title')}
          <span className="n">{total}</span>
        </h2>
        <span className="dateline">{t('quarantine.note')}</span>
      </header>
      {delivered !== undefined && (
        <p className="small dim" role="status">
          {t('quarantine.replayed', { n: delivered })}
        </p>
      )}
      {answer?.data && items.length === 0 ? (
        <div className="instead">
          <Icon name="check" />
          <b>{t('quarantine.empty')}</b>
          <span>{t('quarantine.empty.hint')}</span>
        </div>
      ) : (
        <ul className="rows">
          {items.map(item => (
            <li key={item.id}>
              <div className="row2">
                <span className="cut strong">{item.type ?? item.source}</span>
                <time className="num small dimmer" dateTime={item.receivedAt}>
                  {shortMoment(item.receivedAt)}
                </time>
                <span className="sub">
                  {item.count > 1 ? t('quarantine.same', { reason: item.reason, n: item.count }) : item.reason}
                </span>
                <button type="button" className="btn s bare" onClick={() => void replay([item.id])}>
                  {t('quarantine.replay')}
                </button>
              </div>
              <details className="small">
                <summary>{t('quarantine.body')}</summary>
                <pre className="scroll micro">{item.body}</pre>
              </details>
            </li>
          ))}
        </ul>
      )}
      {items.length > 1 && (
        <div className="bar padt">
          <button type="button" className="btn s" onClick={() => void replay(items.map(item => item.id))}>
            {t('quarantine.replayAll', { n: items.length })}
          </button>
        </div>
      )}
    </section>
  )
}
