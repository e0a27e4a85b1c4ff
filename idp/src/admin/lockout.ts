import { audit } from '@atrium/platform/audit'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Actor } from '../directory/tables.ts'

/** Whether wrong passwords have locked this person's sign-in at this moment. */
export async function isLocked(db: Kysely<Schema>, personId: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 from sign_in_throttle where kind = 'account' and ${subjectOf(personId)} and locked_until > clock_timestamp()`.execute(
    db,
  )
  return rows.length > 0
}

/** Forgets the wrong passwords of this person. */
export async function unlock(db: Kysely<Schema>, personId: string, actor: Actor): Promise<void> {
  await db.transaction().execute(async (trx: Kysely<Schema>) => {
    await sql`delete from sign_in_throttle where kind = 'account' and ${subjectOf(personId)}`.execute(trx)
    await audit(trx, { actor, action: 'person.unlocked', target: { type: 'person', id: personId }, outcome: 'success' })
  })
}

function subjectOf(personId: string) {
  return sql<boolean>`subject = (select lower(username) from person where id = ${personId})`
}
