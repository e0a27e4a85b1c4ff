/**
 * From the note that somebody is to get a mail to the mail:
 *
 *   outbox row ──written in the reader's language──► mail `queued` ──server took it──► `sent`
 *                                                       │   └─ not now: again, later ─┘ └─ refused, expired, delays used up ──► `failed`
 *                                                       └─ no mail server ──► `kept`, for administrators to read
 *
 * The mail's id is the delivery's key, so an attempt that died half-way goes on with the same mail. If it died after the server had
 * taken the mail, the second one has the same Message-ID.
 */
import type { Kysely } from '@atrium/platform/database'
import { type Delivery, type DeliveryOutcome, startOutbox } from '@atrium/platform/outbox'
import { open, seal } from '@atrium/platform/secrets'
import type { Config } from '../config.ts'
import type { Schema } from '../database/schema.ts'
import { findAccountById } from '../directory/accounts.ts'
import { companyName } from '../sign-in/branding/brand.ts'
import { readSignInPolicy } from '../sign-in/policy.ts'
import type { MailTable } from '../sign-in/tables.ts'
import { type Composed, compose, oneLine } from './compose.ts'
import { type MailRequest, mailTopic } from './mail.ts'
import { mailText } from './texts.ts'
import { type MailTransport, mailTransport, type SendOutcome } from './transport.ts'

type Parts = { db: Kysely<Schema>; config: Config }

// Some 14 attempts over a day. A server that grey-lists wants the second within minutes.
const overADay = [5, 30, 120, 300, 600, 1200, 1800, 3600, 7200, 10_800, 14_400, 21_600, 21_600].map(s => s * 1000)

/** What the row of a mail holds; `expiresAt` is when it would be of no use any more. */
export type MailContent = Omit<Composed, 'subject'> & { name: string; expiresAt?: string }

/** Writes and sends the mails that are queued, for as long as the service runs. */
export function startMailDelivery(parts: Parts): { stop(): Promise<void>; nudge(): void } {
  const retryDelays = parts.config.RETRY_DELAYS ?? overADay
  const transport = mailTransport(parts.config, parts.config.COMPANY_NAME_EN)
  const worker = startOutbox(parts.db, {
    topic: mailTopic,
    concurrency: 2,
    retryDelays,
    // More than all the timeouts of one attempt together.
    lockSeconds: 180,
    handle: item => deliver(parts, transport, item, retryDelays.length),
  })
  return {
    nudge: worker.nudge,
    stop: async () => {
      await worker.stop()
      transport?.close()
    },
  }
}

async function deliver(
  parts: Parts,
  transport: MailTransport | undefined,
  item: Delivery,
  retries: number,
): Promise<DeliveryOutcome> {
  const mail = (await readMail(parts.db, item.key)) ?? (await writeMail(parts, item))
  if (!mail) return { dead: 'the person is gone' }
  if (mail.state === 'sent' || mail.state === 'kept') return 'done'
  if (!transport) {
    await note(parts.db, mail.id, { state: 'kept', error: null })
    return 'done'
  }
  const outcome = await attempt(transport, parts.config, mail)
  if (outcome === 'sent') {
    await note(parts.db, mail.id, { state: 'sent', error: null, sent_at: new Date() })
    return 'done'
  }
  const error = 'refused' in outcome ? outcome.refused : outcome.failed
  const last = 'refused' in outcome || item.attempts >= retries
  await note(parts.db, mail.id, { state: last ? 'failed' : 'queued', error })
  return last ? { dead: error } : { error }
}

type StoredMail = Pick<MailTable, 'recipient' | 'subject' | 'content_sealed'> & { id: string; state: string }

async function readMail(db: Kysely<Schema>, id: string): Promise<StoredMail | undefined> {
  return await db
    .selectFrom('mail')
    .select(['id', 'state', 'recipient', 'subject', 'content_sealed'])
    .where('id', '=', id)
    .executeTakeFirst()
}

/** Writes the mail that an outbox row asks for, in the language and to the address that its person has now. */
async function writeMail({ db, config }: Parts, item: Delivery): Promise<StoredMail | undefined> {
  // Only `queueMail` and `noteDeviceSql` write to this topic, and both write this type.
  const request = item.payload as MailRequest
  const person = await findAccountById(db, request.personId)
  if (!person) return undefined
  const { policy } = await readSignInPolicy(db)
  const language = person.locale?.startsWith('en') ? 'en' : 'zh'
  const securityUrl = `${config.PORTAL_URL}/account/security`
  const asked = request.kind === 'password_reset' ? request.values : undefined
  const facts = {
    at: item.createdAt,
    username: person.username,
    securityUrl,
    ...(asked ? { link: open(asked.link, config.ENCRYPTION_KEY) } : {}),
  }
  const { subject, text, html } = compose(mailText(request, facts, language), {
    company: companyName(policy, config)[language],
    colour: policy.branding.colour ?? '#195844',
    securityUrl,
    name: person.name[language],
    language,
  })
  const content: MailContent = {
    text,
    html,
    name: person.name[language],
    ...(asked ? { expiresAt: asked.expiresAt } : {}),
  }
  await db
    .insertInto('mail')
    .values({
      id: item.key,
      person_id: person.id,
      recipient: oneLine(person.email),
      kind: request.kind,
      language: language === 'zh' ? 'zh-CN' : 'en',
      subject,
      content_sealed: seal(JSON.stringify(content), config.ENCRYPTION_KEY),
      created_at: item.createdAt,
    })
    .onConflict(conflict => conflict.column('id').doNothing())
    .execute()
  return await readMail(db, item.key)
}

async function attempt(transport: MailTransport, config: Config, mail: StoredMail): Promise<SendOutcome> {
  if (!mail.content_sealed) return { refused: 'its text has been removed' }
  const content = JSON.parse(open(mail.content_sealed, config.ENCRYPTION_KEY)) as MailContent
  if (content.expiresAt && new Date(content.expiresAt) < new Date()) return { refused: 'its link has expired' }
  // What a mail server would take for a list, or for a name before the address, is no address.
  if (!/^[^\s<>@,;:"()[\]\\]+@[^\s<>@,;:"()[\]\\]+$/u.test(mail.recipient))
    return { refused: 'the person’s address is not a mail address' }
  return await transport.send({ id: mail.id, to: mail.recipient, subject: mail.subject, ...content })
}

async function note(
  db: Kysely<Schema>,
  id: string,
  outcome: { state: 'queued' | 'sent' | 'failed' | 'kept'; error: string | null; sent_at?: Date },
): Promise<void> {
  await db.updateTable('mail').set(outcome).where('id', '=', id).execute()
}
