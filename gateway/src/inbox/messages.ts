import { now } from '@atrium/platform/clock'
import { execute } from '@atrium/platform/database'
import { CompiledQuery, type Kysely, type Selectable, sql } from 'kysely'
import { readCounts } from './counts.ts'
import { columnsFor, wholeMessage } from './message-columns.ts'
import type { DecisionPhase, InboxMessageTable, InboxTables, MessageKind, MessageState, Text } from './tables.ts'

/** A message with the decision that is under way or was the last. */
export type MessageRow = Selectable<InboxMessageTable> & {
  decided: {
    decision: string
    set: string
    phase: DecisionPhase
    comment: string | null
    person_id: string
    at: string
    reason: Text | null
  } | null
}

export interface InboxFilter {
  state?: MessageState | null
  kinds?: MessageKind[] | null
  systems?: string[] | null
  unread?: boolean | null
  overdue?: boolean | null
  text?: string | null
}

export interface MessagePage {
  rows: { cursor: string; row: MessageRow }[]
  hasNextPage: boolean
  /** how many the filter matches, where that came along; null: it must be counted */
  total: number | null
}

/** A cursor this list did not give out. */
export class BadCursor extends Error {
  readonly code = 'BAD_INPUT'
}

/**
 * One page of a person's messages: open ones by when they want attention, snoozed ones by when they come back, done and
 * archived ones by their last change. Cursors hold the sort value of the last message, so pages neither repeat nor skip
 * when messages come and go meanwhile.
 * @param asked names of the fields of Message that are wanted, so that the others' columns are not read; undefined: all
 * @throws BadCursor
 */
export async function listMessages(
  db: Kysely<InboxTables>,
  person: string,
  filter: InboxFilter,
  first: number,
  after?: string | null,
  asked?: ReadonlySet<string>,
): Promise<MessagePage> {
  const state = filter.state ?? 'OPEN'
  const { column, ascending } = order[state]
  const position = after ? readCursor(after, state) : undefined
  const values: unknown[] = [person]
  const where = matching(filter, values)
  const beyond = position
    ? `and (${column}, m.seq) ${ascending ? '>' : '<'} (${value(values, position.at)}::timestamptz, ${value(values, position.seq)})`
    : ''
  const counted = isPlain(filter) && state === 'OPEN' && filter.unread !== false
  const total = counted
    ? `(select coalesce(sum(t.${filter.unread ? 'unread' : 'open'}), 0)::int from inbox_tally t where t.person_id = $1)`
    : 'null::int'
  const direction = ascending ? 'asc' : 'desc'
  const text = `select ${columnsFor(asked)}, m.seq, ${column} as sort_value, ${total} as total from inbox_message m
    where m.person_id = $1 and ${where} ${beyond}
    order by ${column} ${direction}, m.seq ${direction} limit ${value(values, first + 1)}`
  const rows = await run<MessageRow & { sort_value: Date; total: number | null }>(db, filter, text, values)
  return {
    rows: rows.slice(0, first).map(row => ({
      row,
      get cursor() {
        return writeCursor(state, row.sort_value, row.seq)
      },
    })),
    hasNextPage: rows.length > first,
    total: rows[0]?.total ?? null,
  }
}

/** Short statements share the lanes; one that searches a text may take its time, and would keep others waiting there. */
async function run<Row>(db: Kysely<InboxTables>, filter: InboxFilter, text: string, values: unknown[]): Promise<Row[]> {
  const { rows } = filter.text
    ? await db.executeQuery<Row>(CompiledQuery.raw(text, values))
    : await execute<Row>(db, text, values)
  return rows
}

function isPlain(filter: InboxFilter): boolean {
  return !filter.kinds && !filter.systems && (filter.overdue ?? null) === null && !filter.text
}

/** How many messages a filter matches; from the counters where they know. */
export async function countMessages(db: Kysely<InboxTables>, person: string, filter: InboxFilter): Promise<number> {
  const plain = isPlain(filter)
  const state = filter.state ?? 'OPEN'
  if (plain && (state === 'OPEN' || (state === 'SNOOZED' && !filter.unread))) {
    const counts = (await readCounts(db, [person])).get(person)!
    if (state === 'SNOOZED') return counts.snoozed
    if (filter.unread !== false) return filter.unread ? counts.unread : counts.open
  }
  const values: unknown[] = [person]
  const text = `select count(*) as count from inbox_message m where m.person_id = $1 and ${matching(filter, values)}`
  return (await run<{ count: number }>(db, filter, text, values))[0]!.count
}

/** The ids a filter matches; for marking all of them. */
export async function matchingIds(db: Kysely<InboxTables>, person: string, filter: InboxFilter): Promise<string[]> {
  const values: unknown[] = [person]
  const text = `select m.id from inbox_message m where m.person_id = $1 and ${matching(filter, values)}`
  return (await run<{ id: string }>(db, filter, text, values)).map(row => row.id)
}

/** A person's own message; undefined for anybody else's, so that ids tell nothing. */
export async function findMessage(
  db: Kysely<InboxTables>,
  person: string,
  id: string,
): Promise<MessageRow | undefined> {
  if (!isMessageId(id)) return undefined
  const { rows } =
    await sql<MessageRow>`select ${sql.raw(wholeMessage)} from inbox_message m where m.person_id = ${person} and m.id = ${id}`.execute(
      db,
    )
  return rows[0]
}

/** Messages by id, whoever's. For the live log, which has checked whose they are. */
export async function findMessages(db: Kysely<InboxTables>, ids: readonly string[]): Promise<Map<string, MessageRow>> {
  if (ids.length === 0) return new Map()
  const { rows } =
    await sql<MessageRow>`select ${sql.raw(wholeMessage)} from inbox_message m where m.id = any(${[...ids]}::uuid[])`.execute(
      db,
    )
  return new Map(rows.map(row => [row.id, row]))
}

/** Whether a text can be a message's id. */
export function isMessageId(id: string): boolean {
  return /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(id)
}

const order: Record<MessageState, { column: string; ascending: boolean }> = {
  OPEN: { column: 'm.sort_at', ascending: true },
  SNOOZED: { column: 'm.snoozed_until', ascending: true },
  DONE: { column: 'm.changed_at', ascending: false },
  ARCHIVED: { column: 'm.changed_at', ascending: false },
}

/** Adds a value to a statement's. @returns its place */
function value(values: unknown[], one: unknown): string {
  values.push(one)
  return `$${values.length}`
}

function matching(filter: InboxFilter, values: unknown[]): string {
  const text = filter.text?.trim().toLowerCase()
  const state = filter.state ?? 'OPEN'
  if (!(state in order)) throw new RangeError('no state of a message')
  // The state stands in the text, so that a prepared plan may use the index of open messages.
  const parts = [`m.state = '${state}'`]
  if (filter.kinds) parts.push(`m.kind = any(${value(values, filter.kinds)})`)
  if (filter.systems) parts.push(`m.system = any(${value(values, filter.systems)})`)
  if (filter.unread === true) parts.push('not m.read')
  if (filter.unread === false) parts.push('m.read')
  if (filter.overdue === true) parts.push(`m.due_at < ${value(values, now())}`)
  if (filter.overdue === false) parts.push(`(m.due_at is null or m.due_at >= ${value(values, now())})`)
  if (text) parts.push(`m.search_text like ${value(values, `%${text.replace(/[\\%_]/g, '\\$&')}%`)}`)
  return parts.join(' and ')
}

function writeCursor(state: MessageState, at: Date, seq: number): string {
  return Buffer.from(JSON.stringify([state, at.getTime(), seq])).toString('base64url')
}

function readCursor(cursor: string, state: MessageState): { at: Date; seq: number } {
  try {
    const [of, at, seq] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[]
    if (of === state && Number.isSafeInteger(at) && Number.isSafeInteger(seq))
      return { at: new Date(at as number), seq: seq as number }
  } catch {
    // falls through to the refusal
  }
  throw new BadCursor('this list gave out no such cursor')
}
