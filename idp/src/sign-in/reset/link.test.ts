import { readAudit } from '@atrium/platform/audit'
import { listOutbox } from '@atrium/platform/outbox'
import { sha256 } from '@atrium/platform/secrets'
import { refreshTokenGrant } from 'openid-client'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../admin/testing/idp.ts'
import { password } from '../../oidc/testing/accounts.ts'
import { startTestIdp, type TestIdp } from '../../oidc/testing/idp.ts'
import { logoutReceiver, type Receiver } from '../../oidc/testing/receiver.ts'
import { visit } from '../../oidc/testing/relying-party.ts'
import { authenticate } from '../authenticate.ts'
import { hashPassword, verifyPassword } from '../password.ts'
import { giveTotp, isSignedIn, signIn, stepOf, submit } from '../testing/walk.ts'
import { readMailOf } from './testing/mailbox.ts'

let idp: TestIdp
let crm: Receiver
beforeAll(async () => {
  crm = await logoutReceiver()
  await crm.up()
  idp = await startTestIdp({ systemUrls: { crm: crm.url } })
})
afterAll(async () => {
  await idp.stop()
  await crm.down()
})
afterEach(async () => {
  const { db } = idp.service.deps
  // What a test asked for must not arrive in the next one.
  await until(async () => (await listOutbox(db, { state: 'pending' })).every(row => row.topic === 'logout'))
  await db.deleteFrom('reset_throttle').execute()
  await db.deleteFrom('sign_in_throttle').execute()
  await db.deleteFrom('mail').execute()
  await db.deleteFrom('one_time_link').execute()
})

const english = { 'accept-language': 'en' }
const ask = (account: string) =>
  fetch(`${idp.issuer}/forgot-password`, { method: 'POST', body: new URLSearchParams({ account }), headers: english })
const linkOf = async (personId: string): Promise<string> => {
  const mail = await until(() => readMailOf(idp, personId, 'password_reset'))
  return /https?:\/\/\S+key=[\w-]+/.exec(mail.text)?.[0] ?? ''
}
const linkFor = async (username: string, personId: string): Promise<string> => {
  await ask(username)
  return await linkOf(personId)
}
const use = (link: string, plain: string, again = plain) =>
  fetch(link, {
    method: 'POST',
    body: new URLSearchParams({ password: plain, again }),
    headers: english,
    redirect: 'manual',
  })
const signsIn = async (username: string, secret: string): Promise<string> =>
  (await authenticate(idp.service.deps.db, { username, password: secret, ip: '192.0.2.1', clientId: 'portal' })).kind
const giveBack = async (personId: string): Promise<void> => {
  const hash = await hashPassword(password)
  await idp.service.deps.db.updateTable('person').set({ password_hash: hash }).where('id', '=', personId).execute()
}
const setPolicy = (policy: object) =>
  idp.service.deps.db
    .updateTable('sign_in_policy')
    .set({ policy: JSON.stringify(policy) })
    .execute()

describe('a link', () => {
  it('sets a password, ends every session with its systems, lifts the lock, and works once', async () => {
    const { db } = idp.service.deps
    const here = await visit(idp, 'portal', 'zhang.wei')
    await visit(idp, 'crm', 'zhang.wei', { browser: here.browser, redirectUri: `${crm.url}/oidc/callback` })
    for (let n = 0; n < 8; n++) {
      await signsIn('zhang.wei', 'wrong')
      await db.updateTable('sign_in_throttle').set({ not_before: null }).execute()
    }
    expect(await signsIn('zhang.wei', password)).toBe('locked')
    await db.updateTable('known_device').set({ factor_at: new Date() }).where('person_id', '=', 'e0012').execute()

    const link = await linkFor('zhang.wei', 'e0012')
    const page = await fetch(link, { headers: english })
    const html = await page.text()
    expect(page.status).toBe(200)
    expect(html).toContain('New password, 10 characters or more')
    expect(html).not.toMatch(/<script(?! src)/)
    expect(page.headers.get('referrer-policy')).toBe('strict-origin')
    expect(page.headers.get('cache-control')).toBe('no-store')

    crm.received = []
    const done = await use(link, 'otter lamp bridge')
    expect(done.status).toBe(303)
    expect(done.headers.get('location')).not.toContain('key')
    expect(
      await (await fetch(new URL(done.headers.get('location') ?? '', link), { headers: english })).text(),
    ).toContain('The new password is set')
    expect(await signsIn('zhang.wei', 'otter lamp bridge')).toBe('recognised')
    expect(await signsIn('zhang.wei', password)).toBe('wrong')
    await expect(refreshTokenGrant(here.rp, here.tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    await until(async () => crm.received.length === 1)
    const devices = await db.selectFrom('known_device').select('factor_at').where('person_id', '=', 'e0012').execute()
    expect(devices.length).toBeGreaterThan(0)
    expect(devices.every(one => one.factor_at === null)).toBe(true)
    expect((await until(() => readMailOf(idp, 'e0012', 'password_changed'))).text).toContain('zhang.wei')
    const [entry] = await readAudit(db, { action: 'password.changed', limit: 1 })
    expect(entry).toMatchObject({ target: { id: 'e0012' }, detail: { reason: 'reset' } })

    expect((await use(link, 'another lamp bridge')).status).toBe(410)
    expect((await fetch(link)).status).toBe(410)
    await giveBack('e0012')
  })

  it('does not stand for the second factor, not even in a browser that was trusted', async () => {
    await setPolicy({ secondFactor: { askAgainDays: 30 } })
    const phone = await giveTotp(idp, 'e0002')
    const walk = await submit(await signIn(idp, 'sun.li'), { otp: phone.code() })
    expect(isSignedIn(idp, walk)).toBe(true)
    const { browser } = walk
    const leave = (): void => {
      for (const key of browser.cookies.keys()) if (!/_device /.test(key)) browser.cookies.delete(key)
    }
    leave()
    expect(isSignedIn(idp, await signIn(idp, 'sun.li', { browser }))).toBe(true)
    leave()
    expect((await use(await linkFor('sun.li', 'e0002'), 'otter lamp bridge')).status).toBe(303)
    expect(stepOf(await signIn(idp, 'sun.li', { browser, password: 'otter lamp bridge' }))).toBe('factor')
    await setPolicy({})
    await giveBack('e0002')
  })

  it('used ten times at once sets one password', async () => {
    const link = await linkFor('wang.fang', 'e0021')
    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => use(link, `ten lamps at once ${n}`)))
    expect(answers.map(one => one.status).sort()).toEqual([303, ...Array<number>(9).fill(410)])
    const { password_hash } = await idp.service.deps.db
      .selectFrom('person')
      .select('password_hash')
      .where('id', '=', 'e0021')
      .executeTakeFirstOrThrow()
    const set = await Promise.all(answers.map((_, n) => verifyPassword(password_hash ?? '', `ten lamps at once ${n}`)))
    expect(set.filter(Boolean)).toHaveLength(1)
    expect(set.indexOf(true)).toBe(answers.findIndex(one => one.status === 303))
    await giveBack('e0021')
  })

  it('shows all faults and stays usable', async () => {
    const link = await linkFor('wang.fang', 'e0021')
    const refused = await use(link, 'wang1')
    expect(refused.status).toBe(400)
    const html = await refused.text()
    expect(html).toContain('10 characters or more')
    expect(html).toContain('holds your name')
    expect((await use(link, password)).status).toBe(400)
    expect(await (await use(link, 'otter lamp', 'otter lamps')).text()).toContain('The two passwords differ')
    expect((await use(link, '')).status).toBe(400)
    expect((await use(link, 'otter lamp bridge')).status).toBe(303)
    await giveBack('e0021')
  })

  it('is void after a newer one, after its time, and when its person may not sign in', async () => {
    const { db } = idp.service.deps
    const first = await linkFor('li.na', 'e0007')
    await db.deleteFrom('mail').execute()
    const second = await linkFor('li.na', 'e0007')
    expect(second).not.toBe(first)
    expect((await fetch(first)).status).toBe(410)
    expect((await fetch(second)).status).toBe(200)

    await db.updateTable('person').set({ active: false }).where('id', '=', 'e0007').execute()
    expect((await use(second, 'otter lamp bridge')).status).toBe(410)
    await db.updateTable('person').set({ active: true }).where('id', '=', 'e0007').execute()

    const { expires_at } = await db.selectFrom('one_time_link').select('expires_at').executeTakeFirstOrThrow()
    const minutes = (expires_at.getTime() - Date.now()) / 60_000
    expect(minutes).toBeGreaterThan(29)
    expect(minutes).toBeLessThanOrEqual(30)
    await db
      .updateTable('one_time_link')
      .set({ expires_at: new Date(Date.now() - 1000) })
      .execute()
    expect((await fetch(second)).status).toBe(410)
    expect((await use(second, 'otter lamp bridge')).status).toBe(410)
    expect(await signsIn('li.na', password)).toBe('recognised')
  })

  it('is stored as a hash only, and is made for one purpose', async () => {
    const { db } = idp.service.deps
    const key = new URL(await linkFor('li.na', 'e0007')).searchParams.get('key') ?? ''
    expect(Buffer.from(key, 'base64url')).toHaveLength(32)
    const [row] = await db.selectFrom('one_time_link').selectAll().execute()
    expect(row?.secret_hash).toBe(sha256(key))
    const everything = JSON.stringify([
      row,
      await db.selectFrom('mail').selectAll().execute(),
      await db
        .selectFrom('outbox' as never)
        .selectAll()
        .execute(),
    ])
    expect(everything).not.toContain(key)
    expect((await fetch(`${idp.issuer}/first-password/${key}`)).status).toBe(410)
  })

  it.each(['', 'x', 'x'.repeat(5000), '%00', '..%2f..'])('that never was (%s) is answered by a page', async key => {
    expect((await fetch(`${idp.issuer}/reset-password?key=${key}`)).status).toBe(410)
    expect((await use(`${idp.issuer}/reset-password?key=${key}`, 'otter lamp bridge')).status).toBe(410)
    expect((await fetch(`${idp.issuer}/reset-password?key=a&key=b`)).status).toBe(410)
  })
})
