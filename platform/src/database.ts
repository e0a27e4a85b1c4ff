import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { giveLanes, Lanes } from './lanes.ts'
import { PreparedClient } from './prepared-client.ts'

export { type Kysely, sql, type Transaction } from 'kysely'
export { type Executed, execute } from './lanes.ts'
export { migrate, platformMigrate } from './migrate.ts'

const int8 = 20

/**
 * Opens a pool on PostgreSQL ≥ 15. bigint arrives as a number (and throws beyond 2^53), numeric as a string, times as Date.
 * @param url `postgres://user:password@host:port/database`
 * @param options `max` connections (default 10); `prepare` keeps statements prepared on the server (see prepared-client.ts);
 * `lanes` is how many further connections carry what is given to `execute` (lanes.ts; default none)
 */
export function openDatabase<T>(
  url: string,
  options: { max?: number; applicationName?: string; prepare?: boolean; lanes?: number } = {},
): Kysely<T> {
  const config = {
    connectionString: url,
    application_name: options.applicationName ?? 'atrium',
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === int8 ? safeInteger : pg.types.getTypeParser(oid, format as 'text'),
    } as pg.CustomTypesConfig,
  }
  const pool = new pg.Pool({
    // The declaration wants pg's own overloads of `query`; the class passes all of them on.
    ...(options.prepare ? { Client: PreparedClient as unknown as typeof pg.Client } : {}),
    ...config,
    max: options.max ?? 10,
  })
  // An idle connection that the server ends (restart, failover) must not end the process; the pool replaces it.
  pool.on('error', () => {})
  const db = new Kysely<T>({ dialect: new PostgresDialect({ pool }) })
  if (options.lanes) {
    const lanes = new Lanes(config, options.lanes)
    giveLanes(db, lanes)
    const destroy = db.destroy.bind(db)
    db.destroy = async () => {
      await Promise.all([destroy(), lanes.end()])
    }
  }
  return db
}

function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is beyond 2^53`)
  return value
}

/** Resolves when the database answers. For `/readyz`. */
export async function ping<T>(db: Kysely<T>): Promise<void> {
  await sql`select 1`.execute(db)
}

/** A dedicated connection for LISTEN; calls `onNotify` for each notification and reconnects by itself until stopped. */
export function listen(
  url: string,
  channels: string[],
  onNotify: (channel: string, payload: string) => void,
  onReconnect: () => void = () => {},
): { stop(): Promise<void> } {
  let stopped = false
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined
  const connect = async (first: boolean): Promise<void> => {
    const next = new pg.Client({ connectionString: url, application_name: 'atrium-listen' })
    client = next
    let ended = false
    const again = (): void => {
      if (ended) return
      ended = true
      next.end().catch(() => {})
      if (!stopped) timer = setTimeout(() => void connect(false), 500)
    }
    next.on('error', again)
    next.on('end', again)
    next.on('notification', message => onNotify(message.channel, message.payload ?? ''))
    try {
      await next.connect()
      for (const channel of channels) await next.query(`listen ${pg.escapeIdentifier(channel)}`)
      if (!first) onReconnect()
    } catch {
      again()
    }
  }
  void connect(true)
  return {
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await client?.end().catch(() => {})
    },
  }
}
