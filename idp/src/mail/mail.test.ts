import { readConfig } from '@atrium/platform/config'
import { sql } from '@atrium/platform/database'
import { listOutbox } from '@atrium/platform/outbox'
import { open, seal } from '@atrium/platform/secrets'
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest'
import { startDirectory, until } from '../admin/testing/idp.ts'
import { configSchema } from '../config.ts'
import { compose } from './compose.ts'
import { startMailDelivery } from './delivery.ts'
import { type MailRequest, queueMail } from './mail.ts'
import { forgetOnce } from './purge.ts'
import { type Mailbox, startMailServer } from './testing/mail-server.ts'
import { mailText } from './texts.ts'

let idp: Awaited<ReturnType<typeof startDirectory>>
let stops: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  idp = await startDirectory()
  await idp.importCompany()
  await idp.db.updateTable('person').set({ locale: 'en' }).where('id', '=', 'e0012').execute()
})
afterAll(() => idp.stop())
afterEach(async () => {
  for (const stop of stops.reverse()) await stop()
  stops = []
  await idp.db.deleteFrom('mail').execute()
  await sql`delete from outbox`.execute(idp.db)
})

type Settings = Partial<Pick<typeof idp.deps.config, 'SMTP_URL' | 'SMTP_TLS' | 'MAIL_FROM' | 'RETRY_DELAYS'>>

const deliver = (settings: Settings): void => {
  const config = { ...idp.deps.config, RETRY_DELAYS: [50, 50, 50], ...settings }
  stops.push(startMailDelivery({ db: idp.db, config }).stop)
}
const server = async (options: Parameters<typeof startMailServer>[0] = {}): Promise<Mailbox> => {
  const mailbox = await startMailServer(options)
  stops.push(mailbox.stop)
  return mailbox
}
const changed = (personId: string): MailRequest => ({ personId, kind: 'password_changed', values: { ip: '192.0.2.7' } })
const state = async (id: string) =>
  await idp.db
    .selectFrom('mail')
    .select(['state', 'error', 'sent_at', 'recipient'])
    .where('id', '=', id)
    .executeTakeFirst()
const settled = async (id: string, wanted: string) => {
  return await until(async () => {
    const mail = await state(id)
    return mail?.state === wanted && mail
  })
}

describe('a mail', () => {
  it('goes to the person’s address in the person’s language, with text and HTML', async () => {
    const mailbox = await server()
    deliver({ SMTP_URL: mailbox.url, MAIL_FROM: 'Huaxin IT <it@huaxin.example.test>' })
    const ids = [await queueMail(idp.db, changed('e0007')), await queueMail(idp.db, changed('e0012'))]
    for (const id of ids) await settled(id, 'sent')
    expect(mailbox.mails.map(mail => mail.to).sort()).toEqual(['li.na@example.test', 'zhang.wei@example.test'])
    const [zh, en] = ['li.na@example.test', 'zhang.wei@example.test'].map(
      to => mailbox.mails.find(one => one.to === to)!,
    )
    expect(zh?.header('subject')).toMatch(/^密码已更改 · /)
    expect(zh?.text).toContain('李娜，你好')
    expect(zh?.text).toContain('192.0.2.7')
    expect(zh?.html).toContain('<html lang="zh-CN">')
    expect(en?.header('subject')).toMatch(/^Your password was changed · /)
    expect(en?.text).toContain('Hello Zhang Wei')
    expect(en?.from).toBe('it@huaxin.example.test')
    expect(en?.header('from')).toBe('Huaxin IT <it@huaxin.example.test>')
    expect(en?.header('auto-submitted')).toBe('auto-generated')
    expect(en?.header('message-id')).toBe(`<${ids[1]}@localhost>`)
    const stored = await idp.db.selectFrom('mail').select('content_sealed').execute()
    expect(JSON.stringify(stored)).not.toMatch(/192\.0\.2\.7|李娜/)
  })

  it('that the server refuses for now is sent later, once', async () => {
    const mailbox = await server({ answers: ['later', 'later'] })
    deliver({ SMTP_URL: mailbox.url })
    const id = await queueMail(idp.db, changed('e0007'))
    await settled(id, 'sent')
    expect(mailbox.attempts).toBe(3)
    expect(mailbox.mails).toHaveLength(1)
    expect((await state(id))?.error).toBeNull()
  })

  it('that is refused for good has failed at once, with the server’s words', async () => {
    const mailbox = await server({ answers: ['never'] })
    deliver({ SMTP_URL: mailbox.url })
    const id = await queueMail(idp.db, changed('e0007'))
    expect((await settled(id, 'failed')).error).toMatch(/550.*no such mailbox/)
    expect(mailbox.attempts).toBe(1)
    await expect.poll(async () => (await listOutbox(idp.db, { topic: 'mail' }))[0]?.state).toBe('dead')
  })

  it('that nobody takes has failed when the delays are used up', async () => {
    const mailbox = await server({ answers: Array<'later'>(20).fill('later') })
    deliver({ SMTP_URL: mailbox.url })
    const id = await queueMail(idp.db, changed('e0007'))
    expect((await settled(id, 'failed')).error).toContain('451')
    expect(mailbox.attempts).toBe(4)
  })

  it('waits for a server that is down, and survives a restart of ours', async () => {
    const mailbox = await server()
    await mailbox.stop()
    const worker = startMailDelivery({
      db: idp.db,
      config: { ...idp.deps.config, SMTP_URL: mailbox.url, RETRY_DELAYS: [300, 300, 300, 300, 300, 300] },
    })
    const id = await queueMail(idp.db, changed('e0007'))
    await until(async () => (await state(id))?.error?.includes('ECONNREFUSED'))
    await worker.stop()
    const again = await server({ port: mailbox.port })
    deliver({ SMTP_URL: again.url })
    await settled(id, 'sent')
    expect(again.mails).toHaveLength(1)
  })

  it('goes to a slow server, and others do not wait for it', async () => {
    const mailbox = await server({ slowMs: 1500 })
    deliver({ SMTP_URL: mailbox.url })
    const ids = [await queueMail(idp.db, changed('e0007')), await queueMail(idp.db, changed('e0012'))]
    for (const id of ids) await settled(id, 'sent')
    expect(mailbox.mails).toHaveLength(2)
    expect(mailbox.mostAtOnce).toBe(2)
  })

  it('is encrypted where the server offers it, and needs a certificate that can be trusted, unless told otherwise', async () => {
    const mailbox = await server({ tls: true })
    deliver({ SMTP_URL: mailbox.url })
    const id = await queueMail(idp.db, changed('e0007'))
    expect((await settled(id, 'failed')).error).toMatch(/certificate/i)
    expect(mailbox.mails).toHaveLength(0)

    for (const stop of stops.splice(1)) await stop()
    deliver({ SMTP_URL: mailbox.url, SMTP_TLS: 'unverified' })
    const second = await queueMail(idp.db, changed('e0007'))
    await settled(second, 'sent')
    expect(mailbox.mails[0]?.secure).toBe(true)
  })

  it('is not sent in the clear where encryption is required', async () => {
    const mailbox = await server()
    deliver({ SMTP_URL: mailbox.url, SMTP_TLS: 'required' })
    const id = await queueMail(idp.db, changed('e0007'))
    await settled(id, 'failed')
    expect(mailbox.mails).toHaveLength(0)
  })

  it('is sent with the login of the address', async () => {
    const mailbox = await server({ login: { user: 'it@huaxin', pass: 'p@ss:word/1' } })
    const { host } = new URL(mailbox.url)
    deliver({ SMTP_URL: `smtp://${encodeURIComponent('it@huaxin')}:${encodeURIComponent('p@ss:word/1')}@${host}` })
    await settled(await queueMail(idp.db, changed('e0007')), 'sent')
    expect(mailbox.mails).toHaveLength(1)
  })

  it('is kept where there is no mail server', async () => {
    deliver({})
    const id = await queueMail(idp.db, changed('e0007'))
    expect(await settled(id, 'kept')).toMatchObject({ error: null, recipient: 'li.na@example.test' })
    await expect.poll(async () => (await listOutbox(idp.db, { topic: 'mail' }))[0]?.state).toBe('done')
  })

  it('cannot get another header or recipient by any name or address', async () => {
    const evil = 'Li\r\nBcc: thief@evil.example\r\n\u2028X-Evil: 1'
    const person = idp.db.updateTable('person').where('id', '=', 'e0031')
    await person.set({ name: JSON.stringify({ zh: evil, en: evil }), locale: 'en' }).execute()
    const branding = { branding: { name: { zh: evil, en: evil } } }
    await idp.db
      .updateTable('sign_in_policy')
      .set({ policy: JSON.stringify(branding) })
      .execute()
    const mailbox = await server()
    deliver({ SMTP_URL: mailbox.url })
    await settled(await queueMail(idp.db, changed('e0031')), 'sent')
    expect(mailbox.mails.map(mail => mail.to)).toEqual(['chen.jie@example.test'])
    const [mail] = mailbox.mails
    expect(mail?.names).not.toContain('bcc')
    expect(mail?.names).not.toContain('x-evil')
    expect(mail?.html).not.toContain('\r\nBcc')

    const addresses = [
      'a@b.example, thief@evil.example',
      'x <thief@evil.example>',
      'a@b.example\r\nBcc: t@evil.example',
      '',
    ]
    for (const email of addresses) {
      await idp.db.updateTable('person').set({ email }).where('id', '=', 'e0031').execute()
      const id = await queueMail(idp.db, changed('e0031'))
      expect((await settled(id, 'failed')).error).toContain('not a mail address')
    }
    expect(mailbox.mails).toHaveLength(1)
    await idp.db.updateTable('sign_in_policy').set({ policy: '{}' }).execute()
  })

  it('with a link that has expired meanwhile is not sent', async () => {
    const mailbox = await server()
    deliver({ SMTP_URL: mailbox.url })
    const link = seal('https://id.example/reset-password?key=x', idp.deps.config.ENCRYPTION_KEY)
    const values = { link, expiresAt: new Date(Date.now() - 1000).toISOString(), by: 'self' as const }
    const id = await queueMail(idp.db, { personId: 'e0007', kind: 'password_reset', values })
    expect((await settled(id, 'failed')).error).toContain('expired')
    expect(mailbox.mails).toHaveLength(0)
  })
})

test('every kind has its words in both languages, and HTML that holds no markup of theirs', () => {
  const key = Buffer.alloc(32)
  const link = 'https://id.example/reset-password?key=abc'
  const evil = '<img src=x onerror=alert(1)>'
  const expiresAt = '2026-11-22T04:00:00Z'
  const mails: MailRequest[] = [
    { personId: 'p', kind: 'password_reset', values: { link: seal(link, key), expiresAt, by: 'self' } },
    { personId: 'p', kind: 'password_reset', values: { link: seal(link, key), expiresAt, by: 'administrator' } },
    { personId: 'p', kind: 'password_changed', values: { by: 'administrator' } },
    { personId: 'p', kind: 'new_device', values: { ip: evil, userAgent: evil } },
    { personId: 'p', kind: 'factor_added', values: { factor: 'totp', name: evil } },
    { personId: 'p', kind: 'factor_removed', values: { factor: 'passkey', name: evil } },
    { personId: 'p', kind: 'factor_removed', values: { factor: 'all', by: 'administrator' } },
    { personId: 'p', kind: 'recovery_codes_made', values: {} },
    { personId: 'p', kind: 'recovery_code_used', values: { left: 3 } },
  ]
  for (const mail of mails)
    for (const language of ['zh', 'en'] as const) {
      const facts = { at: new Date(), username: evil, securityUrl: 'https://portal.example/account/security', link }
      const text = mailText(mail, facts, language)
      const head = { company: evil, colour: '#ffcc00', securityUrl: facts.securityUrl, name: evil, language }
      const composed = compose(text, head)
      expect(composed.subject).not.toMatch(/[\r\n]/)
      expect(composed.html).not.toContain('<img')
      expect(composed.html).toContain('color:#000000')
      expect(/\p{Script=Han}/u.test(text.subject + text.paragraphs.join())).toBe(language === 'zh')
      const address = mail.kind === 'password_reset' ? link : facts.securityUrl
      expect(composed.text).toContain(address)
      expect(composed.html).toContain(`href="${address}"`)
    }
})

test('texts are forgotten after 30 days, traces after 400, but nothing that still has to be sent', async () => {
  const { db, config } = { db: idp.db, config: idp.deps.config }
  const ago = (days: number) => new Date(Date.now() - days * 86_400_000)
  const row = (id: string, days: number, mailState: 'sent' | 'queued') => ({
    id,
    person_id: 'e0007',
    recipient: 'li.na@example.test',
    kind: 'password_changed',
    language: 'en',
    subject: 'x',
    content_sealed: seal('{"text":"t"}', config.ENCRYPTION_KEY),
    state: mailState,
    created_at: ago(days),
  })
  await db
    .insertInto('mail')
    .values([row('new', 29, 'sent'), row('old', 31, 'sent'), row('waiting', 31, 'queued'), row('gone', 401, 'sent')])
    .execute()
  const device = (hash: string, days: number) => ({
    person_id: 'e0007',
    device_hash: hash,
    user_agent: '',
    ip: '::1',
    first_seen_at: ago(days),
    last_seen_at: ago(days),
  })
  await db
    .insertInto('known_device')
    .values([device('a', 399), device('b', 401)])
    .execute()
  await forgetOnce(db)
  const left = await db.selectFrom('mail').select(['id', 'content_sealed']).orderBy('id').execute()
  expect(left.map(one => [one.id, one.content_sealed !== ''])).toEqual([
    ['new', true],
    ['old', false],
    ['waiting', true],
  ])
  expect(open(left[0]?.content_sealed ?? '', config.ENCRYPTION_KEY)).toContain('"t"')
  expect(await db.selectFrom('known_device').select('device_hash').execute()).toEqual([{ device_hash: 'a' }])
})

test.each([
  ['MAIL_FROM', 'no address'],
  ['MAIL_FROM', 'a@b.example\r\nBcc: t@evil.example'],
  ['MAIL_FROM', 'It <it@x.example>, t@evil.example'],
  ['SMTP_URL', 'http://mail.example'],
  ['SMTP_TLS', 'perhaps'],
])('%s cannot be %j', (name, value) => {
  expect(() => readConfig(configSchema.pick({ [name]: true } as { SMTP_URL: true }), { [name]: value })).toThrow(name)
})
