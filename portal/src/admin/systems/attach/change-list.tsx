import { type ReactNode, useState } from 'react'
import { Icon } from '../../../ui/icon.tsx'
import type { Change, Difference } from './answers.ts'
import { attachTexts } from './texts.ts'

const shownAtFirst = 12

/** What becomes other in the graph and in the system's settings: first what breaks queries, then the rest. */
export function ChangeList({ difference }: { difference: Difference }): ReactNode {
  const t = attachTexts.useTexts()
  const [all, setAll] = useState(false)
  const { changes } = difference
  if (changes.length === 0) return <p className="small dimmer padt">{t('changes.none')}</p>
  const ordered = [...changes.filter(one => one.breaking), ...changes.filter(one => !one.breaking)]
  const shown = all ? ordered : ordered.slice(0, shownAtFirst)
  return (
    <>
      <ul className="changelist">
        {shown.map(change => (
          <OneChange key={`${change.kind} ${change.place} ${change.text} ${change.after}`} change={change} />
        ))}
      </ul>
      {shown.length < ordered.length && (
        <button type="button" className="btn s bare" onClick={() => setAll(true)}>
          {t('changes.more', { n: ordered.length - shown.length })}
        </button>
      )}
    </>
  )
}

const icons = { ADDED: 'plus', REMOVED: 'minus', CHANGED: 'edit' } as const

function OneChange({ change }: { change: Change }): ReactNode {
  const t = attachTexts.useTexts()
  const { before, after } = change
  return (
    <li className={change.breaking ? 'breaking' : undefined}>
      <Icon name={icons[change.kind]} small />
      <div>
        <span className="code strong">{change.place}</span> <span className="words">{change.text}</span>{' '}
        {change.breaking && <span className="badge bad">{t('changes.breaking')}</span>}
        {(before !== null || after !== null) && (
          <span className="block code wasis">
            {before ? <del>{before}</del> : <span className="dimmer">{t('changes.nothing')}</span>}
            {' → '}
            {after ? <ins>{after}</ins> : <span className="dimmer">{t('changes.nothing')}</span>}
          </span>
        )}
      </div>
    </li>
  )
}
