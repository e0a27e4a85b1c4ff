import { readAudit } from '@atrium/platform/audit'
import { seal } from '@atrium/platform/secrets'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startMailDelivery } from '../mail/delivery.ts'
import { queueMail } from '../mail/mail.ts'
import { type Mailbox, startMailServer } from '../mail/testing/mail-server.ts'
import { ownerOfLink } from '../sign-in/reset/link.ts'
import { startDirectory, until } from './testing/idp.ts'

let idp: Awaited<ReturnType<typeof startDirectory>>
let admin: ReturnType<typeof idp.as>
let mailbox: Mailbox
let worker: ReturnType<typeof startMailDelivery>
beforeAll(async () => {
  mailbox = await startMailServer()
  idp = await startDirectory()
  await idp.importCompany()
  admin = idp.as('e0000')
  worker = startMailDelivery(idp.deps)
})
afterAll(async () => {
  await worker.stop()
  await idp.stop()
  await mailbox.stop()
})
beforeEach(() => idp.db.deleteFrom('mail').execute())

const kept = async (personId = 'e0007'): Promise<string> => {
  const id = await queueMail(idp.db, { personId, kind: 'password_changed', values: {} })
  await until(async () => (await admin.get(`/admin/mails/${id}`)).body.state === 'kept')
  return id
}

describe('administrators without a mail server', () => {
  it('see the mails page by page, without their text', async () => {
    const ids = [await kept(), await kept(), await kept('e0012')]
    const first = await admin.get('/admin/mails?limit=2')
    expect(first.body.transport).toBe('none')
    expect(first.body.items.map((one: { id: string }) => one.id)).toEqual([ids[2], ids[1]])
    expect(first.body.items[0]).toMatchObject({
      to: 'zhang.wei@example.test',
      person: { id: 'e0012', name: { zh: '张伟' } },
      kind: 'password_changed',
      language: 'zh-CN',
      state: 'kept',
      error: null,
      sentAt: null,
    })
    expect(JSON.stringify(first.body)).not.toContain('你好')
    const second = await admin.get(`/admin/mails?limit=2&before=${first.body.next}`)
    expect(second.body.items.map((one: { id: string }) => one.id)).toEqual([ids[0]])
    expect(second.body.next).toBeNull()
  })

  it('read one, which is recorded', async () => {
    const id = await kept()
    const { body } = await admin.get(`/admin/mails/${id}`)
    expect(body.text).toContain('李娜，你好')
    expect(body.html).toContain('<html lang="zh-CN">')
    const [entry] = await readAudit(idp.db, { action: 'mail.read', limit: 1 })
    expect(entry).toMatchObject({ actor: { id: 'e0000' }, target: { id }, detail: { person: 'e0007' } })
  })

  it('are told that nothing can be sent, and that a text is gone', async () => {
    const id = await kept()
    expect(await admin.post(`/admin/mails/${id}/retry`)).toMatchObject({
      status: 409,
      body: { code: 'no_mail_server' },
    })
    await idp.db.updateTable('mail').set({ content_sealed: '' }).where('id', '=', id).execute()
    expect((await admin.get(`/admin/mails/${id}`)).body).toMatchObject({ text: null, html: null })
  })

  it.each(['unknown', '%00', 'x'.repeat(100)])('get no mail %s', async id => {
    expect([400, 404]).toContain((await admin.get(`/admin/mails/${id}`)).status)
    expect([400, 404, 409]).toContain((await admin.post(`/admin/mails/${id}/retry`)).status)
  })

  it.each(['limit=0', 'limit=201', 'limit=x', 'other=1'])('are told what is wrong with %s', async query => {
    expect((await admin.get(`/admin/mails?${query}`)).status).toBe(400)
  })

  it('are administrators', async () => {
    const id = await kept()
    for (const [method, path] of [
      ['get', '/admin/mails'],
      ['get', `/admin/mails/${id}`],
      ['post', `/admin/mails/${id}/retry`],
      ['post', '/admin/people/e0012/password-reset'],
    ] as const)
      expect((await idp.as('e0007')[method](path)).status).toBe(403)
    expect((await idp.as('client:bootstrap admin').get('/admin/mails')).status).toBe(200)
  })
})

it('a mail that was kept can be sent once there is a mail server, and only once', async () => {
  const id = await kept()
  await worker.stop()
  const smtp = { ...idp.deps.config, SMTP_URL: mailbox.url }
  worker = startMailDelivery({ db: idp.db, config: smtp })
  const before = idp.deps.config
  idp.deps.config = smtp
  try {
    expect((await admin.get('/admin/mails')).body.transport).toBe('smtp')
    expect((await admin.post(`/admin/mails/${id}/retry`)).status).toBe(204)
    await until(async () => (await admin.get(`/admin/mails/${id}`)).body.state === 'sent')
    expect(mailbox.mails.map(mail => mail.to)).toEqual(['li.na@example.test'])
    expect(await admin.post(`/admin/mails/${id}/retry`)).toMatchObject({ status: 409, body: { code: 'already_sent' } })
    const gone = {
      person_id: 'e0007',
      recipient: 'li.na@example.test',
      kind: 'password_changed',
      language: 'en',
      subject: 'x',
      content_sealed: '',
      state: 'failed' as const,
    }
    await idp.db
      .insertInto('mail')
      .values({ id: 'gone', ...gone })
      .execute()
    expect(await admin.post('/admin/mails/gone/retry')).toMatchObject({
      status: 409,
      body: { code: 'mail_text_removed' },
    })
    const reset = await admin.post('/admin/people/e0012/password-reset')
    expect(reset.body.mailed).toBe(true)
    await until(async () => mailbox.mails.length === 2)
    expect(mailbox.mails[1]?.to).toBe('zhang.wei@example.test')
    expect(mailbox.mails[1]?.text).toContain(reset.body.link)
  } finally {
    idp.deps.config = before
  }
})

describe('a link that an administrator makes', () => {
  it('works for a day, replaces earlier ones, and leaves the password until it is used', async () => {
    const first = await admin.post('/admin/people/e0012/password-reset')
    expect(first).toMatchObject({ status: 200, body: { mailed: false } })
    const hours = (Date.parse(first.body.expiresAt) - Date.now()) / 3_600_000
    expect(hours).toBeGreaterThan(23.9)
    expect(hours).toBeLessThanOrEqual(24)
    const second = await admin.post('/admin/people/e0012/password-reset', { mustChange: true })
    const owner = (link: string) => ownerOfLink(idp.db, new URL(link).searchParams.get('key') ?? '', 'password_reset')
    expect(await owner(first.body.link)).toBeUndefined()
    expect(await owner(second.body.link)).toEqual({ personId: 'e0012', username: 'zhang.wei' })
    const [entry] = await readAudit(idp.db, { action: 'password.reset_link_made', limit: 1 })
    expect(entry).toMatchObject({ actor: { id: 'e0000' }, target: { id: 'e0012' }, detail: { mustChange: true } })
    expect(JSON.stringify(entry)).not.toContain(new URL(second.body.link).searchParams.get('key'))
  })

  it('asks for a change at the next sign-in only of those who have a password', async () => {
    const must = async (id: string) =>
      (await idp.db.selectFrom('person').select('password_must_change').where('id', '=', id).executeTakeFirst())
        ?.password_must_change
    await idp.db
      .updateTable('person')
      .set({ password_hash: seal('x', Buffer.alloc(32)) })
      .where('id', '=', 'e0021')
      .execute()
    for (const id of ['e0021', 'e0031']) await admin.post(`/admin/people/${id}/password-reset`, { mustChange: true })
    expect([await must('e0021'), await must('e0031')]).toEqual([true, false])
  })

  it('is for people who exist and are active, and asked for rightly', async () => {
    expect((await admin.post('/admin/people/nobody/password-reset')).status).toBe(404)
    await idp.db.updateTable('person').set({ active: false }).where('id', '=', 'e0031').execute()
    expect(await admin.post('/admin/people/e0031/password-reset')).toMatchObject({
      status: 409,
      body: { code: 'inactive' },
    })
    expect((await admin.post('/admin/people/e0012/password-reset', { mustChange: 'yes' })).status).toBe(400)
    expect((await admin.post('/admin/people/e0012/password-reset', { other: 1 })).status).toBe(400)
  })
})
