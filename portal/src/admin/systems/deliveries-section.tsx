import { Icon } from '../../ui/icon.tsx'
import type { Delivery, Named } from '../answers.ts'
import { shortMoment } from '../moment.ts'
import { useAdminTexts } from '../texts.ts'
import { inLocale, useAdmin, useAdminApi } from '../use-admin.ts'
import { deliveryFault, deliveryKind } from './delivery-words.ts'

/** Sign-outs, pushed accounts and hints that have not arrived yet. */
export function DeliveriesSection() {
  const t = useAdminTexts()
  const api = useAdminApi()
  const pending = useAdmin<{ items: Delivery[] }>('deliveries?state=pending&limit=20', 10)
  const dead = useAdmin<{ items: Delivery[] }>('deliveries?state=dead&limit=20', 10)
  const items = [...(dead.data?.items ?? []), ...(pending.data?.items ?? []).filter(item => item.attempts > 0)]
  const applications = useAdmin<{ items: Named[] }>('applications')
  const nameOf = (target: string): string => {
    const found = applications.data?.items.find(one => one.id === target)
    return found ? inLocale(found.name) : target
  }
  return (
    <section className="section" aria-labelledby="deliveries-title">
      <header>
        <h2 id="deliveries-title">
          {t('deliveries.title')}
          <span className="n">{items.length}</span>
        </h2>
      </header>
      {items.length === 0 ? (
        <div className="instead">
          <Icon name="check" />
          <b>{t('deliveries.empty')}</b>
        </div>
      ) : (
        <ul className="rows">
          {items.map(item => (
            <li key={item.id}>
              <div className="row2">
                <span className={item.state === 'dead' ? 'state bad' : 'state half'}>
                  {t(deliveryKind(item.topic))}
                </span>
                <time className="num small dimmer" dateTime={item.updatedAt}>
                  {shortMoment(item.updatedAt)}
                </time>
                <span className="sub cut">
                  {t('deliveries.attempts', {
                    target: item.target === null ? '' : nameOf(item.target),
                    n: item.attempts,
                    fault: item.lastError === null ? '' : t(deliveryFault(item.lastError)),
                  })}
                </span>
                <button
                  type="button"
                  className="btn s bare"
                  onClick={() =>
                    void api
                      .send('POST', `deliveries/${item.id}/retry`)
                      .then(() => Promise.all([pending.reload(), dead.reload()]))
                  }
                >
                  {t('deliveries.retry')}
                </button>
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
