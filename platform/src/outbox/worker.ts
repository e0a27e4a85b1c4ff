/**
 * A delivery is `pending` until its handler says `done` or `dead`. A worker takes a due row by setting `locked_until`;
 * when it dies, the lock runs out and another worker takes the row again. So a handler may run twice for one row and must
 * be idempotent or ask the receiver first.
 *
 *   pending ──taken (locked_until)──► handler ──done──► done
 *      ▲                                 ├──error──► pending, due after the next delay
 *      └──────── lock ran out ───────────┤
 *                                        └──dead, or delays used up──► dead ──retryOutbox──► pending
 */
import { type Kysely, sql } from 'kysely'
import { log, withTrace } from '../log.ts'
import { watchTopic } from './watch.ts'

/** What a handler gets. `attempts` counts the tries before this one. */
export type Delivery = { id: number; key: string; payload: Record<string, unknown>; attempts: number; createdAt: Date }

/** `error` tries again later (after `retryInMs`, else the next delay), `dead` gives up. */
export type DeliveryOutcome = 'done' | { retryInMs?: number; error: string } | { dead: string }

// 21 tries over a day: quick at first, for a system that only restarts.
const overADay = [1, 2, 5, 10, 30, 60, 120, 300, 600, 900, 1800, ...Array<number>(10).fill(3600), 43_200].map(
  s => s * 1000,
)

/**
 * Carries out the deliveries of one topic, in each process that runs this, without two of them taking the same row.
 * @param options `retryDelays` in milliseconds; after the last one a delivery is dead. `lockSeconds` must exceed the time a handler takes.
 */
export function startOutbox<T>(
  db: Kysely<T>,
  options: {
    topic: string
    handle: (item: Delivery) => Promise<DeliveryOutcome>
    concurrency?: number
    retryDelays?: number[]
    pollMs?: number
    lockSeconds?: number
  },
): { stop(): Promise<void>; nudge(): void } {
  const { topic, concurrency = 4, retryDelays = overADay, pollMs = 500, lockSeconds = 60 } = options
  const logger = log(`outbox:${topic}`)
  const inWork = new Set<Promise<void>>()
  let stopped = false
  let again = false
  let taking: Promise<void> | undefined

  const finish = async (item: Delivery, outcome: DeliveryOutcome): Promise<void> => {
    if (outcome === 'done') {
      await sql`update outbox set state = 'done', attempts = attempts + 1, last_error = null, locked_until = null, updated_at = clock_timestamp() where id = ${item.id}`.execute(
        db,
      )
      return
    }
    const delay = 'dead' in outcome ? undefined : (outcome.retryInMs ?? retryDelays[item.attempts])
    const error = 'dead' in outcome ? outcome.dead : outcome.error
    logger.warn(
      { key: item.key, attempts: item.attempts + 1, error, retryInMs: delay },
      delay === undefined ? 'delivery given up' : 'delivery will be tried again',
    )
    await sql`
      update outbox set attempts = attempts + 1, last_error = ${error}, locked_until = null, updated_at = clock_timestamp(),
        state = ${delay === undefined ? 'dead' : 'pending'}, due_at = clock_timestamp() + make_interval(secs => ${(delay ?? 0) / 1000})
      where id = ${item.id}`.execute(db)
  }

  const work = async (item: Delivery): Promise<void> => {
    try {
      const outcome = await withTrace(undefined, () => options.handle(item)).catch(
        (error: unknown): DeliveryOutcome => ({ error: error instanceof Error ? error.message : String(error) }),
      )
      await finish(item, outcome)
    } catch (error) {
      // The outcome could not be written: the lock runs out and the row comes again.
      logger.error({ err: error, key: item.key }, 'the outcome of a delivery could not be recorded')
    }
  }

  const take = async (): Promise<void> => {
    const room = concurrency - inWork.size
    if (stopped || room <= 0) return
    const { rows } = await sql<Delivery>`
      update outbox set locked_until = clock_timestamp() + make_interval(secs => ${lockSeconds})
      where id in (
        select id from outbox
        where topic = ${topic} and state = 'pending' and due_at <= clock_timestamp() and (locked_until is null or locked_until < clock_timestamp())
        order by due_at limit ${room} for update skip locked)
      returning id, key, payload, attempts, created_at as "createdAt"`.execute(db)
    for (const item of rows) {
      const job = work(item).finally(() => {
        inWork.delete(job)
        nudge()
      })
      inWork.add(job)
    }
  }

  const nudge = (): void => {
    if (stopped) return
    if (taking) {
      again = true
      return
    }
    taking = take()
      .catch(error => {
        if (!stopped) logger.error({ err: error }, 'due deliveries could not be taken')
      })
      .finally(() => {
        taking = undefined
        if (!again) return
        again = false
        nudge()
      })
  }
  const watch = watchTopic(db, pollMs, topic, nudge)
  nudge()
  return {
    nudge,
    stop: async () => {
      stopped = true
      await watch.stop()
      await taking
      await Promise.allSettled(inWork)
    },
  }
}
