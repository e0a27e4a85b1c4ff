import { everyUnderLease } from '@atrium/platform/lease'
import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'
import type { InboxTables } from './tables.ts'

/** Forgets old log rows and old events; messages stay, and so does everything in quarantine. */
export function startRetention(
  db: Kysely<InboxTables>,
  days: { logDays: number; eventDays: number },
  log: Logger,
): { stop(): Promise<void> } {
  return everyUnderLease(
    db,
    {
      name: 'inbox.retention',
      everyMs: 3_600_000,
      onError: error => log.error({ err: error }, 'old rows of the inbox could not be removed'),
    },
    () => prune(db, days),
  )
}

/** One turn, person by person, so that no inbox waits long for its lock. */
export async function prune(db: Kysely<InboxTables>, days: { logDays: number; eventDays: number }): Promise<void> {
  const { rows } = await sql<{ person_id: string }>`
    select distinct person_id from inbox_log where at < clock_timestamp() - make_interval(secs => ${days.logDays * 86_400})`.execute(
    db,
  )
  for (const { person_id } of rows) {
    await sql`select inbox_prune(${person_id}, clock_timestamp() - make_interval(secs => ${days.logDays * 86_400}))`.execute(
      db,
    )
  }
  await sql`
    delete from event_in where state <> 'quarantined' and received_at < clock_timestamp() - make_interval(secs => ${days.eventDays * 86_400})`.execute(
    db,
  )
}
