import type { ReactNode } from 'react'
import type { DataOf } from '../app/graph.ts'
import type { MessageFields } from '../app/operations.ts'

type FactFields = NonNullable<DataOf<'InboxMessage'>['message']>['facts'][number]

const mostFacts = 4
const widestFigure = 11

/** The three or four figures that decide. */
export function FactStrip({ facts }: { message: MessageFields; facts: readonly FactFields[] }): ReactNode {
  const shown = facts.slice(0, mostFacts)
  if (shown.length === 0) return null
  return (
    <dl className={`figs n${shown.length}`}>
      {shown.map(fact => (
        <div key={fact.label} className={fact.tone === 'bad' ? 'hot' : ''}>
          <dt>{fact.label}</dt>
          <dd className={widthOf(fact.value) > widestFigure ? 'words' : ''}>{fact.value}</dd>
          {fact.note ? <dd className="note">{fact.note}</dd> : null}
        </div>
      ))}
    </dl>
  )
}

// In letters of a figure's size: a 汉字 takes nearly two.
function widthOf(text: string): number {
  return [...text].reduce((sum, letter) => sum + (/[\u2e80-\uffef]/.test(letter) ? 1.8 : 1), 0)
}
