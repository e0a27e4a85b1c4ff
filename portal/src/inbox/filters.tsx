import type { ReactNode } from 'react'
import { useTexts } from '../locales/portal-texts.ts'
import { systemCode } from '../ui/dateline.tsx'
import { Icon, type IconName } from '../ui/icon.tsx'
import { filterGroups } from './filter-groups.ts'
import { useInboxCounts } from './use-inbox.ts'
import { useInboxFilter } from './use-inbox-filter.ts'

/** The filters at the side; on narrower windows the same stand in the list's menu. */
export function Filters(): ReactNode {
  const t = useTexts()
  const counts = useInboxCounts()
  const [filter, setFilter] = useInboxFilter()
  return (
    <aside className="pane-a" aria-label={t('inbox.filters')}>
      {filterGroups(t, counts, systemCode).map(group => (
        <section key={group.id} aria-label={group.title}>
          {group.id === 'state' ? null : <h2>{group.title}</h2>}
          <ul>
            {group.entries.map(entry => (
              <li key={entry.id}>
                <button
                  type="button"
                  aria-current={entry.matches(filter) ? 'true' : undefined}
                  onClick={() => setFilter(entry.matches(filter) ? entry.without(filter) : entry.apply(filter))}
                >
                  {entry.icon ? <Icon name={entry.icon as IconName} /> : null}
                  <span className="cut">{entry.label}</span>
                  <span className="n">{entry.count || ''}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </aside>
  )
}
