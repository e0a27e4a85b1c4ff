import { useEffect, useState, useSyncExternalStore } from 'react'
import { useApp } from '../app/app-context.ts'
import type { CountsFields, MessageFields } from '../app/operations.ts'
import { type InboxFilter, keyOf, type ListState } from './inbox-state.ts'
import type { InboxStore, InboxView } from './inbox-store.ts'

/** The inbox's state, and again at each change of it. */
export function useInbox(): { view: InboxView; store: InboxStore } {
  const { inbox } = useApp()
  return { view: useSyncExternalStore(inbox.subscribe, inbox.view), store: inbox }
}

export function useInboxCounts(): CountsFields | undefined {
  const { inbox } = useApp()
  return useSyncExternalStore(inbox.subscribe, () => inbox.view().counts)
}

export interface InboxList {
  key: string
  list: ListState | undefined
  messages: MessageFields[]
}

/**
 * The messages of a filter. New ones are shown at once while `quiet`, and wait in `list.fresh` otherwise, so that the list
 * does not jump under the reader's hand.
 */
export function useInboxList(filter: InboxFilter, quiet: boolean): InboxList {
  const { view, store } = useInbox()
  const key = keyOf(filter)
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for the filter, which is a new object at each render
  useEffect(() => {
    store.open(filter)
  }, [store, key])
  const list = view.lists.get(key)
  const waiting = list?.fresh.length ?? 0
  useEffect(() => {
    if (quiet && waiting > 0) void store.reload(key)
  }, [quiet, waiting, store, key])
  return { key, list, messages: (list?.ids ?? []).flatMap(id => view.messages.get(id) ?? []) }
}

/** Whether nobody has hand or focus on an element; then it may change under them. */
export function useQuiet(): { quiet: boolean; handlers: Record<string, () => void> } {
  const [over, setOver] = useState(false)
  const [focus, setFocus] = useState(false)
  return {
    quiet: !over && !focus,
    handlers: {
      onPointerEnter: () => setOver(true),
      onPointerLeave: () => setOver(false),
      onFocus: () => setFocus(true),
      onBlur: () => setFocus(false),
    },
  }
}
