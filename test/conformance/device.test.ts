import { readAudit } from '@atrium/platform/audit'
import { sql } from '@atrium/platform/database'
import * as client from 'openid-client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { password } from '../../idp/src/oidc/testing/accounts.ts'
import { TestBrowser } from '../../idp/src/oidc/testing/browser.ts'
import { registration, type Stage, startStage } from './stage.ts'
import { formOf } from './visit.ts'

let stage: Stage
let config: client.Configuration
const grant = 'urn:ietf:params:oauth:grant-type:device_code'
beforeAll(async () => {
  stage = await startStage()
  config = await stage.register(
    {
      client_name: 'The <workshop> screen',
      grant_types: [grant, 'refresh_token'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: 'none',
    },
    client.None(),
  )
})
afterAll(() => stage.stop())

const start = () => client.initiateDeviceAuthorization(config, { scope: 'openid email' })

/** One poll, as the device does it every few seconds. */
async function poll(deviceCode: string, clientId = registration(config).client_id as string) {
  const response = await fetch(config.serverMetadata().token_endpoint!, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: grant, device_code: deviceCode, client_id: clientId }),
  })
  return { status: response.status, body: (await response.json()) as { error?: string; access_token?: string } }
}

type Page = { status: number; html: string; url: URL }

/** Types a code at the page, as a person whose screen has no scripts. */
async function enter(browser: TestBrowser, address: string, code: string): Promise<Page> {
  const first = await browser.follow(address)
  const form = formOf(await first.response.text())!
  form.fields.set('user_code', code)
  return await submit(browser, form)
}

async function submit(browser: TestBrowser, form: { action: string; fields: URLSearchParams }): Promise<Page> {
  const { url, response } = await browser.follow(form.action, { method: 'POST', body: form.fields })
  return { status: response.status, html: await response.text(), url }
}

/** Presses one of the two buttons of the page that asks. */
async function decide(browser: TestBrowser, page: Page, button: 'confirm' | 'abort'): Promise<Page> {
  const form = formOf(page.html)!
  const fields = new URLSearchParams({
    xsrf: form.fields.get('xsrf')!,
    user_code: form.fields.get('user_code')!,
    [button]: 'yes',
  })
  const next = await submit(browser, { action: form.action, fields })
  if (!next.url.pathname.includes('/sign-in/')) return next
  const { url, response } = await browser.submitSignIn(next.url, { username: 'li.na', password })
  return { status: response.status, html: await response.text(), url }
}

describe('the device flow (RFC 8628)', () => {
  it('lets a device in as the person who typed its code and signed in', async () => {
    const code = await start()
    expect(code.verification_uri).toBe(`${stage.issuer}/device`)
    expect(await poll(code.device_code)).toMatchObject({ status: 400, body: { error: 'authorization_pending' } })
    const browser = new TestBrowser()
    const asking = await enter(browser, code.verification_uri, code.user_code.toLowerCase())
    expect(asking.html).toContain(code.user_code)
    expect(asking.html).toContain('The &#60;workshop&#62; screen')
    expect(asking.html).toContain('127.0.0.1')
    const done = await decide(browser, asking, 'confirm')
    expect(done.html).toContain('设备已连接')
    const tokens = await client.pollDeviceAuthorizationGrant(config, { ...code, interval: 1 })
    expect(tokens.claims()?.sub).toBe('e0007')
    expect(await client.fetchUserInfo(config, tokens.access_token, 'e0007')).toMatchObject({
      email: 'li.na@example.test',
    })
    expect((await client.refreshTokenGrant(config, tokens.refresh_token!)).access_token).toBeDefined()
  })

  it('asks no password of who is signed in already, and takes the code from the address', async () => {
    const browser = new TestBrowser()
    const first = await start()
    await decide(browser, await enter(browser, first.verification_uri, first.user_code), 'confirm')
    const second = await start()
    const { response } = await browser.follow(second.verification_uri_complete!)
    const asking = await submit(browser, formOf(await response.text())!)
    const done = await decide(browser, asking, 'confirm')
    expect(done.html).toContain('设备已连接')
    expect((await poll(second.device_code)).status).toBe(200)
  })

  it('speaks English to an English browser, and goes on in the language chosen there', async () => {
    const { verification_uri } = await start()
    const { response } = await new TestBrowser({ 'accept-language': 'en' }).follow(verification_uri)
    const html = await response.text()
    expect(html).toContain('Enter the code that the device shows.')
    expect(html).toContain('<html lang="en">')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    const chinese = new TestBrowser({ 'accept-language': 'en' })
    const code = await start()
    const asking = await enter(chinese, `${code.verification_uri}?ui_locales=zh-CN`, code.user_code)
    expect(asking.html).toContain('请核对代码')
  })

  it('gives a device that was denied nothing', async () => {
    const code = await start()
    const browser = new TestBrowser()
    const page = await decide(browser, await enter(browser, code.verification_uri, code.user_code), 'abort')
    expect(page.html).toContain('已拒绝')
    expect(await poll(code.device_code)).toMatchObject({ status: 400, body: { error: 'access_denied' } })
    const again = await enter(new TestBrowser(), code.verification_uri, code.user_code)
    expect(again.html).toContain('这个代码已经用过')
  })

  it('gives tokens once, also to ten polls at the same moment', async () => {
    const code = await start()
    const browser = new TestBrowser()
    await decide(browser, await enter(browser, code.verification_uri, code.user_code), 'confirm')
    const answers = await Promise.all(Array.from({ length: 10 }, () => poll(code.device_code)))
    expect(answers.filter(one => one.status === 200)).toHaveLength(1)
    for (const one of answers.filter(one => one.status !== 200))
      expect(one).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  it('tells an expired code from an unknown one, to the device and to the person', async () => {
    const code = await start()
    await stage.idp.service.deps.db
      .updateTable('oidc_model')
      .set(eb => ({ payload: eb.fn('jsonb_set', ['payload', eb.val('{exp}'), eb.val('1')]) }) as never)
      .where('model', '=', 'DeviceCode')
      .execute()
    expect(await poll(code.device_code)).toMatchObject({ status: 400, body: { error: 'expired_token' } })
    expect((await enter(new TestBrowser(), code.verification_uri, code.user_code)).html).toContain('已经过期')
    expect(await poll('unknown')).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    const wrong = await enter(new TestBrowser(), code.verification_uri, 'BCDF-GHJK')
    expect(wrong).toMatchObject({ status: 400, html: expect.stringContaining('没有找到这个代码') })
    expect(wrong.html).toContain('value="BCDF-GHJK"')
  })

  it('keeps the code of one device from another client', async () => {
    const other = await stage.register(
      { grant_types: [grant], response_types: [], redirect_uris: [], token_endpoint_auth_method: 'none' },
      client.None(),
    )
    const code = await start()
    const browser = new TestBrowser()
    await decide(browser, await enter(browser, code.verification_uri, code.user_code), 'confirm')
    const stolen = await poll(code.device_code, registration(other).client_id as string)
    expect(stolen).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  it('refuses a form that the page did not make', async () => {
    const code = await start()
    const browser = new TestBrowser()
    await enter(browser, code.verification_uri, code.user_code)
    const forged = await submit(browser, {
      action: `${stage.issuer}/device`,
      fields: new URLSearchParams({ xsrf: 'guess', user_code: code.user_code, confirm: 'yes' }),
    })
    expect(forged.status).toBe(400)
    expect(await poll(code.device_code)).toMatchObject({ body: { error: 'authorization_pending' } })
  })

  it.each([
    ['nothing', ''],
    ['blank', ' '],
    ['markup', '<script>'],
    ['a control character', '\u0000'],
    ['5,000 letters', 'x'.repeat(5000)],
    ['wide digits', '１２３４'],
  ])('answers a code of %s with the page and no fault of its own', async typed => {
    const page = await enter(new TestBrowser(), `${stage.issuer}/device`, typed)
    expect(page.status).toBe(400)
    expect(page.html).not.toContain('<script>')
  })

  it('starts anew for a browser that lost its session', async () => {
    const code = await start()
    const page = await submit(new TestBrowser(), {
      action: `${stage.issuer}/device`,
      fields: new URLSearchParams({ xsrf: 'x', user_code: code.user_code, confirm: 'yes' }),
    })
    expect(page).toMatchObject({ status: 200, html: expect.stringContaining('name="user_code"') })
    const resumed = await new TestBrowser().follow(`${stage.issuer}/device/unknown`)
    expect(await resumed.response.text()).toContain('name="user_code"')
  })

  it('is for clients that registered for it', async () => {
    const other = await stage.register()
    await expect(client.initiateDeviceAuthorization(other, { scope: 'openid' })).rejects.toMatchObject({
      // RFC 8628 §3.1 would have it unauthorized_client; the library says so by this.
      error: 'invalid_request',
      error_description: expect.stringContaining('not allowed for this client'),
    })
  })

  it('tells a device that asks too often to slow down, longer each time, and answers at once when the person has decided', async () => {
    const code = await start()
    expect(await poll(code.device_code)).toMatchObject({ status: 400, body: { error: 'authorization_pending' } })
    for (let n = 0; n < 2; n++)
      expect(await poll(code.device_code)).toMatchObject({ status: 400, body: { error: 'slow_down' } })
    const waiting = async (seconds: number) =>
      await sql`update device_poll set polled_at = polled_at - make_interval(secs => ${seconds})`.execute(
        stage.idp.service.deps.db,
      )
    // Five seconds, and five more for each hasty question: after ten it is still too soon, and now it is twenty.
    await waiting(10)
    expect(await poll(code.device_code)).toMatchObject({ body: { error: 'slow_down' } })
    await waiting(20)
    expect(await poll(code.device_code)).toMatchObject({ body: { error: 'authorization_pending' } })
    const browser = new TestBrowser()
    await decide(browser, await enter(browser, code.verification_uri, code.user_code), 'confirm')
    expect(await poll(code.device_code)).toMatchObject({ status: 200 })
  })

  it('of ten polls at the same moment lets one through', async () => {
    const code = await start()
    const answers = await Promise.all(Array.from({ length: 10 }, () => poll(code.device_code)))
    expect(answers.map(one => one.body.error).toSorted()).toEqual([
      'authorization_pending',
      ...Array(9).fill('slow_down'),
    ])
  })

  it('stores no code that opens anything', async () => {
    const code = await start()
    await enter(new TestBrowser(), code.verification_uri, code.user_code)
    const { db } = stage.idp.service.deps
    const rows = [
      await db.selectFrom('oidc_model').selectAll().execute(),
      await db.selectFrom('device_user_code').selectAll().execute(),
    ]
    const text = JSON.stringify(rows)
    expect(text).not.toContain(code.device_code)
    expect(text).not.toContain(code.user_code)
    expect(text).not.toContain(code.user_code.replace('-', ''))
  })
})

describe('guessing the code of a device', () => {
  const forget = () => stage.idp.service.deps.db.deleteFrom('user_code_guess').execute()
  beforeEach(forget)
  afterAll(forget)

  const guess = async (typed = 'BCDF-GHJK'): Promise<{ status: number; retryAfter: string | null; html: string }> => {
    const browser = new TestBrowser()
    const form = formOf(await (await browser.follow(`${stage.issuer}/device`)).response.text())!
    form.fields.set('user_code', typed)
    const { response } = await browser.follow(form.action, { method: 'POST', body: form.fields })
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      html: await response.text(),
    }
  }

  it('ends after ten wrong codes of an address, also for the right one, with a time to come back', async () => {
    for (let n = 0; n < 10; n++) expect((await guess()).status).toBe(400)
    const { user_code } = await start()
    const refused = await guess(user_code)
    expect(refused.status).toBe(429)
    expect(Number(refused.retryAfter)).toBeGreaterThan(500)
    expect(Number(refused.retryAfter)).toBeLessThanOrEqual(600)
    expect(refused.html).toContain('请在 10 分钟后再试')
    const [entry] = await readAudit(stage.idp.service.deps.db, { action: 'device.codes_guessed', limit: 1 })
    expect(entry).toMatchObject({ outcome: 'refused', detail: { wrongCodes: 10 } })
    await sql`update user_code_guess set since = since - interval '11 minutes'`.execute(stage.idp.service.deps.db)
    expect((await guess(user_code)).html).toContain(user_code)
  })

  it('gets no more tries by guessing at the same moment', async () => {
    const answers = await Promise.all(Array.from({ length: 25 }, () => guess()))
    expect(answers.filter(one => one.status === 400)).toHaveLength(10)
    expect(answers.filter(one => one.status === 429)).toHaveLength(15)
  })

  it('is not what people do who type right codes, empty ones or expired ones', async () => {
    for (let n = 0; n < 12; n++) expect((await guess('')).status).toBe(400)
    const { user_code } = await start()
    for (let n = 0; n < 12; n++) expect((await guess(user_code)).status).toBe(200)
  })
})
