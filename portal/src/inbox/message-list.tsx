import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useTexts } from '../locales/portal-texts.ts'
import { systemCode } from '../ui/dateline.tsx'
import { Icon } from '../ui/icon.tsx'
import { Instead, Skeleton } from '../ui/instead.tsx'
import { Menu } from '../ui/menu.tsx'
import type { Group, Thread } from './arrange.ts'
import { filterGroups } from './filter-groups.ts'
import type { ListState } from './inbox-state.ts'
import { KeysDialog } from './keys-dialog.tsx'
import { MessageRow } from './message-row.tsx'
import { useInbox } from './use-inbox.ts'
import { useInboxFilter } from './use-inbox-filter.ts'

type Props = {
  listKey: string
  list: ListState | undefined
  groups: { id: Group['id'] | 'newest'; threads: Thread[] }[]
  selected: string | undefined
  handlers: Record<string, () => void>
  keysOpen: boolean
  onKeys: (open: boolean) => void
}

const typingPauseMs = 250

/** The list: search, groups by when they are due, threads, and the new ones that wait to be shown. */
export function MessageList({ listKey, list, groups, selected, handlers, keysOpen, onKeys }: Props): ReactNode {
  const t = useTexts()
  const { view, store } = useInbox()
  const [filter, setFilter] = useInboxFilter()
  const [text, setText] = useState(filter.text ?? '')
  const field = useRef<HTMLInputElement>(null)
  const open = (filter.state ?? 'OPEN') === 'OPEN'
  const empty = list && !list.loading && list.ids.length === 0

  // biome-ignore lint/correctness/useExhaustiveDependencies: only typing starts the pause
  useEffect(() => {
    if (text === (filter.text ?? '')) return
    const timer = setTimeout(() => setFilter({ ...filter, text }), typingPauseMs)
    return () => clearTimeout(timer)
  }, [text])

  return (
    <section className="pane-b" aria-label={t('inbox.title')} {...handlers}>
      <header>
        <label className="ask">
          <Icon name="search" small />
          <span className="sr">{t('inbox.search')}</span>
          <input
            ref={field}
            type="search"
            data-inbox-search=""
            value={text}
            placeholder={t('inbox.search.hint')}
            onChange={event => setText(event.target.value)}
          />
          <kbd>/</kbd>
        </label>
        <div className="bar list-tools">
          <span className="small dim">
            {list && !list.loading
              ? t(open ? 'inbox.count.open' : 'inbox.count.other', { count: list.total })
              : '\u00a0'}
          </span>
          <span className="push" />
          <Menu
            small
            icon="filter"
            label={t('inbox.filters')}
            groups={filterGroups(t, view.counts, systemCode).map(group => ({
              title: group.title,
              entries: group.entries.map(entry => ({
                id: `${group.id}-${entry.id}`,
                label: entry.label,
                checked: entry.matches(filter),
                ...(entry.count ? { note: String(entry.count) } : {}),
                perform: () => setFilter(entry.matches(filter) ? entry.without(filter) : entry.apply(filter)),
              })),
            }))}
          />
          <Menu
            small
            label={t('more', { name: t('inbox.title') })}
            groups={[
              {
                entries: [
                  {
                    id: 'read',
                    icon: 'eye',
                    label: t('inbox.all.read'),
                    perform: () => void store.markAllRead(filter),
                  },
                  { id: 'reload', icon: 'refresh', label: t('reload'), perform: () => void store.reload(listKey) },
                  { id: 'keys', icon: 'help', label: t('inbox.keys'), note: '?', perform: () => onKeys(true) },
                ],
              },
            ]}
          />
        </div>
      </header>
      {list && list.fresh.length > 0 ? (
        <div className="newpill">
          <button type="button" onClick={() => void store.reload(listKey)}>
            {t('inbox.new', { count: list.fresh.length })}
          </button>
        </div>
      ) : null}
      {!list || (list.loading && list.ids.length === 0) ? (
        <Skeleton rows={10} />
      ) : empty ? (
        <Instead
          icon={list.failed ? 'pause' : filter.text ? 'search' : 'check'}
          title={
            list.failed
              ? t('fault.offline.title')
              : filter.text
                ? t('inbox.empty.search', { text: filter.text })
                : t(open ? 'inbox.empty.open' : 'inbox.empty.other')
          }
        >
          {list.failed ? t('fault.offline.text') : filter.text ? undefined : t('inbox.empty.hint')}
        </Instead>
      ) : (
        groups.map(group => (
          <section key={group.id} aria-label={t(`due.${group.id}`)}>
            <h2 className="day">{t(`due.${group.id}`)}</h2>
            <ul className="msgs">
              {group.threads.map(thread => (
                <ThreadView key={thread.key} thread={thread} selected={selected} />
              ))}
            </ul>
          </section>
        ))
      )}
      {list?.hasMore ? (
        <p className="keys">
          <button type="button" className="btn s" onClick={() => void store.more(listKey)} aria-busy={list.loading}>
            {t('inbox.more', { count: Math.max(0, list.total - list.ids.length) })}
          </button>
        </p>
      ) : null}
      <p className="keys micro dimmer">
        <kbd>J</kbd>
        <kbd>K</kbd> {t('inbox.keys.move')}
        <kbd>E</kbd> {t('inbox.keys.archive')}
        <kbd>S</kbd> {t('inbox.keys.snooze')}
        <kbd>?</kbd>{' '}
        <button type="button" onClick={() => onKeys(true)}>
          {t('inbox.keys')}
        </button>
      </p>
      {keysOpen ? <KeysDialog onClose={() => onKeys(false)} /> : null}
    </section>
  )
}

function ThreadView({ thread, selected }: { thread: Thread; selected: string | undefined }): ReactNode {
  const t = useTexts()
  const first = thread.messages[0]
  if (thread.messages.length === 1 && first) return <MessageRow message={first} selected={first.id === selected} />
  return (
    <li className="thread">
      <div className="thead">
        <span className="cut">{thread.title ?? first?.title}</span>
        <span className="n">{t('inbox.thread', { count: thread.messages.length })}</span>
      </div>
      <ul>
        {thread.messages.map(message => (
          <MessageRow key={message.id} message={message} selected={message.id === selected} />
        ))}
      </ul>
    </li>
  )
}
