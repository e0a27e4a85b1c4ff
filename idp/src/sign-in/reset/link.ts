import { randomBytes } from 'node:crypto'
import { audit } from '@atrium/platform/audit'
import { Problem } from '@atrium/platform/problem'
import { sha256 } from '@atrium/platform/secrets'
import { type Kysely, sql } from 'kysely'
import type { Config } from '../../config.ts'
import type { Schema } from '../../database/schema.ts'
import type { Actor } from '../../directory/tables.ts'
import { preparePassword, writePassword } from '../password-policy/change.ts'
import type { PasswordFault } from '../password-policy/faults.ts'
import type { OneTimeLinkTable } from '../tables.ts'
import { unlockAccount } from '../throttle.ts'

/** What a link is for: where there was no password yet, or in the place of one. */
export type LinkPurpose = 'first_password' | 'password_reset'

/** Whose link it is. */
export type LinkOwner = { personId: string; username: string }

/** The address of the page behind a link. The secret stands in the query, which no log of ours holds. */
export function resetUrl(config: Config, secret: string): string {
  return `${config.ISSUER}/reset-password?key=${secret}`
}

/** Makes a link, in the caller's transaction; earlier ones for the same purpose no longer work. Only its hash is stored. */
export async function makeLink(
  trx: Kysely<Schema>,
  o: { personId: string; purpose: LinkPurpose; minutes: number },
): Promise<{ secret: string; expiresAt: Date }> {
  const secret = randomBytes(32).toString('base64url')
  // A change of password that is under way is waited for: it would not see this link, and so not void it.
  await trx.selectFrom('person').select('id').where('id', '=', o.personId).forNoKeyUpdate().execute()
  await trx.deleteFrom('one_time_link').where('person_id', '=', o.personId).where('purpose', '=', o.purpose).execute()
  const { expires_at } = await trx
    .insertInto('one_time_link')
    .values({
      secret_hash: sha256(secret),
      person_id: o.personId,
      purpose: o.purpose,
      expires_at: sql<Date>`clock_timestamp() + make_interval(mins => ${o.minutes})`,
    })
    .returning('expires_at')
    .executeTakeFirstOrThrow()
  return { secret, expiresAt: expires_at }
}

/** Whose link this is; undefined when it was used, has expired, was replaced, or never was, and when its person may not sign in. */
export async function ownerOfLink(
  db: Kysely<Schema>,
  secret: string,
  purpose: LinkPurpose,
): Promise<LinkOwner | undefined> {
  return await db
    .selectFrom('one_time_link')
    .innerJoin('person', 'person.id', 'one_time_link.person_id')
    .select(['person.id as personId', 'person.username'])
    .where('secret_hash', '=', sha256(secret))
    .where('purpose', '=', purpose)
    .where('expires_at', '>', sql<Date>`clock_timestamp()`)
    .where('person.active', '=', true)
    .executeTakeFirst()
}

/** What came of a link: `spent` when somebody else was faster, too. */
export type LinkOutcome =
  | { kind: 'changed' }
  | { kind: 'spent' }
  | { kind: 'busy' }
  | { kind: 'refused'; faults: PasswordFault[] }

/**
 * Sets the password of the person whose link this is. Of any number of simultaneous uses one does. All sessions end, and the
 * account is no longer locked: who holds the link has proved more than a password. No browser counts as trusted any more, so that
 * the second factor is asked for at the next sign-in.
 */
export async function useLink(
  db: Kysely<Schema>,
  o: { secret: string; purpose: LinkPurpose; plain: string; ip: string },
): Promise<LinkOutcome> {
  const owner = await ownerOfLink(db, o.secret, o.purpose)
  if (!owner) return { kind: 'spent' }
  const { personId, username } = owner
  const prepared = await preparePassword(db, { personId, plain: o.plain }).catch((error: unknown) => {
    if (error instanceof Problem) return undefined
    throw error
  })
  if (!prepared) return { kind: 'busy' }
  if ('faults' in prepared) return { kind: 'refused', faults: prepared.faults }
  return await db.transaction().execute(async (trx: Kysely<Schema>): Promise<LinkOutcome> => {
    // The person first, as every change of a password does: whoever comes second then sees that the link is gone.
    await trx.selectFrom('person').select('id').where('id', '=', personId).forNoKeyUpdate().execute()
    if (!(await takeLink(trx, o.secret))) return { kind: 'spent' }
    const actor: Actor = { id: personId, kind: 'person' }
    const reason = o.purpose === 'password_reset' ? 'reset' : 'first'
    const written = await writePassword(trx, { personId, plain: o.plain, actor, ip: o.ip, reason }, prepared)
    if (written.kind === 'stale') return { kind: 'spent' }
    await trx.updateTable('known_device').set({ factor_at: null }).where('person_id', '=', personId).execute()
    if (await unlockAccount(trx, username))
      await audit(trx, {
        actor,
        action: 'sign_in.unlocked',
        target: { type: 'person', id: personId },
        outcome: 'success',
        detail: { reason },
        ip: o.ip,
      })
    return { kind: 'changed' }
  })
}

async function takeLink(trx: Kysely<Schema>, secret: string): Promise<Pick<OneTimeLinkTable, 'person_id'> | undefined> {
  return await trx
    .deleteFrom('one_time_link')
    .where('secret_hash', '=', sha256(secret))
    .where('expires_at', '>', sql<Date>`clock_timestamp()`)
    .returning('person_id')
    .executeTakeFirst()
}
