import { daysBetween, formatClock, formatDue, formatMoment, formatMoney } from '@atrium/widgets/sdk/format'
import { type ReactNode, useEffect, useRef } from 'react'
import { Link, useLocation } from 'react-router'
import type { MessageFields } from '../app/operations.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { systemCode } from '../ui/dateline.tsx'
import { Icon } from '../ui/icon.tsx'
import { useLocale } from '../ui/use-locale.ts'
import { useNow } from '../ui/use-now.ts'
import { messageIcon } from './message-icon.ts'

/** One message in the list; the whole row opens it. */
export function MessageRow({ message, selected }: { message: MessageFields; selected: boolean }): ReactNode {
  const t = useTexts()
  const locale = useLocale()
  const now = useNow(30_000)
  const { search } = useLocation()
  const row = useRef<HTMLLIElement>(null)
  const settled = message.state === 'DONE' || message.state === 'ARCHIVED'
  const due = message.dueAt && !settled ? formatDue(Date.parse(message.dueAt), locale, now) : undefined
  // Its group says that it is today.
  const dueToday = due && !due.late && daysBetween(now, Date.parse(message.dueAt ?? '')) === 0
  useEffect(() => {
    if (selected) row.current?.scrollIntoView({ block: 'nearest' })
  }, [selected])
  const classes = ['msg', message.read ? '' : 'new', settled ? 'done' : ''].filter(Boolean).join(' ')
  return (
    <li className={classes} aria-current={selected ? 'true' : undefined} ref={row}>
      <Icon name={messageIcon(message)} />
      <Link className="what" to={{ pathname: `/inbox/${message.id}`, search }} replace={selected}>
        <b className="cut">{message.title}</b>
        {message.read ? null : <span className="sr">{t('inbox.unread')}</span>}
      </Link>
      <span className={due?.late ? 'due bad' : 'due'}>
        {(dueToday ? formatClock(Date.parse(message.dueAt ?? '')) : due?.text) ??
          formatMoment(Date.parse(message.createdAt), locale, now)}
      </span>
      <span className="sub cut">
        <Phase message={message} />
        {[systemCode(message.system), message.summary].filter(Boolean).join(' · ')}
      </span>
      <span className="amt">{message.amount ? formatMoney(message.amount, message.currency, locale) : ''}</span>
    </li>
  )
}

function Phase({ message }: { message: MessageFields }): ReactNode {
  const t = useTexts()
  const phase = message.decision?.phase
  if (phase === 'PENDING') return <span className="phase">{t('decide.pending')} · </span>
  if (phase === 'IN_DOUBT') return <span className="phase warn">{t('decide.inDoubt')} · </span>
  if (phase === 'REFUSED') return <span className="phase bad">{t('decide.refused')} · </span>
  return null
}
