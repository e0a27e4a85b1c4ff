import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'
import { type InboxCounts, readCounts } from './counts.ts'
import { findMessages, type MessageRow } from './messages.ts'
import type { InboxTables } from './tables.ts'
import type { Wake } from './wake.ts'

/** One step of a person's log as a device receives it. RESET: the device's cursor is of no use; load anew, go on from `seq`. */
export interface InboxChange {
  seq: number
  kind: 'MESSAGE' | 'STATE' | 'RESET'
  message: MessageRow | null
  counts: InboxCounts
}

/** What follows the logs of the people who are online here. */
export interface Live {
  /**
   * The changes of a person's inbox after a cursor, then live; `seq` without a gap. Without a cursor only what is new.
   * Rows are read from the log as fast as the reader takes them, so a slow one holds no memory; `stalled` is called when
   * it has taken nothing for `stallMs`.
   */
  follow(person: string, after: number | null | undefined, stalled: () => void): AsyncIterableIterator<InboxChange>
  stop(): Promise<void>
}

interface Follower {
  person: string
  cursor: number
  /** the reader has taken all it was given */
  hungry: boolean
  /** the log may hold more */
  dirty: boolean
  give(changes: InboxChange[]): void
}

const pageSize = 200
const stallMs = 15_000

/**
 * Followers are woken by hints; every two seconds all of them are looked at, since a hint may be lost. All that are due
 * are served by one query, however many sockets are open.
 */
export function startLive(db: Kysely<InboxTables>, wake: Wake, log: Logger, pollMs = 2000): Live {
  const followers = new Map<string, Set<Follower>>()
  let pumping: Promise<void> | undefined
  let again = false
  let stopped = false

  const mark = (people: string[] | undefined): void => {
    let due = false
    for (const person of people ?? followers.keys()) {
      for (const follower of followers.get(person) ?? []) {
        follower.dirty = true
        due ||= follower.hungry
      }
    }
    if (due) pump()
  }
  const pump = (): void => {
    if (stopped) return
    if (pumping) {
      again = true
      return
    }
    pumping = (async () => {
      do {
        again = false
        const due = [...followers.values()].flatMap(set => [...set]).filter(f => f.hungry && f.dirty)
        if (due.length > 0) await serve(db, due)
      } while (again && !stopped)
    })()
      .catch(error => log.warn({ err: error }, 'the live inbox could not be read; it is tried again'))
      .finally(() => {
        pumping = undefined
      })
  }
  wake.onHint(hint => mark(hint.people))
  const timer = setInterval(() => mark(undefined), pollMs)

  const follow: Live['follow'] = (person, after, stalled) => {
    let ready: InboxChange[] = []
    let arrived: (() => void) | undefined
    let ended = false
    const follower: Follower = {
      person,
      cursor: 0,
      hungry: false,
      dirty: true,
      give: changes => {
        ready = changes
        follower.hungry = false
        arrived?.()
      },
    }
    async function* read(): AsyncGenerator<InboxChange, void, void> {
      // Registered before the cursor is looked at: what is committed in between is found, not missed.
      const set = followers.get(person) ?? new Set()
      followers.set(person, set.add(follower))
      try {
        const start = await readStart(db, person)
        follower.cursor = after ?? start.seq
        if (after !== null && after !== undefined && (after < start.floor || after > start.seq)) {
          follower.cursor = start.seq
          yield { seq: start.seq, kind: 'RESET', message: null, counts: (await readCounts(db, [person])).get(person)! }
        }
        while (!stopped && !ended) {
          await new Promise<void>(resolve => {
            arrived = resolve
            follower.hungry = true
            if (follower.dirty) pump()
          })
          for (const change of ready) {
            const watchdog = setTimeout(stalled, stallMs)
            try {
              yield change
            } finally {
              clearTimeout(watchdog)
            }
          }
          ready = []
        }
      } finally {
        set.delete(follower)
        if (set.size === 0 && followers.get(person) === set) followers.delete(person)
      }
    }
    const inner = read()
    return {
      next: () => inner.next(),
      // A generator that waits for a change would hear of its end only with the next one.
      return: () => {
        ended = true
        follower.give([])
        return inner.return()
      },
      throw: error => inner.throw(error),
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  return {
    follow,
    stop: async () => {
      stopped = true
      clearInterval(timer)
      await pumping
      for (const follower of [...followers.values()].flatMap(set => [...set])) follower.give([])
    },
  }
}

async function readStart(db: Kysely<InboxTables>, person: string): Promise<{ seq: number; floor: number }> {
  const row = await db
    .selectFrom('inbox_counter')
    .select(['seq', 'floor'])
    .where('person_id', '=', person)
    .executeTakeFirst()
  return row ?? { seq: 0, floor: 0 }
}

async function serve(db: Kysely<InboxTables>, due: Follower[]): Promise<void> {
  for (const follower of due) follower.dirty = false
  try {
    const { rows } = await sql<{ place: number; seq: number; kind: 'MESSAGE' | 'STATE'; message_id: string }>`
      select w.place, l.seq, l.kind, l.message_id
      from unnest(${due.map(f => f.person)}::text[], ${due.map(f => f.cursor)}::bigint[]) with ordinality w(person, cursor, place)
        cross join lateral (
          select seq, kind, message_id from inbox_log l where l.person_id = w.person and l.seq > w.cursor order by l.seq limit ${pageSize}
        ) l
      order by w.place, l.seq`.execute(db)
    if (rows.length === 0) return
    const byFollower = Map.groupBy(rows, row => due[row.place - 1]!)
    const messages = await findMessages(db, [...new Set(rows.map(row => row.message_id))])
    const counts = await readCounts(db, [...new Set([...byFollower.keys()].map(f => f.person))])
    for (const [follower, steps] of byFollower) {
      const now = counts.get(follower.person)!
      const changes: InboxChange[] = []
      for (const step of steps) {
        if (step.seq !== follower.cursor + 1) {
          // Retention overtook the reader.
          changes.push({ seq: now.seq, kind: 'RESET', message: null, counts: now })
          follower.cursor = now.seq
          break
        }
        follower.cursor = step.seq
        changes.push({ seq: step.seq, kind: step.kind, message: messages.get(step.message_id) ?? null, counts: now })
      }
      if (steps.length === pageSize) follower.dirty = true
      follower.give(changes)
    }
  } catch (error) {
    for (const follower of due) follower.dirty = true
    throw error
  }
}
