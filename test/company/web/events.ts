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
/** A new event asks a receiver that was down again, but not more often than this. */
const PROBE_MS = 1000

type Row = { seq: number; body: string; attempts: number; created_at: number }

/**
 * Events leave in the order in which they were entered. While the receiver is unavailable the whole queue waits; an
 * event that the receiver refuses waits alone.
 * @param retryDelays waits between attempts in ms; the last one repeats for three days
 */
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
  const clean = db.prepare("DELETE FROM event_queue WHERE state = 'done' AND created_at < ?")
  const nextDue = db.prepare("SELECT min(due_at) AS at FROM event_queue WHERE state = 'pending'")
  const time = () => now().getTime()
  let timer: NodeJS.Timeout | undefined
  let working: Promise<void> | undefined
  let stopped = true
  // In memory on purpose: after a restart the receiver is asked at once.
  let outage = { failures: 0, lastAttempt: 0, until: 0 }

  const schedule = (at: number) => {
    if (stopped || working) return
    clearTimeout(timer)
    timer = setTimeout(run, Math.max(0, at - time()))
  }

  function run() {
    working ??= sendDue()
      .catch(error => logger.error({ err: error }, 'event queue failed'))
      .finally(() => {
        working = undefined
        if (stopped) return
        const { at } = nextDue.get() as { at: number | null }
        if (at !== null) schedule(Math.max(at, outage.until))
      })
  }

  async function sendDue() {
    for (;;) {
      const rows = due.all(time()) as Row[]
      for (const row of rows) {
        if (stopped || !(await send(row))) return
      }
      if (rows.length < BATCH) break
    }
    clean.run(time() - KEEP_DONE_MS)
  }

  /** False when the receiver is unavailable: going on would hammer it and let later events overtake. */
  async function send(row: Row): Promise<boolean> {
    const result = await deliver(JSON.parse(row.body) as CloudEvent).catch(error => ({
      outcome: 'unavailable' as const,
      error: String(error),
    }))
    if (result.outcome === 'delivered') {
      done.run(row.seq)
      if (outage.failures) logger.info({ failures: outage.failures }, 'events are delivered again')
      outage = { failures: 0, lastAttempt: time(), until: 0 }
      return true
    }
    const dead = time() - row.created_at > GIVE_UP_AFTER_MS
    const unavailable = result.outcome === 'unavailable'
    const delay = retryDelays[Math.min(unavailable ? outage.failures : row.attempts, retryDelays.length - 1)]!
    failed.run(dead ? 'dead' : 'pending', unavailable ? time() : time() + delay, result.error, row.seq)
    if (!unavailable || outage.failures === 0 || dead)
      logger.warn({ seq: row.seq, attempt: row.attempts + 1, error: result.error, dead }, 'event not delivered')
    if (unavailable) outage = { failures: outage.failures + 1, lastAttempt: time(), until: time() + delay }
    return !unavailable
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
      insert.run(body.id, JSON.stringify(body), time(), time())
      schedule(outage.failures ? Math.min(outage.until, outage.lastAttempt + PROBE_MS) : 0)
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
