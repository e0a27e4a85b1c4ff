import { type ReactNode, useEffect, useState } from 'react'
import { Icon } from '../../ui/icon.tsx'
import type { PersonRow } from '../answers.ts'
import { inLocale, useAdmin } from '../use-admin.ts'
import { type State, states } from './answers.ts'
import { deliveriesTexts } from './texts.ts'

type Props = {
  person: string
  target: string
  state: State | ''
  applications: [id: string, name: string][]
  onChange: (changes: { person?: string; target?: string; state?: State | '' }) => void
}

/** One state, one system, one person. */
export function DeliveryFilters({ person, target, state, applications, onChange }: Props): ReactNode {
  const t = deliveriesTexts.useTexts()
  return (
    // biome-ignore lint/a11y/useSemanticElements: a search element is not known to every browser in use
    <div className="bar filters" role="search" aria-label={t('signOuts.filter')}>
      {states.map(one => (
        <button
          type="button"
          className="chip"
          key={one}
          aria-pressed={state === one}
          onClick={() => onChange({ state: state === one ? '' : one })}
        >
          {t(`signOuts.state.${one}`)}
        </button>
      ))}
      <span className="pick">
        <select
          className="select s"
          aria-label={t('signOuts.system')}
          value={target}
          onChange={event => onChange({ target: event.target.value })}
        >
          <option value="">{t('signOuts.system.all')}</option>
          {applications.map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
        <Icon name="down" small />
      </span>
      {person ? (
        <ChosenPerson id={person} onClear={() => onChange({ person: '' })} />
      ) : (
        <FindPerson onFound={id => onChange({ person: id })} />
      )}
    </div>
  )
}

function ChosenPerson({ id, onClear }: { id: string; onClear: () => void }): ReactNode {
  const t = deliveriesTexts.useTexts()
  const found = useAdmin<PersonRow>(`people/${encodeURIComponent(id)}`)
  const name = found.data ? inLocale(found.data.name) : id
  return (
    <button
      type="button"
      className="chip"
      aria-pressed
      aria-label={t('signOuts.person.clear', { name })}
      onClick={onClear}
    >
      {t('signOuts.person.only', { name })}
      <Icon name="x" small />
    </button>
  )
}

const typingPauseMs = 200

function FindPerson({ onFound }: { onFound: (id: string) => void }): ReactNode {
  const t = deliveriesTexts.useTexts()
  const [text, setText] = useState('')
  const [asked, setAsked] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), typingPauseMs)
    return () => clearTimeout(timer)
  }, [text])
  const found = useAdmin<{ items: PersonRow[] }>(
    asked ? `people?${new URLSearchParams({ search: asked, first: '6' })}` : undefined,
  )
  return (
    <div className="findperson">
      <label className="ask mini">
        <Icon name="search" small />
        <input
          value={text}
          placeholder={t('signOuts.person.find')}
          aria-label={t('signOuts.person.find')}
          onChange={event => setText(event.target.value)}
          onKeyDown={event => {
            if (event.key === 'Escape') setText('')
            if (event.key === 'Enter' && found.data?.items[0]) onFound(found.data.items[0].id)
          }}
        />
      </label>
      {asked && found.data && (
        <ul className="menu found">
          {found.data.items.map(one => (
            <li key={one.id}>
              <button type="button" onClick={() => onFound(one.id)}>
                {inLocale(one.name)} <span className="dimmer">{one.username}</span>
              </button>
            </li>
          ))}
          {found.data.items.length === 0 && <li className="dimmer">{t('signOuts.person.none')}</li>}
        </ul>
      )}
    </div>
  )
}
