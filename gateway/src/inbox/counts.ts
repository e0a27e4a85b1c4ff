import { now } from '@atrium/platform/clock'
import { type Kysely, sql } from 'kysely'
import type { InboxTables } from './tables.ts'

export interface Count {
  key: string
  open: number
  unread: number
}

/** What a person's badge and filters show, as of the log's `seq`. */
export interface InboxCounts {
  open: number
  unread: number
  overdue: number
  snoozed: number
  bySystem: Count[]
  byKind: Count[]
  seq: number
}

/** The counters of several people, each as of one moment. People without messages have zeros. */
export async function readCounts(
  db: Kysely<InboxTables>,
  people: readonly string[],
): Promise<Map<string, InboxCounts>> {
  type Tally = { system: string; kind: string; open: number; unread: number; snoozed: number }
  const { rows } = await sql<{ person: string; seq: number; tally: Tally[]; overdue: number }>`
    select w.id as person, coalesce(c.seq, 0) as seq,
      (select coalesce(jsonb_agg(to_jsonb(t) order by t.system, t.kind), '[]') from inbox_tally t where t.person_id = w.id) as tally,
      (select count(*) from inbox_message m where m.person_id = w.id and m.state = 'OPEN' and m.due_at < ${now()}) as overdue
    from unnest(${[...people]}::text[]) w(id) left join inbox_counter c on c.person_id = w.id`.execute(db)
  return new Map(
    rows.map(row => [
      row.person,
      {
        open: row.tally.reduce((sum, t) => sum + t.open, 0),
        unread: row.tally.reduce((sum, t) => sum + t.unread, 0),
        snoozed: row.tally.reduce((sum, t) => sum + t.snoozed, 0),
        overdue: row.overdue,
        bySystem: group(row.tally, t => t.system),
        byKind: group(row.tally, t => t.kind),
        seq: row.seq,
      },
    ]),
  )
}

function group<T extends { open: number; unread: number }>(tally: T[], keyOf: (t: T) => string): Count[] {
  const counts = new Map<string, Count>()
  for (const t of tally) {
    const count = counts.get(keyOf(t)) ?? { key: keyOf(t), open: 0, unread: 0 }
    count.open += t.open
    count.unread += t.unread
    counts.set(count.key, count)
  }
  return [...counts.values()].filter(count => count.open > 0)
}
