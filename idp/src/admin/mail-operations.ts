import { z } from 'zod'
import { listMails, readMail, retryMail } from './mails.ts'
import { operation } from './operation.ts'
import { moment, named } from './schemas.ts'

const tag = 'Mails'
const mailPath = z.object({ id: z.string().min(1).max(64) })
const mail = z
  .object({
    id: z.string(),
    to: z.string(),
    person: named.nullable(),
    kind: z.string(),
    subject: z.string(),
    language: z.string(),
    state: z
      .enum(['queued', 'sent', 'failed', 'kept'])
      .describe('`kept`: there is no mail server, it waits here to be read'),
    error: z.string().nullable(),
    createdAt: moment,
    sentAt: moment.nullable(),
  })
  .meta({ id: 'Mail' })

/** Mails to people: what became of them, and without a mail server what they say. */
export const mailOperations = [
  operation({
    id: 'listMails',
    method: 'get',
    path: '/admin/mails',
    summary: 'Mails to people, newest first; without their text',
    tag,
    query: z.strictObject({
      before: z.string().max(64).optional().describe('`next` of the page before'),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    answer: z.object({ items: z.array(mail), next: z.string().nullable(), transport: z.enum(['smtp', 'none']) }),
    handle: async ({ query, deps: { db, config } }) => ({
      ...(await listMails(db, query)),
      transport: config.SMTP_URL ? ('smtp' as const) : ('none' as const),
    }),
  }),
  operation({
    id: 'readMail',
    method: 'get',
    path: '/admin/mails/{id}',
    summary: 'A mail with its text, null when that was removed after 30 days; reading is recorded',
    tag,
    params: mailPath,
    answer: mail.extend({ text: z.string().nullable(), html: z.string().nullable() }).meta({ id: 'MailWithText' }),
    problems: [404],
    handle: ({ params, caller, deps }) => readMail(deps, params.id, caller),
  }),
  operation({
    id: 'retryMail',
    method: 'post',
    path: '/admin/mails/{id}/retry',
    summary: 'Send a mail now that failed, waits or was kept',
    tag,
    params: mailPath,
    problems: [404, 409],
    handle: ({ params, caller, deps }) => retryMail(deps, params.id, caller),
  }),
]
