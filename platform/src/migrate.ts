import { readdir, readFile } from 'node:fs/promises'
import { type Kysely, sql } from 'kysely'

const lockKey = 7_205_321

/**
 * Applies the numbered `*.sql` files of a folder, each once and in a transaction of its own, in the order of their names.
 * Two processes that start together wait for one another.
 * @returns the names applied now
 * @throws Error naming the file whose SQL failed; earlier files stay applied
 */
export async function migrate<T>(db: Kysely<T>, folder: URL, history = 'migration'): Promise<string[]> {
  const names = (await readdir(folder)).filter(name => name.endsWith('.sql')).sort()
  return await db.connection().execute(async connection => {
    await sql`select pg_advisory_lock(${lockKey})`.execute(connection)
    try {
      await sql`create table if not exists ${sql.table(history)} (name text primary key, applied_at timestamptz not null default now())`.execute(
        connection,
      )
      const done = await sql<{ name: string }>`select name from ${sql.table(history)}`.execute(connection)
      const applied = new Set(done.rows.map(row => row.name))
      const fresh = names.filter(name => !applied.has(name))
      for (const name of fresh) {
        const text = await readFile(new URL(name, folder), 'utf8')
        try {
          await connection.transaction().execute(async trx => {
            await sql.raw(text).execute(trx)
            await sql`insert into ${sql.table(history)} (name) values (${name})`.execute(trx)
          })
        } catch (error) {
          throw new Error(`migration ${name} failed: ${(error as Error).message}`, { cause: error })
        }
      }
      return fresh
    } finally {
      await sql`select pg_advisory_unlock(${lockKey})`.execute(connection)
    }
  })
}

/** The tables every service has: audit log, leases, outbox. Call before the service's own `migrate`. */
export async function platformMigrate<T>(db: Kysely<T>): Promise<string[]> {
  return await migrate(db, new URL('./migrations/', import.meta.url), 'platform_migration')
}
