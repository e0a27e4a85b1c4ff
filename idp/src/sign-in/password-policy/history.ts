import type { Kysely } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { verifyPassword } from '../password.ts'
import type { PasswordOwner } from './owner.ts'

// The most that a policy can ask for: what lies further back is never looked at again.
const kept = 24

/**
 * Whether this is the person's password, or one of the last `history` before it. Each comparison costs a hash, so they run one
 * after the other: a change of password must not take the room of the sign-ins.
 */
export async function wasUsedBefore(
  db: Kysely<Schema>,
  history: number,
  person: PasswordOwner,
  plain: string,
): Promise<boolean> {
  const earlier = await db
    .selectFrom('password_history')
    .select('hash')
    .where('person_id', '=', person.id)
    .orderBy('id', 'desc')
    .limit(history)
    .execute()
  for (const hash of [person.passwordHash, ...earlier.map(row => row.hash)])
    if (hash && (await verifyPassword(hash, plain))) return true
  return false
}

/** Puts a password that is being replaced into the person's history. */
export async function rememberPassword(trx: Kysely<Schema>, personId: string, hash: string): Promise<void> {
  await trx.insertInto('password_history').values({ person_id: personId, hash }).execute()
  await trx
    .deleteFrom('password_history')
    .where('person_id', '=', personId)
    .where('id', 'not in', query =>
      query
        .selectFrom('password_history')
        .select('id')
        .where('person_id', '=', personId)
        .orderBy('id', 'desc')
        .limit(kept),
    )
    .execute()
}
