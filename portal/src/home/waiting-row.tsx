import { formatDue, formatMoment, formatMoney } from '@atrium/widgets/sdk/format'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import type { MessageFields } from '../app/operations.ts'
import { undoMs } from '../inbox/inbox-store.ts'
import { messageIcon } from '../inbox/message-icon.ts'
import { useInbox } from '../inbox/use-inbox.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { Button } from '../ui/button.tsx'
import { Stamp } from '../ui/dateline.tsx'
import { Icon } from '../ui/icon.tsx'
import { announce } from '../ui/live-region.tsx'
import { useLocale } from '../ui/use-locale.ts'
import { useNow } from '../ui/use-now.ts'

/** One thing that waits. */
export function WaitingRow({ message }: { message: MessageFields }): ReactNode {
  const locale = useLocale()
  const now = useNow(30_000)
  const due = message.dueAt ? formatDue(Date.parse(message.dueAt), locale, now) : undefined
  const inRow = message.decisions.find(option => option.inRow)
  const classes = ['todo', message.read ? '' : 'new', due?.late ? 'late' : '', inRow ? 'decidable' : '']
    .filter(Boolean)
    .join(' ')
  return (
    <li className={classes}>
      <Icon name={messageIcon(message)} />
      <div className="what">
        <Link to={`/inbox/${message.id}`} title={message.title}>
          {message.title}
        </Link>
        <p>{message.summary ?? message.threadTitle ?? ''}</p>
      </div>
      <span className="src">
        <Stamp system={message.system} bare />
      </span>
      <span className="fig num">{message.amount ? formatMoney(message.amount, message.currency, locale) : ''}</span>
      <span className={due?.late ? 'due bad' : 'due'}>
        {due?.text ?? formatMoment(Date.parse(message.createdAt), locale, now)}
      </span>
      <span className="act">
        <RowAct message={message} />
      </span>
    </li>
  )
}

function RowAct({ message }: { message: MessageFields }): ReactNode {
  const t = useTexts()
  const now = useNow(1000)
  const { view, store } = useInbox()
  const held = view.held.get(message.id)
  if (held) {
    const seconds = Math.min(undoMs / 1000, Math.max(0, Math.ceil((held.sendAt - now) / 1000)))
    return (
      <Button
        small
        look="bare"
        className="undo"
        onClick={() => {
          store.undo(message.id)
          announce(t('decide.undone'))
        }}
      >
        {t('decide.undo', { seconds })}
      </Button>
    )
  }
  if (message.decision?.phase === 'PENDING') return <span className="settled">{t('decide.pending')}</span>
  if (message.decision?.phase === 'IN_DOUBT') return <span className="settled warn">{t('decide.inDoubt')}</span>
  const option = message.decisions.find(one => one.inRow)
  if (option) {
    return (
      <Button
        small
        look="ok"
        aria-label={`${option.label}${t('list.comma')}${message.title}`}
        onClick={() => store.hold(message.id, option.id, option.label)}
      >
        {option.label}
      </Button>
    )
  }
  return (
    <Link className="btn s bare" to={`/inbox/${message.id}`} tabIndex={-1} aria-hidden="true">
      {t('home.view')}
      <Icon name="right" />
    </Link>
  )
}
