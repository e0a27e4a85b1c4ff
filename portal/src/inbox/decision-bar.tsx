import { type ReactNode, useId, useState } from 'react'
import type { MessageFields } from '../app/operations.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { Button } from '../ui/button.tsx'
import { systemCode } from '../ui/dateline.tsx'
import { Icon } from '../ui/icon.tsx'
import { announce } from '../ui/live-region.tsx'
import { useInbox } from './use-inbox.ts'

const looks = { MAIN: 'main', PLAIN: 'plain', GRAVE: 'grave' } as const

/** The decisions of a message with their comment, or what became of the one that was taken. */
export function DecisionBar({ message }: { message: MessageFields }): ReactNode {
  const t = useTexts()
  const { view, store } = useInbox()
  const field = useId()
  const [comment, setComment] = useState('')
  const [missing, setMissing] = useState<string>()
  const [sending, setSending] = useState<string>()
  const system = systemCode(message.system)
  const refusal = view.refused.get(message.id)
  const needed = message.decisions.filter(option => option.commentRequired).map(option => option.label)

  if (message.decision && message.decision.phase !== 'REFUSED') return <Outcome message={message} />
  if (message.decisions.length === 0) return null

  const decide = async (option: MessageFields['decisions'][number]): Promise<void> => {
    if (sending) return
    if (option.commentRequired && !comment.trim()) {
      setMissing(t('decide.comment.missing', { decision: option.label }))
      document.getElementById(field)?.focus()
      return
    }
    setMissing(undefined)
    setSending(option.id)
    const fault = await store.decide(message.id, option.id, comment.trim())
    setSending(undefined)
    announce(
      fault ? t('decide.failed', { reason: fault.message }) : t('decide.sent', { decision: option.label, system }),
    )
  }

  const fault = missing ?? (refusal ? t('decide.failed', { reason: refusal.message }) : undefined)
  return (
    <form className="decide" onSubmit={event => event.preventDefault()} aria-label={message.title}>
      {message.decision?.phase === 'REFUSED' ? (
        <p className="fault">
          <Icon name="alert" small />
          {t('decide.refused.text', {
            system,
            decision: message.decision.label,
            reason: message.decision.reason ?? '',
          })}
        </p>
      ) : null}
      <label className="sr" htmlFor={field}>
        {t('decide.comment')}
      </label>
      <input
        className="input"
        id={field}
        value={comment}
        maxLength={2000}
        aria-invalid={missing ? true : undefined}
        aria-describedby={`${field}n`}
        placeholder={
          needed.length > 0
            ? t('decide.comment.required', { decisions: needed.join(t('list.comma')) })
            : t('decide.comment.hint')
        }
        onChange={event => {
          setComment(event.target.value)
          setMissing(undefined)
        }}
      />
      <div className="bar">
        {message.decisions.map((option, index) => (
          <Button
            key={option.id}
            look={looks[option.tone]}
            busy={sending === option.id}
            {...(option.tone === 'MAIN' ? { icon: 'check' as const } : {})}
            {...(index === 0 ? { 'data-inbox-decision': '' } : {})}
            aria-label={option.label}
            onClick={() => void decide(option)}
          >
            {option.label}
            {index === 0 ? <kbd>A</kbd> : null}
          </Button>
        ))}
      </div>
      <p className={fault ? 'fault' : 'micro dimmer'} id={`${field}n`} role={fault ? 'alert' : undefined}>
        {fault ?? t('decide.note', { system })}
      </p>
    </form>
  )
}

function Outcome({ message }: { message: MessageFields }): ReactNode {
  const t = useTexts()
  const system = systemCode(message.system)
  const { decision } = message
  if (!decision) return null
  const values = { system, decision: decision.label }
  const comment = decision.comment ? `“${decision.comment}”` : ''
  return (
    <div className="decide" role="status">
      <p className="settled">
        {decision.phase === 'PENDING' ? (
          <span className="state half">{t('decide.pending.text', values)}</span>
        ) : decision.phase === 'IN_DOUBT' ? (
          <span className="state warn">{t('decide.inDoubt.text', values)}</span>
        ) : (
          <span className="state">{t('decide.confirmed.text', values)}</span>
        )}{' '}
        <span className="dim">{comment}</span>
      </p>
    </div>
  )
}
