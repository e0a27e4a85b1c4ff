/** A whole message, with the decision that is under way or was the last. */
export const wholeMessage = `m.*, (
    select jsonb_build_object('decision', d.decision, 'set', d.decision_set, 'phase', d.phase, 'comment', d.comment, 'person_id', d.person_id, 'at', d.created_at, 'reason', d.reason)
    from decision d where d.id = m.decision_id) as decided`

/** The columns that fields of Message are made of, for those that are made of their own row only. */
const columns: Readonly<Record<string, readonly string[]>> = {
  __typename: [],
  id: ['id'],
  seq: ['changed_seq'],
  system: ['system'],
  type: ['type'],
  kind: ['kind'],
  priority: ['priority'],
  title: ['title'],
  summary: ['summary'],
  amount: ['amount'],
  currency: ['currency'],
  threadKey: ['thread_key'],
  threadTitle: ['thread_title'],
  createdAt: ['created_at'],
  dueAt: ['due_at'],
  overdue: ['state', 'due_at'],
  read: ['read'],
  state: ['state'],
  snoozedUntil: ['snoozed_until'],
  url: ['url'],
  facts: ['facts'],
  subject: ['system', 'subject_type', 'subject_id'],
}

const lists = new WeakMap<ReadonlySet<string>, string>()

/**
 * What to select for the fields that are asked: a list shows a few of the thirty columns, and the others would be read for nothing.
 * @param asked undefined: everything
 */
export function columnsFor(asked: ReadonlySet<string> | undefined): string {
  if (!asked) return wholeMessage
  let list = lists.get(asked)
  if (list === undefined) {
    const known = [...asked].every(name => columns[name])
    list = known
      ? [...new Set(['id', ...[...asked].flatMap(name => columns[name] ?? [])])].map(one => `m.${one}`).join(', ')
      : wholeMessage
    lists.set(asked, list)
  }
  return list
}
