import type { DataOf, VariablesOf } from '../app/graph.ts'
import type { CountsFields, MessageFields } from '../app/operations.ts'

/*
 * The inbox as the browser knows it. Badge, lists and detail are read from this one state, which follows the person's log
 * by one cursor: a change is applied once, in the order of its seq, so that they cannot disagree.
 */

export type InboxFilter = NonNullable<VariablesOf<'Inbox'>['filter']>
export type InboxChange = DataOf<'InboxChanges'>['inboxChanges']

export interface ListState {
  filter: InboxFilter
  /** in the order the server gave, kept while it is read */
  ids: readonly string[]
  /** new ones that match, waiting to be shown */
  fresh: readonly string[]
  total: number
  endCursor: string | null
  hasMore: boolean
  loading: boolean
  failed: boolean
}

export interface InboxState {
  /** seq of the last change applied; undefined before the first page */
  cursor: number | undefined
  counts: CountsFields | undefined
  messages: ReadonlyMap<string, MessageFields>
  lists: ReadonlyMap<string, ListState>
}

export const emptyInbox: InboxState = { cursor: undefined, counts: undefined, messages: new Map(), lists: new Map() }

/** What to do after a change: nothing more, resume because one is missing, or load anew. */
export type Follow = 'applied' | 'ignored' | 'gap' | 'reset'

/** Applies a change of the log. One that was applied already changes nothing; one that comes too early is not applied. */
export function applyChange(
  state: InboxState,
  change: InboxChange,
  now: number,
): { state: InboxState; follow: Follow } {
  if (change.kind === 'RESET') return { state, follow: 'reset' }
  if (state.cursor === undefined || change.seq <= state.cursor) return { state, follow: 'ignored' }
  if (change.seq > state.cursor + 1) return { state, follow: 'gap' }
  const counted = { ...state, cursor: change.seq, counts: change.counts }
  return { state: change.message ? withMessage(counted, change.message, now) : counted, follow: 'applied' }
}

/** Puts a message's newest form into the state and into or out of the lists it matches. */
export function withMessage(state: InboxState, message: MessageFields, now: number): InboxState {
  const before = state.messages.get(message.id)
  // An answer that was on its way while the log went on is older than what is known.
  if (before && before.seq > message.seq) return state
  const messages = new Map(state.messages).set(message.id, message)
  const lists = new Map([...state.lists].map(([key, list]) => [key, placed(list, message, before, now)] as const))
  return { ...state, messages, lists }
}

function placed(list: ListState, message: MessageFields, before: MessageFields | undefined, now: number): ListState {
  const fits = matches(message, list.filter, now)
  const shown = list.ids.includes(message.id)
  const waiting = list.fresh.includes(message.id)
  if (fits && !shown && !waiting) return { ...list, fresh: [...list.fresh, message.id], total: list.total + 1 }
  if (!fits && (shown || waiting)) {
    return {
      ...list,
      ids: list.ids.filter(id => id !== message.id),
      fresh: list.fresh.filter(id => id !== message.id),
      total: Math.max(0, list.total - 1),
    }
  }
  // It lies on a page that was not loaded, and left it.
  if (!fits && before === undefined && list.hasMore) return list
  return list
}

/** Puts a page of a list into the state; the first page starts the list anew. */
export function withPage(
  state: InboxState,
  key: string,
  filter: InboxFilter,
  answer: DataOf<'Inbox'>,
  continued: boolean,
): InboxState {
  const messages = new Map(state.messages)
  for (const message of answer.inbox.nodes) {
    const known = messages.get(message.id)
    if (!known || known.seq <= message.seq) messages.set(message.id, message)
  }
  const before = continued ? (state.lists.get(key)?.ids ?? []) : []
  const ids = [...new Set([...before, ...answer.inbox.nodes.map(message => message.id)])]
  const lists = new Map(state.lists).set(key, {
    filter,
    ids,
    fresh: [],
    total: answer.inbox.totalCount,
    endCursor: answer.inbox.pageInfo.endCursor,
    hasMore: answer.inbox.pageInfo.hasNextPage,
    loading: false,
    failed: false,
  })
  return withCounts({ ...state, messages, lists }, answer.inboxCounts)
}

/** Takes counts unless newer ones are known. They carry the seq they are of; the first ones start the cursor. */
export function withCounts(state: InboxState, counts: CountsFields): InboxState {
  const cursor = state.cursor ?? counts.seq
  if (state.counts && state.counts.seq > counts.seq) return { ...state, cursor }
  return { ...state, cursor, counts }
}

/** Whether a message belongs to a filter, as the gateway decides it. */
export function matches(message: MessageFields, filter: InboxFilter, now: number): boolean {
  const late = message.dueAt !== null && Date.parse(message.dueAt) < now
  const text = filter.text?.trim().toLowerCase()
  return (
    message.state === (filter.state ?? 'OPEN') &&
    (!filter.kinds || filter.kinds.includes(message.kind)) &&
    (!filter.systems || filter.systems.includes(message.system)) &&
    (filter.unread === undefined || filter.unread === null || message.read !== filter.unread) &&
    (filter.overdue === undefined || filter.overdue === null || late === filter.overdue) &&
    (!text || `${message.title} ${message.summary ?? ''} ${message.threadTitle ?? ''}`.toLowerCase().includes(text))
  )
}

/** The same filter has the same key, however it is written. */
export function keyOf(filter: InboxFilter): string {
  const entries = Object.entries(filter).filter(([, value]) => value !== undefined && value !== null && value !== '')
  return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}
