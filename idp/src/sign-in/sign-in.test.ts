import { readAudit } from '@atrium/platform/audit'
import { setClock } from '@atrium/platform/clock'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { password } from '../oidc/testing/accounts.ts'
import { TestBrowser } from '../oidc/testing/browser.ts'
import { startTestIdp, type TestIdp } from '../oidc/testing/idp.ts'
import { authorizationRequest, relyingParty } from '../oidc/testing/relying-party.ts'
import { unlockAccount } from './throttle.ts'

let idp: TestIdp
beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.stop())
afterEach(async () => {
  setClock()
  await idp.service.deps.db.deleteFrom('sign_in_throttle').execute()
})

/** A browser that has the sign-in page open. */
const openPage = async (headers: Record<string, string> = { 'accept-language': 'en' }) => {
  const browser = new TestBrowser(headers)
  const { url } = await authorizationRequest(await relyingParty(idp, 'portal'), `${idp.portal}/`)
  const { url: page, response } = await browser.follow(url)
  return { browser, page, response, html: await response.text() }
}

const attempt = async (
  username: string,
  secret: string,
): Promise<{ status: number; html: string; retryAfter: string | null; url: URL }> => {
  const { browser, page } = await openPage()
  const { response, url } = await browser.submitSignIn(page, { username, password: secret })
  return {
    status: response.status,
    html: response.status === 303 ? '' : await response.text(),
    retryAfter: response.headers.get('retry-after'),
    url,
  }
}

const lastActions = async (limit: number): Promise<string[]> =>
  (await readAudit(idp.service.deps.db, { limit })).map(row => `${row.actor.id} ${row.action}`)

describe('the sign-in page', () => {
  it('is plain HTML under a strict policy, in the language of the browser', async () => {
    const { response, html } = await openPage({ 'accept-language': 'en-GB,en;q=0.9,zh;q=0.1' })
    expect(response.status).toBe(200)
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain(`form-action 'self' ${idp.portal}`)
    expect(policy).not.toContain('unsafe')
    expect(html).toContain('<html lang="en">')
    expect(html).toContain('Huaxin Machinery')
    expect(html).toMatch(/<form method="post">/)
    expect(html).not.toMatch(/<script(?! src)|style=|\son[a-z]+=/)
  })

  it('speaks Chinese by default and changes by its switch', async () => {
    const { browser, page, html } = await openPage({ 'accept-language': 'zh-CN' })
    expect(html).toContain('登录一次')
    const link = /href="(\?[^"]*ui_locales=en[^"]*)"/.exec(html)?.[1] ?? ''
    const english = await browser.fetch(new URL(link.replaceAll('&#38;', '&'), page))
    expect(await english.text()).toContain('Sign in once')
  })

  it('takes the language that the application asks for', async () => {
    const { url } = await authorizationRequest(await relyingParty(idp, 'portal'), `${idp.portal}/`, {
      ui_locales: 'zh-CN',
    })
    const { response } = await new TestBrowser({ 'accept-language': 'en' }).follow(url)
    expect(await response.text()).toContain('登录一次')
  })

  it('serves its own styles', async () => {
    const { html, browser } = await openPage()
    for (const [, href] of html.matchAll(/<link rel="stylesheet" href="([^"]+)"/g)) {
      const response = await browser.fetch(new URL(href ?? '', idp.issuer))
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toContain('text/css')
      expect(response.headers.get('cache-control')).toContain('immutable')
    }
  })

  it('escapes what was typed', async () => {
    const { html } = await attempt('"><script>alert(1)</script>', 'x')
    expect(html).not.toContain('<script>alert')
    expect(html).toContain('&#34;&#62;&#60;script&#62;')
  })

  it.each([
    ['nothing', new URLSearchParams()],
    ['an empty password', new URLSearchParams({ username: 'li.na', password: '' })],
    ['a password of 2000 characters', new URLSearchParams({ username: 'li.na', password: 'x'.repeat(2000) })],
    ['100 KB', new URLSearchParams({ username: 'x'.repeat(100_000) })],
  ])('answers a form with %s by itself again', async (_name, body) => {
    const { browser, page } = await openPage()
    const response = await browser.fetch(page, { method: 'POST', body })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('Fill in username and password')
  })

  it('that expired leads back to the portal', async () => {
    const { browser, page } = await openPage()
    await idp.service.deps.db.deleteFrom('oidc_model').where('model', '=', 'Interaction').execute()
    const { response } = await browser.submitSignIn(page, { username: 'li.na', password })
    expect(response.status).toBe(410)
    const html = await response.text()
    expect(html).toContain('This sign-in page has expired')
    expect(html).toContain(`href="${idp.portal}/"`)
  })

  it('cannot be used with the cookie of another one', async () => {
    const one = await openPage()
    const two = await openPage()
    const { response } = await two.browser.submitSignIn(one.page, { username: 'li.na', password })
    expect(response.status).toBe(410)
  })

  it('that was already used leads on once, as after a double click, and then back to the portal', async () => {
    const { browser, page } = await openPage()
    const send = () => browser.submitSignIn(page, { username: 'li.na', password })
    expect((await send()).url.searchParams.get('code')).toBeTruthy()
    expect((await send()).url.searchParams.get('code')).toBeTruthy()
    expect((await send()).response.status).toBe(410)
  })
})

describe('one sign-in begins one session', () => {
  const sessions = () =>
    idp.service.deps.db
      .selectFrom('oidc_model')
      .select('id_hash')
      .where('model', '=', 'Session')
      .where('account_id', '=', 'e0012')
      .execute()
  /** The same browser before it has an answer to anything it sent. */
  const twin = (browser: TestBrowser): TestBrowser => {
    const same = new TestBrowser()
    for (const [key, cookie] of browser.cookies) same.cookies.set(key, cookie)
    return same
  }
  const form = { username: 'zhang.wei', password, remember: 'yes' }

  it('when its form is sent ten times at the same moment, whichever answer the browser takes', async () => {
    const { browser, page } = await openPage()
    const sent = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const one = twin(browser)
        return { one, url: (await one.submitSignIn(page, form)).url }
      }),
    )
    const good = sent.filter(({ url }) => url.searchParams.has('code'))
    expect(good.length).toBeGreaterThan(0)
    expect(await sessions()).toHaveLength(1)
    // Each of them opens a second system without a page.
    for (const { one } of good) {
      const { url } = await authorizationRequest(await relyingParty(idp, 'crm'), 'http://localhost:1/crm/oidc/callback')
      expect((await one.follow(url)).url.searchParams.has('code')).toBe(true)
    }
  })

  it('when it is sent again before the first answer has arrived, and a new one after a sign-out', async () => {
    await idp.service.deps.db.deleteFrom('oidc_model').where('model', '=', 'Session').execute()
    const { browser, page } = await openPage()
    await twin(browser).submitSignIn(page, form)
    const begun = await sessions()
    expect((await twin(browser).submitSignIn(page, form)).url.searchParams.has('code')).toBe(true)
    expect(await sessions()).toEqual(begun)
    await idp.service.deps.db.deleteFrom('oidc_model').where('model', '=', 'Session').execute()
    expect((await twin(browser).submitSignIn(page, form)).url.searchParams.has('code')).toBe(true)
    const anew = await sessions()
    expect(anew).toHaveLength(1)
    expect(anew).not.toEqual(begun)
  })
})

describe('a password', () => {
  it('that is right signs in, whatever the case of the name, and is recorded', async () => {
    const { status, url } = await attempt('Li.Na', password)
    expect(status).toBe(303)
    expect(url.origin).toBe(idp.portal)
    expect(await lastActions(1)).toEqual(['e0007 sign_in.succeeded'])
  })

  it('that is wrong, an unknown name and an inactive person are answered alike', async () => {
    const { db } = idp.service.deps
    await db.updateTable('person').set({ active: false }).where('id', '=', 'e0031').execute()
    const answers = [
      await attempt('li.na', 'wrong'),
      await attempt('no.such.person', 'wrong'),
      await attempt('chen.jie', password),
    ]
    await db.updateTable('person').set({ active: true }).where('id', '=', 'e0031').execute()
    for (const { status, html } of answers) {
      expect(status).toBe(401)
      expect(html).toContain('Username or password is not right')
    }
    const comparable = answers.map(({ html }) =>
      html
        .replaceAll(/value="(li\.na|no\.such\.person|chen\.jie)"/g, 'value=""')
        // The address of the page is its own.
        .replace(/from=[\w-]+/, '')
        .replace(/data-options="[^"]*"/, ''),
    )
    expect(new Set(comparable).size).toBe(1)
    expect(await lastActions(3)).toEqual(['e0031 sign_in.failed', 'anonymous sign_in.failed', 'e0007 sign_in.failed'])
  })

  it('never appears in the audit log, nor does an unknown name', async () => {
    await attempt('MyS3cretTypedAsName', 'MyS3cretPassword')
    expect(JSON.stringify(await readAudit(idp.service.deps.db, { limit: 50 }))).not.toContain('MyS3cret')
  })
})

describe('guessing', () => {
  const later = (seconds: number): void => {
    const at = Date.now() + seconds * 1000
    setClock(() => new Date(at))
  }

  it('slows down after three failures and locks after eight, also with the right password', async () => {
    // Nobody knows how long four attempts take here, and the first wait is a second.
    later(0)
    for (let n = 1; n <= 3; n++) expect((await attempt('li.na', 'wrong')).status).toBe(401)
    const soon = await attempt('li.na', password)
    expect(soon.status).toBe(429)
    expect(soon.html).toMatch(/Try again in \d+ seconds/)
    expect(soon.retryAfter).toBe('1')
    for (let n = 4; n <= 7; n++) {
      later(n * 100)
      expect((await attempt('li.na', 'wrong')).status).toBe(401)
    }
    later(900)
    const eighth = await attempt('li.na', 'wrong')
    expect(eighth.status).toBe(429)
    expect(eighth.html).toContain('paused for 15 minutes')
    later(1000)
    expect((await attempt('li.na', password)).status).toBe(429)
    expect(await lastActions(3)).toEqual(['e0007 sign_in.failed', 'e0007 sign_in.locked', 'e0007 sign_in.failed'])
    later(900 + 901)
    expect((await attempt('li.na', password)).status).toBe(303)
  })

  it('an unknown name slows down and locks just like a known one', async () => {
    for (let n = 1; n <= 7; n++) {
      later(n * 100)
      expect((await attempt('no.such.person', 'wrong')).status).toBe(401)
    }
    later(800)
    expect((await attempt('no.such.person', 'wrong')).html).toContain('paused for 15 minutes')
  })

  it('does not become faster by guessing at the same moment', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => attempt('zhang.wei', 'wrong')))
    expect(answers.filter(answer => answer.status === 401)).toHaveLength(3)
    expect(answers.filter(answer => answer.status === 429)).toHaveLength(9)
  })

  it('starts from zero after a success, and other accounts are not touched', async () => {
    for (let n = 1; n <= 2; n++) await attempt('li.na', 'wrong')
    expect((await attempt('li.na', password)).status).toBe(303)
    for (let n = 1; n <= 2; n++) expect((await attempt('li.na', 'wrong')).status).toBe(401)
    expect((await attempt('wang.fang', password)).status).toBe(303)
  })

  it('is remembered across a restart', async () => {
    for (let n = 1; n <= 8; n++) {
      later(n * 100)
      await attempt('li.na', 'wrong')
    }
    await idp.restart()
    expect((await attempt('li.na', password)).status).toBe(429)
  })

  it('ends when an administrator unlocks the account', async () => {
    for (let n = 1; n <= 8; n++) {
      later(n * 100)
      await attempt('li.na', 'wrong')
    }
    expect(await unlockAccount(idp.service.deps.db, 'li.na')).toBe(true)
    expect((await attempt('li.na', password)).status).toBe(303)
  })

  it('from one address through many names slows the address down', async () => {
    const { db } = idp.service.deps
    await db
      .insertInto('sign_in_throttle')
      .values({ kind: 'address', subject: '127.0.0.1', failures: 99, last_at: new Date() })
      .execute()
    expect((await attempt('someone.new', 'wrong')).status).toBe(401)
    expect((await attempt('another.one', 'wrong')).status).toBe(429)
  })
})
