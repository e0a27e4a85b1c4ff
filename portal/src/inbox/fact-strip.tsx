import type { ReactNode } from 'react'
import type { DataOf } from '../app/graph.ts'
import type { MessageFields } from '../app/operations.ts'

type FactFields = NonNullable<DataOf<'InboxMessage'>['message']>['facts'][number]

const mostFacts = 4
const figureLength = 12

/** The three or four figures that decide. */
export function FactStrip({ facts }: { message: MessageFields; facts: readonly FactFields[] }): ReactNode {
  const shown = facts.slice(0, mostFacts)
  if (shown.length === 0) return null
  return (
    <dl className={`figs n${shown.length}`}>
      {shown.map(fact => (
        <div key={fact.label} className={fact.tone === 'bad' ? 'hot' : ''}>
          <dt>{fact.label}</dt>
          <dd className={fact.value.length > figureLength ? 'words' : ''}>{fact.value}</dd>
          {fact.note ? <dd className="note">{fact.note}</dd> : null}
        </div>
      ))}
    </dl>
  )
}
