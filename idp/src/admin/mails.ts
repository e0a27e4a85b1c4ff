import { audit } from '@atrium/platform/audit'
import { enqueue } from '@atrium/platform/outbox'
import { Problem } from '@atrium/platform/problem'
import { open } from '@atrium/platform/secrets'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Deps } from '../deps.ts'
import type { MailContent } from '../mail/delivery.ts'
import { mailTopic } from '../mail/mail.ts'
import type { Text } from '../oidc/tables.ts'
import type { Caller } from './caller.ts'

/** A mail without what it says. */
export type MailRow = {
  id: string
  to: string
  person: { id: string; name: Text } | null
  kind: string
  subject: string
  language: string
  state: 'queued' | 'sent' | 'failed' | 'kept'
  error: string | null
  createdAt: Date
  sentAt: Date | null
}

const columns = sql`m.id, m.recipient as "to", m.kind, m.subject, m.language, m.state, m.error, m.created_at as "createdAt",
  m.sent_at as "sentAt", case when p.id is not null then jsonb_build_object('id', p.id, 'name', p.name) end as person`

/** One page of mails, newest first. @param o `before` is the id of the last mail of the page before */
export async function listMails(
  db: Kysely<Schema>,
  o: { before?: string | undefined; limit: number },
): Promise<{ items: MailRow[]; next: string | null }> {
  const { rows } = await sql<MailRow>`
    select ${columns} from mail m left join person p on p.id = m.person_id
    where ${o.before ?? null}::text is null or (m.created_at, m.id) < (select created_at, id from mail where id = ${o.before ?? null})
    order by m.created_at desc, m.id desc limit ${o.limit + 1}`.execute(db)
  const items = rows.slice(0, o.limit)
  return { items, next: rows.length > o.limit ? items.at(-1)!.id : null }
}

/**
 * A mail with its text, which is removed after 30 days. Reading is recorded: the mail may hold somebody's link.
 * @throws Problem 404
 */
export async function readMail(
  { db, config }: Deps,
  id: string,
  caller: Caller,
): Promise<MailRow & { text: string | null; html: string | null }> {
  const { rows } = await sql<MailRow & { sealed: string }>`
    select ${columns}, m.content_sealed as sealed from mail m left join person p on p.id = m.person_id where m.id = ${id}`.execute(
    db,
  )
  if (!rows[0]) throw unknownMail()
  const { sealed, ...mail } = rows[0]
  await audit(db, {
    actor: caller.actor,
    action: 'mail.read',
    target: { type: 'mail', id },
    outcome: 'success',
    detail: { kind: mail.kind, person: mail.person?.id ?? null },
    ip: caller.ip,
  })
  const content = sealed ? (JSON.parse(open(sealed, config.ENCRYPTION_KEY)) as MailContent) : undefined
  return { ...mail, text: content?.text ?? null, html: content?.html ?? null }
}

/**
 * Sends a mail that failed or was kept, or one that waits, now.
 * @throws Problem 404, 409 `no_mail_server`, `already_sent`, `mail_text_removed`
 */
export async function retryMail({ db, config }: Deps, id: string, caller: Caller): Promise<void> {
  if (!config.SMTP_URL)
    throw new Problem(409, 'no_mail_server', {
      zh: '没有配置邮件服务器（SMTP_URL），邮件只能在这里查看',
      en: 'There is no mail server (SMTP_URL): mails can be read here only',
    })
  await db.transaction().execute(async (trx: Kysely<Schema>) => {
    const mail = await trx
      .selectFrom('mail')
      .select(['state', 'kind', sql<boolean>`content_sealed = ''`.as('gone')])
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst()
    if (!mail) throw unknownMail()
    if (mail.state === 'sent')
      throw new Problem(409, 'already_sent', { zh: '这封邮件已经发出', en: 'This mail was sent already' })
    if (mail.gone)
      throw new Problem(409, 'mail_text_removed', {
        zh: '这封邮件的内容已按期清除，不能再发',
        en: 'The text of this mail was removed in time: it cannot be sent any more',
      })
    await trx.updateTable('mail').set({ state: 'queued', error: null }).where('id', '=', id).execute()
    await enqueue(trx, { topic: mailTopic, key: id, payload: {}, replace: true })
    await audit(trx, {
      actor: caller.actor,
      action: 'mail.retried',
      target: { type: 'mail', id },
      outcome: 'success',
      detail: { kind: mail.kind },
      ip: caller.ip,
    })
  })
}

function unknownMail(): Problem {
  return new Problem(404, 'unknown_mail', { zh: '没有这封邮件', en: 'There is no such mail' })
}
