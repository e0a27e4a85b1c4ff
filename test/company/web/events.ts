import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { now } from '@atrium/platform/clock'
import { currentTrace, log } from '@atrium/platform/log'

export const eventSchema = `
  CREATE TABLE IF NOT EXISTS event_queue (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0, due_at INTEGER NOT NULL, last_error TEXT, created_at INTEGER NOT NULL
  ) STRICT;
  -- The worker asks for nothing else.
  CREATE INDEX IF NOT EXISTS event_queue_due ON event_queue (due_at, seq) WHERE state = 'pending';
`

/** CloudEvents 1.0 with the distributed tracing extension. */
export type CloudEvent = {
  specversion: '1.0'
  id: string
  source: string
  type: string
  subject: string
  time: string
  datacontenttype: 'application/json'
  data: Record<string, unknown>
  traceparent?: string
}

/**
 * Sends one event. Resolves with `delivered`, `refused` (the receiver will not take this one; others may pass)
 * or `unavailable` (nothing can be delivered now).
 */
export type Deliver = (
  event: CloudEvent,
) => Promise<{ outcome: 'delivered' } | { outcome: 'refused' | 'unavailable'; error: string }>

/** A durable queue of outgoing events in the system's own SQLite file. Needs `eventSchema`. */
export type EventSender = ReturnType<typeof createEventSender>

const GIVE_UP_AFTER_MS = 3 * 24 * 3_600_000
const KEEP_DONE_MS = 24 * 3_600_000
const BATCH = 50

/** @param retryDelays waits between attempts in ms; the last one repeats for three days */
export function createEventSender(options: {
  db: DatabaseSync
  source: string
  deliver: Deliver
  retryDelays: number[]
}) {
  const { db, source, deliver, retryDelays } = options
  const logger = log(source.replace('/', ''))
  const insert = db.prepare('INSERT OR IGNORE INTO event_queue (id, body, due_at, created_at) VALUES (?, ?, ?, ?)')
  const due = db.prepare(
    `SELECT seq, body, attempts, created_at FROM event_queue WHERE state = 'pending' AND due_at <= ? ORDER BY seq LIMIT ${BATCH}`,
  )
  const done = db.prepare(
    "UPDATE event_queue SET state = 'done', attempts = attempts + 1, last_error = NULL WHERE seq = ?",
  )
  const failed = db.prepare(
    'UPDATE event_queue SET state = ?, attempts = attempts + 1, due_at = ?, last_error = ? WHERE seq = ?',
  )
  const wakeAll = db.prepare("UPDATE event_queue SET due_at = ? WHERE state = 'pending' AND due_at > ?")
  const clean = db.prepare("DELETE FROM event_queue WHERE state = 'done' AND created_at < ?")
  const nextDue = db.prepare("SELECT min(due_at) AS at FROM event_queue WHERE state = 'pending'")
  let timer: NodeJS.Timeout | undefined
  let working: Promise<void> | undefined
  let stopped = true
  let receiverWasDown = false

  const schedule = (delay: number) => {
    if (stopped) return
    clearTimeout(timer)
    timer = setTimeout(run, Math.max(0, delay))
  }

  function run() {
    working ??= sendDue()
      .catch(error => logger.error({ err: error }, 'event queue failed'))
      .finally(() => {
        working = undefined
        const { at } = nextDue.get() as { at: number | null }
        if (at !== null) schedule(at - now().getTime())
      })
  }

  async function sendDue() {
    for (;;) {
      const rows = due.all(now().getTime()) as { seq: number; body: string; attempts: number; created_at: number }[]
      for (const row of rows) {
        if (stopped) return
        const result = await deliver(JSON.parse(row.body) as CloudEvent).catch(error => ({
          outcome: 'unavailable' as const,
          error: String(error),
        }))
        if (result.outcome === 'delivered') {
          done.run(row.seq)
          // The receiver is back: what waits for a later attempt need not wait any longer.
          if (receiverWasDown) wakeAll.run(now().getTime(), now().getTime())
          receiverWasDown = false
          continue
        }
        const delay = retryDelays[Math.min(row.attempts, retryDelays.length - 1)]!
        const dead = now().getTime() - row.created_at > GIVE_UP_AFTER_MS
        failed.run(dead ? 'dead' : 'pending', now().getTime() + delay, result.error, row.seq)
        logger.warn({ attempt: row.attempts + 1, error: result.error, dead }, 'event not delivered')
        receiverWasDown ||= result.outcome === 'unavailable'
        // Going on would only hammer a receiver that is down, and let later events overtake.
        if (result.outcome === 'unavailable') return
      }
      if (rows.length < BATCH) break
    }
    clean.run(now().getTime() - KEEP_DONE_MS)
  }

  return {
    /**
     * Puts an event into the queue; call it inside the transaction of the change that it reports.
     * @param id makes the event unique for good: a repeat is ignored. Without it every call is an event.
     */
    enqueue(event: { type: string; subject: string; data: Record<string, unknown>; id?: string }) {
      const trace = currentTrace()
      const body: CloudEvent = {
        specversion: '1.0',
        id: event.id ?? randomUUID(),
        source,
        type: event.type,
        subject: event.subject,
        time: now().toISOString(),
        datacontenttype: 'application/json',
        data: event.data,
        ...(trace && { traceparent: trace.traceparent }),
      }
      insert.run(body.id, JSON.stringify(body), now().getTime(), now().getTime())
      schedule(0)
    },
    start() {
      stopped = false
      schedule(0)
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      await working
    },
    /** How many wait, for health and tests. */
    pending: () =>
      Number((db.prepare("SELECT count(*) AS n FROM event_queue WHERE state = 'pending'").get() as { n: number }).n),
  }
}
