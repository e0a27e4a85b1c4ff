import { everyUnderLease } from '@atrium/platform/lease'
import { type Kysely, type Selectable, sql } from 'kysely'
import type { Logger } from 'pino'
import type { InboxTables } from './tables.ts'

/** What following a system that does not send needs, however it is read. */
export interface TurnParts {
  db: Kysely<InboxTables>
  /** rejects until the employees are known: before that, nobody could be found as a recipient */
  ready(): Promise<void>
  log: Logger
}

/** Where following a system stands. */
export type FeedState = Selectable<InboxTables['event_feed']>

/** Takes turns again and again, one gateway at a time. @param name of the lease */
export function startTurns(
  { db, ready, log }: TurnParts,
  { name, system, everyMs }: { name: string; system: string; everyMs: number },
  turn: () => Promise<void>,
): { stop(): Promise<void> } {
  const onError = (error: unknown): void => log.error({ err: error, system }, 'a system could not be followed')
  return everyUnderLease(db, { name, everyMs, onError }, async () => {
    const known = await ready().then(
      () => true,
      () => false,
    )
    if (known) await turn()
  })
}

/** One turn, unless the one before failed and its pause is not over; after a failure the pauses grow up to `longestPauseMs`. */
export async function takeTurn(
  { db, log }: Pick<TurnParts, 'db' | 'log'>,
  { system, everyMs, longestPauseMs }: { system: string; everyMs: number; longestPauseMs: number },
  turn: (state: FeedState) => Promise<void>,
): Promise<void> {
  await sql`insert into event_feed (system) values (${system}) on conflict do nothing`.execute(db)
  const state = await db.selectFrom('event_feed').selectAll().where('system', '=', system).executeTakeFirstOrThrow()
  if (state.next_at > new Date()) return
  try {
    await turn(state)
  } catch (error) {
    const pauseMs = Math.min(longestPauseMs, everyMs * 2 ** Math.min(state.failures + 1, 16))
    const message = error instanceof Error ? error.message : String(error)
    log.warn({ system, error: message, pauseMs }, 'a system could not be read; it is tried again after a pause')
    await sql`
      update event_feed set failures = failures + 1, last_error = ${message.slice(0, 500)}, next_at = clock_timestamp() + make_interval(secs => ${pauseMs / 1000})
      where system = ${system}`.execute(db)
  }
}

/** Notes that the system was read, as far as `trail` says where one is kept. */
export async function noteSuccess(
  db: Kysely<InboxTables>,
  system: string,
  trail?: readonly { cursor: string; at: string }[],
): Promise<void> {
  await sql`
    update event_feed set failures = 0, last_error = null, last_success_at = clock_timestamp(), next_at = clock_timestamp(),
      trail = coalesce(${trail ? JSON.stringify(trail) : null}::jsonb, trail)
    where system = ${system}`.execute(db)
}
