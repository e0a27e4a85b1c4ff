/**
 * One look at the outbox for all topics that a process works on: whether anything is due is asked once in `pollMs`, however many workers
 * wait for it. A service at rest asks PostgreSQL twice a second in place of twice a second for each topic.
 */
import type { Kysely } from 'kysely'
import { execute } from '../lanes.ts'
import { log } from '../log.ts'

type Watched = { topic: string; wake: () => void }
type Watch = { watched: Set<Watched>; timer: NodeJS.Timeout | undefined; looking: Promise<void> | undefined }

const watches = new WeakMap<object, Map<number, Watch>>()

/** Calls `wake` when deliveries of a topic are due, until it is stopped. */
export function watchTopic<T>(
  db: Kysely<T>,
  pollMs: number,
  topic: string,
  wake: () => void,
): { stop(): Promise<void> } {
  const ofDb = watches.get(db) ?? new Map<number, Watch>()
  watches.set(db, ofDb)
  const watch: Watch = ofDb.get(pollMs) ?? { watched: new Set(), timer: undefined, looking: undefined }
  ofDb.set(pollMs, watch)
  const one = { topic, wake }
  watch.watched.add(one)
  if (!watch.timer && !watch.looking) watch.timer = setTimeout(() => look(db, pollMs, watch), pollMs)
  return {
    stop: async () => {
      watch.watched.delete(one)
      if (watch.watched.size > 0) return
      clearTimeout(watch.timer)
      watch.timer = undefined
      await watch.looking
    },
  }
}

function look<T>(db: Kysely<T>, pollMs: number, watch: Watch): void {
  const topics = [...new Set([...watch.watched].map(one => one.topic))].sort()
  watch.timer = undefined
  watch.looking = due(db, topics)
    .then(found => {
      for (const one of watch.watched) if (found.has(one.topic)) one.wake()
    })
    .catch(error => {
      if (watch.watched.size > 0) log('outbox').error({ err: error }, 'due deliveries could not be read')
    })
    .finally(() => {
      watch.looking = undefined
      if (watch.watched.size > 0) watch.timer = setTimeout(() => look(db, pollMs, watch), pollMs)
    })
}

const dueSql = `
  select topic from unnest($1::text[]) as topic where exists (
    select 1 from outbox o
    where o.topic = topic.topic and o.state = 'pending' and o.due_at <= clock_timestamp()
      and (o.locked_until is null or o.locked_until < clock_timestamp()))`

async function due<T>(db: Kysely<T>, topics: string[]): Promise<Set<string>> {
  const { rows } = await execute<{ topic: string }>(db, dueSql, [topics])
  return new Set(rows.map(row => row.topic))
}
