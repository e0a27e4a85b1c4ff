import { enqueue } from '@atrium/platform/outbox'
import { type Kysely, sql } from 'kysely'
import { type InboxFilter, matchingIds } from './messages.ts'
import type { InboxTables } from './tables.ts'
import type { Wake } from './wake.ts'

export type Change = 'read' | 'archive' | 'unarchive' | 'snooze' | 'wake'

/** Topic of the deliveries that bring a snoozed message back. */
export const snoozeTopic = 'inbox.snooze'

/**
 * Applies a change to a person's own messages; others' ids and messages it does not alter are passed over, so a repeat
 * changes nothing. The log, the counters and, for a snooze, the job that ends it are written in one transaction.
 * @param until for `snooze` when it comes back
 * @returns the ids that changed
 */
export async function changeMessages(
  db: Kysely<InboxTables>,
  wake: Wake,
  person: string,
  ids: readonly string[],
  change: Change,
  until?: Date,
): Promise<string[]> {
  const changed = await db.transaction().execute(async trx => {
    const altered = await applyChange(trx, person, ids, change, until)
    for (const id of change === 'snooze' ? altered : []) {
      await enqueue(trx, {
        topic: snoozeTopic,
        key: `${id} ${until!.toISOString()}`,
        payload: { person, message: id, until: until!.toISOString() },
        dueAt: until!,
        replace: true,
      })
    }
    return altered
  })
  if (changed.length > 0) wake.send([person])
  return changed
}

/** Marks everything read that a filter matches at this moment. */
export async function markAllRead(
  db: Kysely<InboxTables>,
  wake: Wake,
  person: string,
  filter: InboxFilter,
): Promise<string[]> {
  const changed = await db.transaction().execute(async trx => {
    await sql`select 1 from inbox_counter where person_id = ${person} for update`.execute(trx)
    return await applyChange(trx, person, await matchingIds(trx, person, filter), 'read')
  })
  if (changed.length > 0) wake.send([person])
  return changed
}

async function applyChange(
  trx: Kysely<InboxTables>,
  person: string,
  ids: readonly string[],
  change: Change,
  until?: Date,
): Promise<string[]> {
  const { rows } = await sql<{ ids: string[] }>`
    select inbox_change(${person}, ${[...ids]}::uuid[], ${change}, ${until ?? null}::timestamptz) as ids`.execute(trx)
  return rows[0]!.ids
}
