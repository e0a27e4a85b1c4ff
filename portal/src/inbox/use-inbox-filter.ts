import { useMemo } from 'react'
import { useSearchParams } from 'react-router'
import type { InboxFilter } from './inbox-state.ts'

const states = ['OPEN', 'DONE', 'ARCHIVED', 'SNOOZED'] as const
const kinds = ['APPROVAL', 'TASK', 'ALERT', 'REMINDER', 'NOTICE'] as const

/** The filter is in the address, so that it can be kept, sent and gone back to. */
export function useInboxFilter(): [InboxFilter, (next: InboxFilter) => void] {
  const [search, setSearch] = useSearchParams()
  const text = search.toString()
  const filter = useMemo(() => readFilter(new URLSearchParams(text)), [text])
  return [filter, next => setSearch(writeFilter(next), { replace: true })]
}

/** @param search what is unknown in it is left out */
export function readFilter(search: URLSearchParams): InboxFilter {
  const state = states.find(one => one === search.get('state')) ?? 'OPEN'
  const kind = kinds.find(one => one === search.get('kind'))
  const system = search.get('system')
  const text = search.get('q')?.trim()
  return {
    state,
    ...(kind ? { kinds: [kind] } : {}),
    ...(system ? { systems: [system] } : {}),
    ...(search.get('unread') === '1' ? { unread: true } : {}),
    ...(search.get('overdue') === '1' ? { overdue: true } : {}),
    ...(text ? { text } : {}),
  }
}

export function writeFilter(filter: InboxFilter): URLSearchParams {
  const search = new URLSearchParams()
  if (filter.state && filter.state !== 'OPEN') search.set('state', filter.state)
  if (filter.kinds?.[0]) search.set('kind', filter.kinds[0])
  if (filter.systems?.[0]) search.set('system', filter.systems[0])
  if (filter.unread) search.set('unread', '1')
  if (filter.overdue) search.set('overdue', '1')
  if (filter.text) search.set('q', filter.text)
  return search
}
