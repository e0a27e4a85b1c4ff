import { randomUUID } from 'node:crypto'
import { type Kysely, sql } from 'kysely'

/** This process, as a holder of leases and rows. Fresh at each start, so that a dead predecessor's lease is never mistaken for ours. */
export const processId = randomUUID()

/**
 * Takes or renews a named lease.
 * @returns true when this process holds it for the next `seconds`
 */
export async function holdLease<T>(db: Kysely<T>, name: string, seconds: number): Promise<boolean> {
  const { rows } = await sql`
    insert into lease (name, holder, until) values (${name}, ${processId}, clock_timestamp() + make_interval(secs => ${seconds}))
    on conflict (name) do update set holder = excluded.holder, until = excluded.until
      where lease.holder = excluded.holder or lease.until < clock_timestamp()
    returning name`.execute(db)
  return rows.length > 0
}

/** Gives a lease back, so that a successor need not wait for its end. */
export async function releaseLease<T>(db: Kysely<T>, name: string): Promise<void> {
  await sql`delete from lease where name = ${name} and holder = ${processId}`.execute(db)
}

/**
 * Runs `work` every `everyMs` in at most one process of those that share the database. A failure is handed to `onError`
 * and the next turn comes all the same.
 */
export function everyUnderLease<T>(
  db: Kysely<T>,
  options: { name: string; everyMs: number; onError: (error: unknown) => void },
  work: () => Promise<void>,
): { stop(): Promise<void>; nudge(): void } {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let again = false
  let busy = false
  const seconds = Math.max(10, (options.everyMs / 1000) * 3)
  // Renewed when half of it is over: each renewal is a commit that waits for the disk.
  let renewAt = 0
  const holds = async (): Promise<boolean> => {
    if (Date.now() < renewAt) return true
    const asked = Date.now()
    const held = await holdLease(db, options.name, seconds)
    renewAt = held ? asked + seconds * 500 : 0
    return held
  }
  const turn = async (): Promise<void> => {
    busy = true
    try {
      if (await holds()) await work()
    } catch (error) {
      renewAt = 0
      if (!stopped) options.onError(error)
    }
    busy = false
    if (stopped) return
    timer = setTimeout(start, again ? 0 : options.everyMs)
    again = false
  }
  const start = (): void => {
    running = turn()
  }
  timer = setTimeout(start, 0)
  return {
    nudge: () => {
      if (stopped) return
      if (busy) {
        again = true
        return
      }
      clearTimeout(timer)
      timer = setTimeout(start, 0)
    },
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await running
      await releaseLease(db, options.name).catch(() => {})
    },
  }
}
