import { randomUUID } from 'node:crypto'
import { CompiledQuery, type Kysely } from 'kysely'
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
  const values = queueMailValues(mail)
  await trx.executeQuery(CompiledQuery.raw(alone, values))
  return values[0]
}

/** SQL that does so as part of a statement that is made anyway. @param first the number of the first of its two parameters, `queueMailValues` */
export function queueMailSql(first: number): string {
  return `insert into outbox (topic, key, payload) values ('${mailTopic}', $${first}, $${first + 1}::jsonb)`
}

/** The two parameters of `queueMailSql`. */
export function queueMailValues(mail: MailRequest): [id: string, payload: string] {
  return [randomUUID(), JSON.stringify(mail)]
}

const alone = queueMailSql(1)
