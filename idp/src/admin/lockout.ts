import { audit } from '@atrium/platform/audit'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { findAccountById } from '../directory/accounts.ts'
import { requirePerson } from '../directory/people.ts'
import type { Actor } from '../directory/tables.ts'
import { isAccountLocked, unlockAccount } from '../sign-in/throttle.ts'

/** Whether wrong passwords have locked this person's sign-in at this moment. */
export async function isLocked(db: Kysely<Schema>, personId: string): Promise<boolean> {
  const account = await findAccountById(db, personId)
  return account !== undefined && (await isAccountLocked(db, account.username))
}

/** Forgets the wrong passwords of this person. @throws Problem 404 when nobody has this id */
export async function unlock(db: Kysely<Schema>, o: { personId: string; actor: Actor; ip: string }): Promise<void> {
  await db.transaction().execute(async (trx: Kysely<Schema>) => {
    const { name } = await requirePerson(trx, o.personId)
    const account = await findAccountById(trx, o.personId)
    const wasLocked = await unlockAccount(trx, account!.username)
    await audit(trx, {
      actor: o.actor,
      action: 'person.unlocked',
      target: { type: 'person', id: o.personId, name: name.zh },
      outcome: 'success',
      detail: { wasLocked },
      ip: o.ip,
    })
  })
}
