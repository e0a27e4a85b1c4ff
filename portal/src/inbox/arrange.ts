import { daysBetween } from '@atrium/widgets/sdk/format'
import type { MessageFields } from '../app/operations.ts'

export type DueGroup = 'overdue' | 'today' | 'week' | 'later' | 'none'

/** One message, or several about the same thing. */
export interface Thread {
  key: string
  title: string | null
  messages: MessageFields[]
}

export interface Group {
  id: DueGroup
  threads: Thread[]
}

const order: readonly DueGroup[] = ['overdue', 'today', 'week', 'later', 'none']

/** When a message is due, in the reader's days. */
export function dueGroup(message: Pick<MessageFields, 'dueAt'>, now: number): DueGroup {
  if (!message.dueAt) return 'none'
  const due = Date.parse(message.dueAt)
  if (due < now) return 'overdue'
  const days = daysBetween(now, due)
  return days === 0 ? 'today' : days < 7 ? 'week' : 'later'
}

/** Open messages by when they are due; those about the same thing stand together, where the first of them stands. */
export function arrangeByDue(messages: readonly MessageFields[], now: number): Group[] {
  const groups = new Map<DueGroup, Thread[]>()
  for (const thread of threadsOf(messages)) {
    const id = dueGroup(mostUrgent(thread.messages), now)
    groups.set(id, [...(groups.get(id) ?? []), thread])
  }
  return order.flatMap(id => {
    const threads = groups.get(id)
    return threads ? [{ id, threads }] : []
  })
}

/** Messages in their order, those about the same thing together. */
export function threadsOf(messages: readonly MessageFields[]): Thread[] {
  const threads = new Map<string, Thread>()
  for (const message of messages) {
    const thread = threads.get(message.threadKey)
    if (thread) thread.messages.push(message)
    else threads.set(message.threadKey, { key: message.threadKey, title: message.threadTitle, messages: [message] })
  }
  return [...threads.values()]
}

/** The order in which the list shows its messages, for the keyboard. */
export function readingOrder(groups: readonly { threads: readonly Thread[] }[]): MessageFields[] {
  return groups.flatMap(group => group.threads.flatMap(thread => thread.messages))
}

function mostUrgent(messages: readonly MessageFields[]): MessageFields {
  return messages.reduce((first, next) =>
    (next.dueAt ? Date.parse(next.dueAt) : Number.POSITIVE_INFINITY) <
    (first.dueAt ? Date.parse(first.dueAt) : Number.POSITIVE_INFINITY)
      ? next
      : first,
  )
}
