/**
 * Somebody asks for a link by mail. The answer must not tell, neither by its words nor by its time, whether the account exists:
 * so the request is only noted, and a worker finds out later whose it is.
 */
import { randomUUID } from 'node:crypto'
import { audit } from '@atrium/platform/audit'
import { type Delivery, type DeliveryOutcome, enqueue, startOutbox } from '@atrium/platform/outbox'
import { open, seal } from '@atrium/platform/secrets'
import { type Kysely, sql } from 'kysely'
import type { Config } from '../../config.ts'
import type { Schema } from '../../database/schema.ts'
import { queueMail } from '../../mail/mail.ts'
import { readSignInPolicy } from '../policy.ts'
import { makeLink, resetUrl } from './link.ts'

type Parts = { db: Kysely<Schema>; config: Config }

/** Minutes for which a link that somebody asked for works. */
export const linkMinutes = 30

const topic = 'password_reset'
// One mail address may be that of several accounts: a workshop's, say.
const mostAccounts = 10

/** Notes the request. Sealed, because people type their password into any field. @param account a user name or a mail address */
export async function requestReset({ db, config }: Parts, request: { account: string; ip: string }): Promise<void> {
  const sealed = seal(JSON.stringify(request), config.ENCRYPTION_KEY)
  await enqueue(db, { topic, key: randomUUID(), payload: { sealed } })
}

/** Answers requests with mails, for as long as the service runs. */
export function startResets(parts: Parts): { stop(): Promise<void>; nudge(): void } {
  return startOutbox(parts.db, { topic, concurrency: 2, handle: item => answer(parts, item) })
}

async function answer({ db, config }: Parts, item: Delivery): Promise<DeliveryOutcome> {
  // Only `requestReset` writes to this topic.
  const { account, ip } = JSON.parse(open(String(item.payload.sealed), config.ENCRYPTION_KEY)) as {
    account: string
    ip: string
  }
  const { policy } = await readSignInPolicy(db)
  if (!policy.password.selfServiceReset) return 'done'
  // Who waited longer than a link would live has asked again.
  if (Date.now() - item.createdAt.getTime() > linkMinutes * 60_000) return { dead: 'too late' }
  const people = await accountsNamed(db, account.trim().toLowerCase())
  await db.transaction().execute(async (trx: Kysely<Schema>) => {
    for (const person of people) await sendLink(trx, config, person.id, ip)
  })
  return 'done'
}

/** A user name comes first: it may look like a mail address that is somebody else's. */
async function accountsNamed(db: Kysely<Schema>, account: string): Promise<{ id: string }[]> {
  const { rows } = await sql<{ id: string; named: boolean }>`
    select id, lower(username) = ${account} as named from person
    where active and (lower(username) = ${account} or lower(email) = ${account})
    order by id limit ${mostAccounts}`.execute(db)
  const named = rows.filter(row => row.named)
  return named.length > 0 ? named : rows
}

async function sendLink(trx: Kysely<Schema>, config: Config, personId: string, ip: string): Promise<void> {
  const { secret, expiresAt } = await makeLink(trx, { personId, purpose: 'password_reset', minutes: linkMinutes })
  await queueMail(trx, {
    personId,
    kind: 'password_reset',
    values: {
      link: seal(resetUrl(config, secret), config.ENCRYPTION_KEY),
      expiresAt: expiresAt.toISOString(),
      by: 'self',
    },
  })
  await audit(trx, {
    // Whoever asked has proved nothing.
    actor: { id: 'anonymous', kind: 'person' },
    action: 'password.reset_requested',
    target: { type: 'person', id: personId },
    outcome: 'success',
    ip,
  })
}
