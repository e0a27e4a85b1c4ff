import { listOutbox } from '@atrium/platform/outbox'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../admin/testing/idp.ts'
import { password } from '../../oidc/testing/accounts.ts'
import { TestBrowser } from '../../oidc/testing/browser.ts'
import { startTestIdp, type TestIdp } from '../../oidc/testing/idp.ts'
import { authorizationRequest, relyingParty } from '../../oidc/testing/relying-party.ts'
import { resetLimits } from './throttle.ts'

let idp: TestIdp
beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.stop())
afterEach(async () => {
  const { db } = idp.service.deps
  // What a test asked for must not arrive in the next one.
  await until(async () => (await listOutbox(db, { state: 'pending' })).length === 0)
  await db.deleteFrom('reset_throttle').execute()
  await db.deleteFrom('mail').execute()
  await db.deleteFrom('one_time_link').execute()
})

const english = { 'accept-language': 'en' }
const ask = (account: string, headers: Record<string, string> = {}) =>
  fetch(`${idp.issuer}/forgot-password`, {
    method: 'POST',
    body: new URLSearchParams({ account }),
    headers: { ...english, ...headers },
  })
const setPolicy = (policy: object) =>
  idp.service.deps.db
    .updateTable('sign_in_policy')
    .set({ policy: JSON.stringify(policy) })
    .execute()

describe('the page for a forgotten password', () => {
  it('is reached from the sign-in page, leads back to it, and the sign-in goes on', async () => {
    const browser = new TestBrowser(english)
    const { url } = await authorizationRequest(await relyingParty(idp, 'portal'), `${idp.portal}/`)
    const { url: signInPage, response } = await browser.follow(url)
    const href = /class="link forgot" href="([^"]+)"/.exec(await response.text())?.[1]?.replaceAll('&#38;', '&') ?? ''
    const page = await browser.fetch(new URL(href, signInPage))
    const html = await page.text()
    expect(html).toContain('Forgotten your password?')
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe')
    expect(html).toContain(`href="${signInPage.pathname}"`)
    const { url: end } = await browser.submitSignIn(new URL(signInPage.pathname, signInPage), {
      username: 'li.na',
      password,
    })
    expect(end.origin).toBe(idp.portal)
  })

  it('leads nowhere else', async () => {
    for (const from of ['https://evil.example', '//evil.example', '../../x', '"><script>', 'x'.repeat(100)]) {
      const html = await (await fetch(`${idp.issuer}/forgot-password?from=${encodeURIComponent(from)}`)).text()
      expect(html).toContain(`href="${idp.portal}/"`)
      expect(html).not.toMatch(/href="[^"?]*evil|<script>/)
    }
  })

  it('speaks both languages', async () => {
    const html = await (
      await fetch(`${idp.issuer}/forgot-password`, { headers: { 'accept-language': 'zh-CN' } })
    ).text()
    expect(html).toContain('忘了密码？')
  })

  it('answers everybody alike: known by name or mail, unknown, inactive', async () => {
    const { db } = idp.service.deps
    await db.updateTable('person').set({ active: false }).where('id', '=', 'e0031').execute()
    const answers = await Promise.all(
      ['li.na', 'LI.NA@EXAMPLE.TEST', 'nobody.at.all', 'nobody@example.test', 'chen.jie'].map(async account => {
        const response = await ask(account)
        return { status: response.status, html: await response.text() }
      }),
    )
    expect(new Set(answers.map(one => JSON.stringify(one))).size).toBe(1)
    expect(answers[0]?.status).toBe(200)
    await until(async () => (await db.selectFrom('mail').select('person_id').execute()).length === 2)
    const mails = await db.selectFrom('mail').select('person_id').execute()
    expect(mails.map(one => one.person_id)).toEqual(['e0007', 'e0007'])
    await db.updateTable('person').set({ active: true }).where('id', '=', 'e0031').execute()
  })

  it('does the same work for everybody before it answers', async () => {
    const { db } = idp.service.deps
    const rows = async (): Promise<number> => (await listOutbox(db, { topic: 'password_reset' })).length
    const before = await rows()
    await ask('li.na')
    await ask('nobody.at.all')
    expect(await rows()).toBe(before + 2)
    // What was typed lies sealed: people type their password into any field.
    const stored = await db
      .selectFrom('outbox' as never)
      .selectAll()
      .execute()
    expect(JSON.stringify(stored)).not.toContain('nobody.at.all')
  })

  it.each([
    ['nothing', ''],
    ['blanks', '   '],
    ['a null character', 'li\u0000na'],
    ['a thousand characters', 'x'.repeat(1000)],
    ['100 KB', 'x'.repeat(100_000)],
  ])('refuses %s', async (_name, account) => {
    const response = await ask(account)
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('Fill in your username or mail')
  })

  it('refuses a form from elsewhere', async () => {
    const response = await ask('li.na', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })
    expect(response.status).toBe(403)
    expect(await idp.service.deps.db.selectFrom('reset_throttle').selectAll().execute()).toEqual([])
  })

  it.each(['li.na', 'nobody.at.all'])('makes %s wait after some links, and says how long', async account => {
    for (let n = 0; n < resetLimits.account; n++) expect((await ask(account)).status).toBe(200)
    const refused = await ask(` ${account.toUpperCase()} `)
    expect(refused.status).toBe(429)
    const seconds = Number(refused.headers.get('retry-after'))
    expect(seconds).toBeGreaterThan(800)
    expect(seconds).toBeLessThanOrEqual(900)
    expect((await ask('zhang.wei')).status).toBe(200)
  })

  it('makes an address wait that asks for many accounts; a hundred at once get no more', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => ask(`somebody-${n}`)))
    expect(answers.filter(one => one.status === 200)).toHaveLength(resetLimits.address)
    expect(answers.filter(one => one.status === 429)).toHaveLength(50 - resetLimits.address)
  })

  it('is not offered where the policy does not want it', async () => {
    await setPolicy({ password: { selfServiceReset: false } })
    expect((await fetch(`${idp.issuer}/forgot-password`)).status).toBe(404)
    expect((await ask('li.na')).status).toBe(404)
    await setPolicy({})
    expect(await idp.service.deps.db.selectFrom('reset_throttle').selectAll().execute()).toEqual([])
  })
})
