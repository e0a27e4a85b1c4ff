import type { CountsFields, MessageFields } from '../app/operations.ts'
import type { Texts } from '../locales/texts.ts'
import type { MessageKey } from '../locales/zh-CN.ts'
import type { IconName } from '../ui/icon.tsx'
import type { InboxFilter } from './inbox-state.ts'

export interface FilterEntry {
  id: string
  label: string
  icon?: IconName
  count?: number
  matches(filter: InboxFilter): boolean
  apply(filter: InboxFilter): InboxFilter
  without(filter: InboxFilter): InboxFilter
}

export interface FilterGroup {
  id: 'state' | 'source' | 'kind' | 'saved'
  title: string
  entries: FilterEntry[]
}

const kinds: readonly MessageFields['kind'][] = ['APPROVAL', 'TASK', 'ALERT', 'REMINDER', 'NOTICE']

/** The filters of the inbox as data; side pane and menu show the same. */
export function filterGroups(
  t: Texts<MessageKey>,
  counts: CountsFields | undefined,
  systemName: (id: string) => string,
): FilterGroup[] {
  const states: [NonNullable<InboxFilter['state']>, MessageKey, IconName, number | undefined][] = [
    ['OPEN', 'inbox.open', 'inbox', counts?.open],
    ['SNOOZED', 'inbox.snoozed', 'clock', counts?.snoozed],
    ['DONE', 'inbox.done', 'check', undefined],
    ['ARCHIVED', 'inbox.archived', 'archive', undefined],
  ]
  return [
    {
      id: 'state',
      title: t('inbox.filters'),
      entries: states.map(([state, label, icon, count]) => ({
        id: state,
        label: t(label),
        icon,
        ...(count === undefined ? {} : { count }),
        matches: filter => (filter.state ?? 'OPEN') === state,
        apply: filter => ({ ...filter, state }),
        without: filter => ({ ...filter, state }),
      })),
    },
    {
      id: 'source',
      title: t('inbox.sources'),
      entries: (counts?.bySystem ?? []).map(({ key, open }) => ({
        id: key,
        label: systemName(key),
        count: open,
        matches: filter => filter.systems?.[0] === key,
        apply: filter => ({ ...filter, systems: [key] }),
        without: ({ systems: _, ...filter }) => filter,
      })),
    },
    {
      id: 'kind',
      title: t('inbox.kinds'),
      entries: kinds
        .map(kind => ({ kind, count: counts?.byKind.find(one => one.key === kind)?.open ?? 0 }))
        .filter(({ count }) => count > 0)
        .map(({ kind, count }) => ({
          id: kind,
          label: t(`kind.${kind}`),
          count,
          matches: filter => filter.kinds?.[0] === kind,
          apply: filter => ({ ...filter, kinds: [kind] }),
          without: ({ kinds: _, ...filter }) => filter,
        })),
    },
    {
      id: 'saved',
      title: t('inbox.saved'),
      entries: [
        {
          id: 'overdue',
          label: t('inbox.overdue'),
          ...(counts ? { count: counts.overdue } : {}),
          matches: filter => filter.overdue === true,
          apply: filter => ({ ...filter, overdue: true }),
          without: ({ overdue: _, ...filter }) => filter,
        },
        {
          id: 'unread',
          label: t('inbox.unread'),
          ...(counts ? { count: counts.unread } : {}),
          matches: filter => filter.unread === true,
          apply: filter => ({ ...filter, unread: true }),
          without: ({ unread: _, ...filter }) => filter,
        },
      ],
    },
  ]
}
