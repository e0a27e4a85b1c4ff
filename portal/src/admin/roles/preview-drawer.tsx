import { useState } from 'react'
import { Icon } from '../../ui/icon.tsx'
import type { Draft, Preview, RoleShift, System } from '../answers.ts'
import { useAdminTexts } from '../texts.ts'
import { inLocale } from '../use-admin.ts'
import { distinctPeople } from './distinct-people.ts'

/** Who gains and who loses what if the draft is published, and the button that does it. */
export function PreviewDrawer({
  draft,
  systems,
  preview,
  busy,
  onClose,
  onPublish,
  onDiscard,
}: {
  draft: Draft
  systems: System[]
  preview: Preview | undefined
  busy: boolean
  onClose: () => void
  onPublish: (comment: string) => Promise<void>
  onDiscard: () => Promise<void>
}) {
  const t = useAdminTexts()
  const [comment, setComment] = useState('')
  const name = (id: string): string => {
    const found = systems.find(system => system.id === id)
    return found ? inLocale(found.name) : id
  }
  const current = preview?.revision === draft.revision ? preview : undefined
  return (
    <aside className="drawer" aria-labelledby="pv">
      <div className="dbody">
        <header className="bar">
          <h2 className="title" id="pv">
            {t('roles.preview')}
          </h2>
          <button type="button" className="iconic s push" aria-label={t('roles.preview.close')} onClick={onClose}>
            <Icon name="x" />
          </button>
        </header>
        <p className="small dim">{t('roles.preview.note')}</p>
        {current ? (
          <>
            <dl className="tally">
              <Tally label={t('roles.tally.gain')} value={distinctPeople(current.gains)} />
              <Tally label={t('roles.tally.lose')} value={distinctPeople(current.losses)} />
              <Tally label={t('roles.tally.sessions')} value={current.sessions} />
              <Tally
                label={t('roles.tally.conflicts')}
                value={current.conflicts.length}
                hot={current.conflicts.length > 0}
              />
            </dl>
            {current.conflicts.map(conflict => (
              <div className="clash" key={`${conflict.rule.id} ${conflict.person.id}`}>
                <Icon name="alert" />
                <div>
                  <b>
                    {inLocale(conflict.person.name)}: {inLocale(conflict.rule.name)}
                  </b>
                  <p>{inLocale(conflict.detail)}</p>
                </div>
              </div>
            ))}
            {current.gains.map(shift => (
              <Shift
                key={`+${shift.system} ${shift.nativeRole}`}
                className="gain"
                sign="＋"
                title={`${name(shift.system)} ${shift.nativeRole}`}
                shift={shift}
              />
            ))}
            {current.losses.map(shift => (
              <Shift
                key={`-${shift.system} ${shift.nativeRole}`}
                className="lose"
                sign="−"
                title={`${name(shift.system)} ${shift.nativeRole}`}
                shift={shift}
              />
            ))}
            {current.scopeChanges.map(shift => (
              <Shift
                key={`~${shift.system} ${shift.from} ${shift.to}`}
                className="gain"
                sign="→"
                title={t('roles.scopeChange', {
                  system: name(shift.system),
                  from: t(`admin.scope.${shift.from}`),
                  to: t(`admin.scope.${shift.to}`),
                })}
                shift={shift}
              />
            ))}
            {current.gains.length + current.losses.length + current.scopeChanges.length === 0 && (
              <p className="dimmer">{t('roles.nobody')}</p>
            )}
          </>
        ) : (
          <p className="dimmer">{t('admin.loading')}</p>
        )}
      </div>
      <footer className="dfoot">
        {current?.fourEyes && <p className="small dim">{t('roles.fourEyes')}</p>}
        <input
          className="input"
          aria-label={t('roles.comment')}
          placeholder={t('roles.comment')}
          value={comment}
          maxLength={500}
          onChange={event => setComment(event.target.value)}
        />
        <div className="bar">
          <button
            type="button"
            className="btn main"
            disabled={busy || !current || current.blocked !== null}
            onClick={() => void onPublish(comment)}
          >
            {t('roles.publish', { version: draft.version })}
          </button>
          <button type="button" className="btn bare push" disabled={busy} onClick={() => void onDiscard()}>
            {t('roles.discard')}
          </button>
        </div>
        {current?.blocked && <p className="micro bad">{inLocale(current.blocked)}</p>}
      </footer>
    </aside>
  )
}

function Tally({ label, value, hot = false }: { label: string; value: number; hot?: boolean }) {
  return (
    <div className={hot ? 'hot' : undefined}>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  )
}

const listed = 6

function Shift({
  className,
  sign,
  title,
  shift,
}: {
  className: string
  sign: string
  title: string
  shift: Pick<RoleShift, 'count' | 'people'>
}) {
  const t = useAdminTexts()
  const [all, setAll] = useState(false)
  const people = all ? shift.people : shift.people.slice(0, listed)
  return (
    <section className={className}>
      <h3>
        <span className="sign">{sign}</span>
        {title}
        <span className="n">{t('roles.people', { n: shift.count })}</span>
      </h3>
      <ul>
        {people.map(person => (
          <li key={person.id}>
            {inLocale(person.name)}
            <span>{inLocale(person.department)}</span>
          </li>
        ))}
        {shift.count > people.length && (
          <li className="restof">
            <button type="button" className="link" onClick={() => setAll(true)} disabled={all}>
              {t('roles.more', { n: shift.count - people.length })}
            </button>
          </li>
        )}
      </ul>
    </section>
  )
}
