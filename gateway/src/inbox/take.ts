import { type Kysely, sql } from 'kysely'
import type { Plan } from './rules/plan.ts'
import type { InboxTables } from './tables.ts'
import type { Wake } from './wake.ts'

/** What became of an event: `duplicate` was known before, `stale` is older than what its object had already told. */
export type TakeOutcome = 'accepted' | 'duplicate' | 'stale' | 'quarantined'

/** Takes events into inboxes, each exactly once. */
export interface Taker {
  take(plan: Plan): Promise<TakeOutcome>
}

const batchSize = 64
// A second statement beside the first only when a whole batch waits: two would only wait for one another at a busy inbox.
const inFlight = 2

/**
 * Events that arrive while others are being written form the next statement, so that one commit carries many: under load
 * the lock of a busy inbox and the disk's flush are paid once a batch; without load an event is written at once.
 */
export function startTaking(db: Kysely<InboxTables>, wake: Wake): Taker {
  type Waiting = { plan: Plan; done(outcome: TakeOutcome): void; failed(error: unknown): void }
  let waiting: Waiting[] = []
  let running = 0

  const write = async (batch: Waiting[]): Promise<void> => {
    const rows = await takePlans(
      db,
      batch.map(entry => entry.plan),
    )
    const people = new Set<string>()
    const events: { source: string; id: string }[] = []
    for (const [index, entry] of batch.entries()) {
      const row = rows[index]!
      for (const person of row.people) people.add(person)
      if (row.outcome === 'accepted') events.push({ source: entry.plan.source, id: entry.plan.id })
    }
    wake.send(people, events)
    for (const [index, entry] of batch.entries()) entry.done(rows[index]!.outcome)
  }

  const next = (): void => {
    while (waiting.length > 0 && (running === 0 || (running < inFlight && waiting.length >= batchSize))) {
      const batch = waiting.slice(0, batchSize)
      waiting = waiting.slice(batchSize)
      running += 1
      write(batch)
        .catch(async error => {
          // One event that PostgreSQL refuses must not take the others of its batch with it.
          if (batch.length === 1) return batch[0]!.failed(error)
          for (const entry of batch) await write([entry]).catch(entry.failed)
        })
        .finally(() => {
          running -= 1
          next()
        })
    }
  }
  return {
    take: plan =>
      new Promise((done, failed) => {
        waiting.push({ plan, done, failed })
        next()
      }),
  }
}

/** One statement: de-duplicates, finds recipients, raises their counters, writes messages, log and outbox. */
export async function takePlans(
  db: Kysely<InboxTables>,
  plans: Plan[],
): Promise<{ outcome: TakeOutcome; people: string[] }[]> {
  const seen = new Set<string>()
  const fresh = plans.filter(plan => {
    const key = `${plan.source} ${plan.id}`
    return seen.has(key) ? false : seen.add(key)
  })
  const { rows } = await sql<{ outcome: TakeOutcome; people: string[] }>`
    select outcome, people from inbox_take(${JSON.stringify(fresh)}::jsonb) order by place`.execute(db)
  const result = new Map(fresh.map((plan, index) => [plan, rows[index]!]))
  return plans.map(plan => result.get(plan) ?? { outcome: 'duplicate', people: [] })
}
