import { type ReactNode, useMemo, useState } from 'react'
import { useNavigate, useParams } from 'react-router'
import { useTexts } from '../locales/portal-texts.ts'
import { Icon } from '../ui/icon.tsx'
import { useNow } from '../ui/use-now.ts'
import { arrangeByDue, type Group, readingOrder, threadsOf } from './arrange.ts'
import { Filters } from './filters.tsx'
import { MessageList } from './message-list.tsx'
import { ReadingPane } from './reading-pane.tsx'
import { useInboxList, useQuiet } from './use-inbox.ts'
import { useInboxFilter } from './use-inbox-filter.ts'
import { useInboxKeys } from './use-inbox-keys.ts'

/** Filters, list and reading pane; on a phone list and reading are two pages. */
export function Page(): ReactNode {
  const t = useTexts()
  const { id } = useParams()
  const go = useNavigate()
  const now = useNow(30_000)
  const [filter] = useInboxFilter()
  const [sheet, setSheet] = useState(false)
  const { quiet, handlers } = useQuiet()
  const { key, list, messages } = useInboxList(filter, quiet && !id)
  const open = (filter.state ?? 'OPEN') === 'OPEN'
  const groups = useMemo<(Group | { id: 'newest'; threads: Group['threads'] })[]>(
    () =>
      open ? arrangeByDue(messages, now) : messages.length > 0 ? [{ id: 'newest', threads: threadsOf(messages) }] : [],
    [open, messages, now],
  )
  const order = useMemo(() => readingOrder(groups), [groups])
  const position = order.findIndex(message => message.id === id)
  const show = (message: string | undefined): void => {
    void go({ pathname: message ? `/inbox/${message}` : '/inbox', search: location.search }, { replace: !!id })
  }
  useInboxKeys({ order, selected: id, show, onHelp: () => setSheet(true) })
  return (
    <main className="panes" id="main">
      <h1 className="sr">{t('inbox.title')}</h1>
      <Filters />
      <MessageList
        listKey={key}
        list={list}
        groups={groups}
        selected={id}
        handlers={handlers}
        keysOpen={sheet}
        onKeys={setSheet}
      />
      {id ? (
        <ReadingPane
          key={id}
          id={id}
          position={position}
          count={order.length}
          next={order[position + 1]?.id ?? order[position - 1]?.id}
          show={show}
        />
      ) : (
        <article className="pane-c" aria-label={t('inbox.pick')}>
          <div className="instead">
            <Icon name="inbox" />
            <b>{t('inbox.pick')}</b>
            <span className="keys">
              <kbd>J</kbd>
              <kbd>K</kbd> {t('inbox.keys.move')}
            </span>
          </div>
        </article>
      )}
    </main>
  )
}
