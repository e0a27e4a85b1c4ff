import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'
import type { Rate } from './rate.ts'

export interface ClientRateTables {
  client_rate: { client: string; who: string; full_at: Date }
}

const mostAtOnce = 1000
const forgetEveryMs = 600_000

/**
 * Lets the gateways on one database count a client's requests together, without a request that waits for it: several times a
 * second each tells what it let through and learns what all did. Until then a gateway lets through what it knows to be
 * left, so a burst may be given once by each; it is owed, and nothing goes before it is filled again. While the database
 * is away each counts for itself.
 */
export function shareRates<T>(
  db: Kysely<T>,
  rates: () => Iterable<readonly [client: string, rate: Rate]>,
  { log, everyMs = 200 }: { log: Logger; everyMs?: number },
): { exchange(): Promise<void>; stop(): Promise<void> } {
  // Only the table of ClientRateTables is used below; Kysely's type is invariant in its tables.
  const tables = db as unknown as Kysely<ClientRateTables>
  let failing = false
  let underWay: Promise<void> | undefined
  let forgotAt = performance.now()

  async function once(): Promise<void> {
    for (const [client, rate] of rates()) {
      for (;;) {
        const taken = rate.taken(mostAtOnce)
        if (taken.size === 0) break
        try {
          for (const { who, owed } of await tell(tables, client, taken)) rate.learn(who, owed, performance.now())
        } catch (error) {
          rate.keep(taken)
          throw error
        }
        if (taken.size < mostAtOnce) break
      }
    }
    if (performance.now() - forgotAt > forgetEveryMs) {
      forgotAt = performance.now()
      await sql`delete from client_rate where full_at < clock_timestamp()`.execute(tables)
    }
    failing = false
  }
  function exchange(): Promise<void> {
    underWay ??= once()
      .catch(error => {
        if (!failing) log.warn({ err: error }, 'requests of clients are counted by each gateway alone')
        failing = true
      })
      .finally(() => {
        underWay = undefined
      })
    return underWay
  }
  const timer = setInterval(() => void exchange(), everyMs).unref()
  return {
    exchange,
    async stop() {
      clearInterval(timer)
      await exchange()
    },
  }
}

/** Adds what was taken and gives what of each bucket is to be filled again, ms. In the order of keys: two never wait for each other. */
async function tell(
  db: Kysely<ClientRateTables>,
  client: string,
  taken: ReadonlyMap<string, number>,
): Promise<{ who: string; owed: number }[]> {
  const parts = [...taken].map(([who, ms]) => ({ who, ms }))
  const { rows } = await sql<{ who: string; owed: number }>`
    insert into client_rate (client, who, full_at)
    select ${client}, one.who, now() + make_interval(secs => one.ms / 1000)
    from jsonb_to_recordset(${JSON.stringify(parts)}::jsonb) as one (who text, ms float8) order by one.who
    on conflict (client, who) do update set full_at =
      greatest(client_rate.full_at, now()) + (excluded.full_at - now())
    returning who, (extract(epoch from full_at - clock_timestamp()) * 1000)::float8 as owed`.execute(db)
  return rows
}
