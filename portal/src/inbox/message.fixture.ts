import type { CountsFields, MessageFields } from '../app/operations.ts'

/** A message for tests; what matters to the test is given. */
export function message(given: Partial<MessageFields> & { id: string }): MessageFields {
  return {
    seq: 1,
    system: 'oa',
    type: 'oa.approval.requested',
    kind: 'APPROVAL',
    priority: 'NORMAL',
    title: `title of ${given.id}`,
    summary: null,
    amount: null,
    currency: null,
    threadKey: given.id,
    threadTitle: null,
    createdAt: '2026-11-23T01:00:00Z',
    dueAt: null,
    overdue: false,
    read: false,
    state: 'OPEN',
    snoozedUntil: null,
    url: null,
    subject: null,
    decisions: [],
    decision: null,
    ...given,
  }
}

export function counts(given: Partial<CountsFields> = {}): CountsFields {
  return { open: 0, unread: 0, overdue: 0, snoozed: 0, seq: 0, bySystem: [], byKind: [], ...given }
}
