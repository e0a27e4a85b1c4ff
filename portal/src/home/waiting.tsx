import type { ReactNode } from 'react'
import { Link } from 'react-router'
import type { InboxFilter } from '../inbox/inbox-state.ts'
import { useInbox, useInboxList, useQuiet } from '../inbox/use-inbox.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { Dateline } from '../ui/dateline.tsx'
import { Instead, Skeleton } from '../ui/instead.tsx'
import { Section } from '../ui/section.tsx'
import { WaitingRow } from './waiting-row.tsx'

const open: InboxFilter = { state: 'OPEN' }
const shown = 9

/** What waits for me, the most urgent first; a decision within policy is offered in its row. */
export function Waiting(): ReactNode {
  const t = useTexts()
  const { quiet, handlers } = useQuiet()
  const { list, messages, key } = useInboxList(open, quiet)
  const { view, store } = useInbox()
  const systems = [...new Set(messages.map(message => message.system))].slice(0, 3)
  const total = view.counts?.open ?? list?.total ?? 0
  return (
    <Section
      title={t('home.waiting')}
      count={total || undefined}
      className="w8"
      busy={!list || list.loading}
      dateline={<Dateline systems={systems} live />}
    >
      {!list || (list.loading && messages.length === 0) ? (
        <Skeleton rows={Math.min(view.counts?.open || shown, shown)} />
      ) : list.failed && messages.length === 0 ? (
        <Instead icon="pause" title={t('fault.offline.title')}>
          {t('fault.offline.text')}
        </Instead>
      ) : messages.length === 0 ? (
        <Instead icon="check" title={t('home.waiting.none')}>
          {t('home.waiting.none.hint')}
        </Instead>
      ) : (
        <ul className="rows todos" {...handlers}>
          {messages.slice(0, shown).map(message => (
            <WaitingRow key={message.id} message={message} />
          ))}
        </ul>
      )}
      <footer>
        {list && list.fresh.length > 0 && !quiet ? (
          <button type="button" className="link" onClick={() => void store.reload(key)}>
            {t('inbox.new', { count: list.fresh.length })}
          </button>
        ) : null}
        {total > 0 ? (
          <Link className="link" to="/inbox">
            {t('home.all', { count: total })}
          </Link>
        ) : null}
      </footer>
    </Section>
  )
}
