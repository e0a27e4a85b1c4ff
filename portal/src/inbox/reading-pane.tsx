import { formatDue, formatMoment, formatMoney } from '@atrium/widgets/sdk/format'
import { type ReactNode, useEffect } from 'react'
import { Link } from 'react-router'
import type { MessageFields } from '../app/operations.ts'
import { useOperation } from '../app/use-operation.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { Button, IconButton } from '../ui/button.tsx'
import { ageOf, Dateline, systemCode } from '../ui/dateline.tsx'
import { Icon } from '../ui/icon.tsx'
import { Instead, Notice, Skeleton } from '../ui/instead.tsx'
import { toast } from '../ui/toast.tsx'
import { useLocale } from '../ui/use-locale.ts'
import { useNow } from '../ui/use-now.ts'
import { DecisionBar } from './decision-bar.tsx'
import { FactStrip } from './fact-strip.tsx'
import { MessageDetailView } from './message-detail.tsx'
import { SnoozeMenu } from './snooze-menu.tsx'
import { useInbox } from './use-inbox.ts'

type Props = {
  id: string
  /** its place in the list; -1 when the list does not hold it */
  position: number
  count: number
  next: string | undefined
  show: (id: string | undefined) => void
}

/** One message: what decides, what its system says of it now, and the decision. */
export function ReadingPane({ id, position, count, next, show }: Props): ReactNode {
  const t = useTexts()
  const { view, store } = useInbox()
  const { answer, loading, reload } = useOperation('InboxMessage', { id })
  const read = answer?.data?.message ?? undefined
  const message: MessageFields | undefined = view.messages.get(id) ?? read

  useEffect(() => {
    if (read) store.take(read)
  }, [read, store])
  const unread = message && !message.read
  useEffect(() => {
    if (unread) void store.markRead([id])
  }, [unread, id, store])
  // The system's own account of it changes with a decision.
  const phase = message?.decision?.phase
  // biome-ignore lint/correctness/useExhaustiveDependencies: reads anew when the decision's phase or the state changes
  useEffect(() => {
    if (phase === 'CONFIRMED' || phase === 'REFUSED') reload()
  }, [phase])

  if (!message) {
    return (
      <article className="pane-c" aria-busy={loading}>
        <BackToList show={show} />
        {loading ? (
          <div className="read">
            <Skeleton lines={6} />
          </div>
        ) : (
          <Instead icon="search" title={t('inbox.gone.title')}>
            {t('inbox.gone.text')}
          </Instead>
        )}
      </article>
    )
  }
  const fault = answer?.faults[0]
  const age = answer?.data ? ageOf(answer.sources, answer.at) : undefined
  return (
    <article className="pane-c" aria-labelledby="message-title">
      <div className="read">
        <nav className="bar acts" aria-label={message.title}>
          <IconButton icon="left" className="narrow-only" label={t('inbox.back')} onClick={() => show(undefined)} />
          {position >= 0 ? (
            <span className="small dimmer pos">{t('inbox.position', { index: position + 1, count })}</span>
          ) : null}
          <span className="push" />
          <Tools message={message} next={next} show={show} />
        </nav>
        <Head message={message} />
        <FactStrip message={message} facts={read?.detail?.facts.length ? read.detail.facts : (read?.facts ?? [])} />
        {fault && !read?.detail ? (
          <Notice
            icon="plug"
            action={
              <button type="button" className="link" onClick={reload}>
                {t('retry')}
              </button>
            }
          >
            {t('inbox.detail.stale', { system: systemCode(fault.system ?? message.system) })}
          </Notice>
        ) : null}
        {answer && read?.detail ? (
          <MessageDetailView
            detail={read.detail}
            answer={answer}
            onRetry={reload}
            summary={message.summary}
            undecided={message.decisions.length > 0}
            dateline={<Dateline systems={[message.system]} at={age?.at} stale={age?.stale ?? false} />}
          />
        ) : loading ? (
          <div aria-busy="true">
            <p className="sr">{t('inbox.detail.loading', { system: systemCode(message.system) })}</p>
            <Skeleton lines={5} />
          </div>
        ) : message.summary ? (
          <p className="readbody">{message.summary}</p>
        ) : null}
      </div>
      <DecisionBar message={message} />
    </article>
  )
}

function BackToList({ show }: { show: Props['show'] }): ReactNode {
  const t = useTexts()
  return (
    <nav className="bar acts narrow-only">
      <IconButton icon="left" label={t('inbox.back')} onClick={() => show(undefined)} />
    </nav>
  )
}

function Head({ message }: { message: MessageFields }): ReactNode {
  const t = useTexts()
  const locale = useLocale()
  const now = useNow(30_000)
  const settled = message.state === 'DONE' || message.state === 'ARCHIVED'
  const due = message.dueAt && !settled ? formatDue(Date.parse(message.dueAt), locale, now) : undefined
  return (
    <header className="dhead">
      <h2 className="title" id="message-title">
        {message.title}
      </h2>
      <p className="small dim">
        {[
          message.threadTitle && message.threadTitle !== message.title ? message.threadTitle : '',
          t('inbox.received', { time: formatMoment(Date.parse(message.createdAt), locale, now) }),
          message.amount ? formatMoney(message.amount, message.currency, locale) : '',
          due && !due.late ? t('inbox.due', { time: due.text }) : '',
        ]
          .filter(Boolean)
          .join(' · ')}{' '}
        {due?.late ? <span className="bad nowrap">{t('inbox.late', { late: due.text })}</span> : null}
        {message.state === 'SNOOZED' && message.snoozedUntil ? (
          <span className="warn nowrap">
            {t('inbox.snoozed.until', { time: formatDue(Date.parse(message.snoozedUntil), locale, now).text })}
          </span>
        ) : null}
      </p>
    </header>
  )
}

function Tools({
  message,
  next,
  show,
}: {
  message: MessageFields
  next: string | undefined
  show: Props['show']
}): ReactNode {
  const t = useTexts()
  const { store } = useInbox()
  const leave = (work: Promise<{ message: string } | undefined>, done: string): void => {
    show(next)
    void work.then(fault => {
      if (fault) toast(fault.message)
      else toast(done, { label: t('inbox.undo'), perform: () => void store.unarchive([message.id]) })
    })
  }
  return (
    <>
      {message.state === 'OPEN' ? (
        <>
          <span data-inbox-snooze="">
            <SnoozeMenu onSnooze={(until, label) => leave(store.snooze([message.id], until), label)} />
          </span>
          <Button
            small
            look="bare"
            icon="archive"
            onClick={() => leave(store.archive([message.id]), t('inbox.archived.done'))}
          >
            {t('inbox.archive')}
          </Button>
        </>
      ) : message.state === 'ARCHIVED' || message.state === 'SNOOZED' ? (
        <Button small look="bare" icon="inbox" onClick={() => void store.unarchive([message.id])}>
          {t('inbox.unarchive')}
        </Button>
      ) : null}
      {message.url && /^https?:\/\//.test(message.url) ? (
        <a className="btn s bare" href={message.url} target="_blank" rel="noopener">
          {t('inbox.openIn', { system: systemCode(message.system) })}
          <Icon name="out" />
        </a>
      ) : message.url?.startsWith('/') && !message.url.startsWith('//') ? (
        <Link className="btn s bare" to={message.url}>
          {t('inbox.openHere')}
        </Link>
      ) : null}
    </>
  )
}
