import { audit } from '@atrium/platform/audit'
import { Problem } from '@atrium/platform/problem'
import { seal } from '@atrium/platform/secrets'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Deps } from '../deps.ts'
import { requirePerson } from '../directory/people.ts'
import { queueMail } from '../mail/mail.ts'
import { makeLink, resetUrl } from '../sign-in/reset/link.ts'
import type { Caller } from './caller.ts'

// Longer than a link that somebody asked for themself: it is handed over, perhaps to a colleague who begins tomorrow.
const minutes = 24 * 60

/**
 * Makes a link by which a person sets a new password, for the administrator to hand over; with a mail server it is sent, too. The
 * present password works until the link is used, but with `mustChange` it opens only the page where it is changed.
 * @throws Problem 404 for an unknown person, 409 `inactive`
 */
export async function resetPassword(
  { db, config }: Deps,
  o: { personId: string; mustChange: boolean; caller: Caller },
): Promise<{ link: string; expiresAt: Date; mailed: boolean }> {
  const { personId, mustChange, caller } = o
  return await db.transaction().execute(async (trx: Kysely<Schema>) => {
    const person = await requirePerson(trx, personId)
    if (!person.active)
      throw new Problem(409, 'inactive', {
        zh: `${person.name.zh}已停用，请先恢复`,
        en: `${person.name.en} is deactivated: activate the person first`,
      })
    const { secret, expiresAt } = await makeLink(trx, { personId, purpose: 'password_reset', minutes })
    const link = resetUrl(config, secret)
    if (mustChange)
      await trx
        .updateTable('person')
        .set({ password_must_change: sql<boolean>`password_hash is not null` })
        .where('id', '=', personId)
        .execute()
    const mailed = config.SMTP_URL !== undefined
    if (mailed)
      await queueMail(trx, {
        personId,
        kind: 'password_reset',
        values: { link: seal(link, config.ENCRYPTION_KEY), expiresAt: expiresAt.toISOString(), by: 'administrator' },
      })
    await audit(trx, {
      actor: caller.actor,
      action: 'password.reset_link_made',
      target: { type: 'person', id: personId, name: person.name.zh },
      outcome: 'success',
      detail: { mustChange, mailed, expiresAt: expiresAt.toISOString() },
      ip: caller.ip,
    })
    return { link, expiresAt, mailed }
  })
}
