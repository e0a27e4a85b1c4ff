import { openDatabase, sql } from '@atrium/platform/database'

/**
 * How often a request is made before it is measured. A service has run for days, not for seconds: V8 compiles for good only what was called
 * often, and until then the same work costs more. A sign-in calls most of what it needs several times.
 */
export const untilCompiled = { signIns: 800, requests: 4000 }

const plansPerStatement = 60

/**
 * Lets PostgreSQL know its tables, as autovacuum does within a minute of their growing: a plan that was made while a table was empty
 * is kept until then. @param again makes what is measured, until every connection has planned it anew
 */
export async function withStatistics(databaseUrl: string, again: () => Promise<unknown>): Promise<void> {
  const db = openDatabase(databaseUrl, { max: 1 })
  await sql`analyze`.execute(db)
  await db.destroy()
  for (let n = 0; n < plansPerStatement; n++) await again()
}
