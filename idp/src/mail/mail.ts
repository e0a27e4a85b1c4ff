import { randomUUID } from 'node:crypto'
import { enqueue } from '@atrium/platform/outbox'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { FactorKind } from '../sign-in/policy.ts'

/** The outbox topic whose deliveries become mails. */
export const mailTopic = 'mail'

/** What a mail of each kind tells. `link` is sealed, because it waits in the outbox. Times are when the mail was queued. */
export type MailValues = {
  password_reset: { link: string; expiresAt: string; by: 'self' | 'administrator' }
  password_changed: { ip?: string; by?: 'self' | 'administrator' }
  new_device: { ip: string; userAgent: string }
  factor_added: { factor: FactorKind; name: string; ip?: string }
  factor_removed: { factor: FactorKind | 'all'; name?: string; ip?: string; by?: 'self' | 'administrator' }
  recovery_codes_made: { ip?: string; by?: 'self' | 'administrator' }
  recovery_code_used: { left: number; ip?: string }
}

/** What a mail is about. */
export type MailKind = keyof MailValues

/** A mail to a person, to be written in their language and sent to the address they have when it is sent. */
export type MailRequest = { [K in MailKind]: { personId: string; kind: K; values: MailValues[K] } }[MailKind]

/**
 * Notes, in the caller's transaction, that a person is to get a mail. A worker (`delivery.ts`) writes and sends it.
 * @returns the mail's id
 */
export async function queueMail(trx: Kysely<Schema>, mail: MailRequest): Promise<string> {
  const id = randomUUID()
  await enqueue(trx, { topic: mailTopic, key: id, payload: mail })
  return id
}
