import { now } from '@atrium/platform/clock'
import { type Kysely, type RawBuilder, type Selectable, sql } from 'kysely'
import { readCounts } from './counts.ts'
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

const columns = sql`m.*, (
    select jsonb_build_object('decision', d.decision, 'set', d.decision_set, 'phase', d.phase, 'comment', d.comment, 'person_id', d.person_id, 'at', d.created_at, 'reason', d.reason)
    from decision d where d.id = m.decision_id) as decided`

/**
 * One page of a person's messages: open ones by when they want attention, snoozed ones by when they come back, done and
 * archived ones by their last change. Cursors hold the sort value of the last message, so pages neither repeat nor skip
 * when messages come and go meanwhile.
 * @throws BadCursor
 */
export async function listMessages(
  db: Kysely<InboxTables>,
  person: string,
  filter: InboxFilter,
  first: number,
  after?: string | null,
): Promise<MessagePage> {
  const state = filter.state ?? 'OPEN'
  const { column, ascending } = order[state]
  const position = after ? readCursor(after, state) : undefined
  const beyond = position
    ? ascending
      ? sql`and (${column}, m.seq) > (${position.at}::timestamptz, ${position.seq})`
      : sql`and (${column}, m.seq) < (${position.at}::timestamptz, ${position.seq})`
    : sql``
  const direction = ascending ? sql`asc` : sql`desc`
  const counted = isPlain(filter) && state === 'OPEN' && filter.unread !== false
  const total = counted
    ? sql`(select coalesce(sum(${filter.unread ? sql`t.unread` : sql`t.open`}), 0)::int from inbox_tally t where t.person_id = ${person})`
    : sql`null::int`
  const { rows } = await sql<MessageRow & { sort_value: Date; total: number | null }>`
    select ${columns}, ${column} as sort_value, ${total} as total from inbox_message m
    where m.person_id = ${person} and ${matching(filter)} ${beyond}
    order by ${column} ${direction}, m.seq ${direction} limit ${first + 1}`.execute(db)
  return {
    rows: rows.slice(0, first).map(row => ({ cursor: writeCursor(state, row.sort_value, row.seq), row })),
    hasNextPage: rows.length > first,
    total: rows[0]?.total ?? null,
  }
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
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from inbox_message m where m.person_id = ${person} and ${matching(filter)}`.execute(db)
  return rows[0]!.count
}

/** The ids a filter matches; for marking all of them. */
export async function matchingIds(db: Kysely<InboxTables>, person: string, filter: InboxFilter): Promise<string[]> {
  const { rows } = await sql<{
    id: string
  }>`select m.id from inbox_message m where m.person_id = ${person} and ${matching(filter)}`.execute(db)
  return rows.map(row => row.id)
}

/** A person's own message; undefined for anybody else's, so that ids tell nothing. */
export async function findMessage(
  db: Kysely<InboxTables>,
  person: string,
  id: string,
): Promise<MessageRow | undefined> {
  if (!isMessageId(id)) return undefined
  const { rows } =
    await sql<MessageRow>`select ${columns} from inbox_message m where m.person_id = ${person} and m.id = ${id}`.execute(
      db,
    )
  return rows[0]
}

/** Messages by id, whoever's. For the live log, which has checked whose they are. */
export async function findMessages(db: Kysely<InboxTables>, ids: readonly string[]): Promise<Map<string, MessageRow>> {
  if (ids.length === 0) return new Map()
  const { rows } =
    await sql<MessageRow>`select ${columns} from inbox_message m where m.id = any(${[...ids]}::uuid[])`.execute(db)
  return new Map(rows.map(row => [row.id, row]))
}

/** Whether a text can be a message's id. */
export function isMessageId(id: string): boolean {
  return /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(id)
}

const order: Record<MessageState, { column: RawBuilder<Date>; ascending: boolean }> = {
  OPEN: { column: sql`m.sort_at`, ascending: true },
  SNOOZED: { column: sql`m.snoozed_until`, ascending: true },
  DONE: { column: sql`m.changed_at`, ascending: false },
  ARCHIVED: { column: sql`m.changed_at`, ascending: false },
}

function matching(filter: InboxFilter): RawBuilder<boolean> {
  const text = filter.text?.trim().toLowerCase()
  const parts: RawBuilder<unknown>[] = [sql`m.state = ${filter.state ?? 'OPEN'}`]
  if (filter.kinds) parts.push(sql`m.kind = any(${filter.kinds})`)
  if (filter.systems) parts.push(sql`m.system = any(${filter.systems})`)
  if (filter.unread === true) parts.push(sql`not m.read`)
  if (filter.unread === false) parts.push(sql`m.read`)
  if (filter.overdue === true) parts.push(sql`m.due_at < ${now()}`)
  if (filter.overdue === false) parts.push(sql`(m.due_at is null or m.due_at >= ${now()})`)
  if (text) parts.push(sql`m.search_text like ${`%${text.replace(/[\\%_]/g, '\\$&')}%`}`)
  return sql`(${sql.join(parts, sql` and `)})`
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
