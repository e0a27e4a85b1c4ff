import { randomUUID } from 'node:crypto'
import { setClock } from '@atrium/platform/clock'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startTestCrm, type TestCrm } from '../crm/testing/crm.ts'
import { html } from './page.ts'
import { createSessions } from './sessions.ts'

let crm: TestCrm
beforeAll(async () => {
  crm = await startTestCrm()
  crm.give('U-1001', 'TeamLead')
})
afterAll(() => crm.stop())
afterEach(() => setClock())

const EVENT = { 'http://schemas.openid.net/event/backchannel-logout': {} }
const sessions = () => createSessions(crm.db)
const cookie = () => `huaxin_crm_${new URL(crm.url).port}`
const begin = (sid: string | null, sub = 'e0007') => sessions().begin({ userId: 'U-1001', sub, sid })!
const alive = async (token: string) =>
  (await fetch(`${crm.url}/session`, { headers: { cookie: `${cookie()}=${token}` } })).status === 200
const logout = async (token: string | undefined) =>
  await fetch(`${crm.url}/oidc/backchannel-logout`, {
    method: 'POST',
    body: new URLSearchParams(token === undefined ? {} : { logout_token: token }),
  })
const claims = (change: object = {}) => ({ aud: 'crm', sub: 'e0007', sid: 'sid-1', events: EVENT, ...change })

describe('back-channel logout', () => {
  it('ends the sessions of that sid and no other', async () => {
    const [ended, kept] = [begin('sid-1'), begin('sid-2')]
    expect(await alive(ended)).toBe(true)
    const response = await logout(await crm.issuer.sign(claims(), { typ: 'logout+jwt' }))
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect([await alive(ended), await alive(kept)]).toEqual([false, true])
  })

  it('without sid ends all sessions of the person', async () => {
    const [one, two, foreign] = [begin('sid-3'), begin(null), begin('sid-4', 'e0012')]
    expect((await logout(await crm.issuer.sign(claims({ sid: undefined }), { typ: 'logout+jwt' }))).status).toBe(200)
    expect([await alive(one), await alive(two), await alive(foreign)]).toEqual([false, false, true])
  })

  it('counts also for a sign-in that was under way', async () => {
    await logout(await crm.issuer.sign(claims({ sid: 'sid-late' }), { typ: 'logout+jwt' }))
    expect(sessions().begin({ userId: 'U-1001', sub: 'e0007', sid: 'sid-late' })).toBeNull()
  })

  it('repeated, or for a session that is gone, is answered as done', async () => {
    const token = await crm.issuer.sign(claims({ sid: 'sid-gone' }), { typ: 'logout+jwt' })
    expect([(await logout(token)).status, (await logout(token)).status]).toEqual([200, 200])
  })

  it('refuses what is no logout token of this issuer for this system, and ends nothing', async () => {
    const session = begin('sid-9')
    const { sign } = crm.issuer
    const old = Math.floor(Date.now() / 1000) - 3600
    const bad: [string, string | undefined][] = [
      ['nothing', undefined],
      ['no token', 'nonsense'],
      ['forged', await sign(claims({ sid: 'sid-9' }), { forged: true })],
      ['for another system', await sign(claims({ sid: 'sid-9', aud: 'erp' }))],
      ['of another issuer', await sign(claims({ sid: 'sid-9', iss: 'http://localhost:1' }))],
      ['an access token', await sign({ aud: 'crm', sub: 'e0007', sid: 'sid-9' })],
      ['an ID token', await sign(claims({ sid: 'sid-9', nonce: 'n' }), { typ: 'JWT' })],
      ['of another type', await sign(claims({ sid: 'sid-9' }), { typ: 'at+jwt' })],
      ['without event', await sign(claims({ sid: 'sid-9', events: {} }), { typ: 'logout+jwt' })],
      ['about nobody', await sign(claims({ sid: undefined, sub: undefined }), { typ: 'logout+jwt' })],
      ['expired', await sign(claims({ sid: 'sid-9' }), { typ: 'logout+jwt', exp: old })],
    ]
    for (const [what, token] of bad) expect((await logout(token)).status, what).toBe(400)
    expect(await alive(session)).toBe(true)
  })

  it('takes the issuer’s new key', async () => {
    await crm.issuer.rotate()
    // The key set is asked again at most every five seconds; the token is repeated by the issuer's queue.
    const session = begin('sid-rotated')
    await expect
      .poll(
        async () => (await logout(await crm.issuer.sign(claims({ sid: 'sid-rotated' }), { typ: 'logout+jwt' }))).status,
        { timeout: 15_000, interval: 500 },
      )
      .toBe(200)
    expect(await alive(session)).toBe(false)
  })
})

describe('a browser session of a sample system', () => {
  it('ends after eight idle hours and after twelve in any case', async () => {
    const start = Date.now()
    const [idle, busy] = [begin('sid-idle'), begin('sid-busy')]
    for (let hour = 1; hour <= 11; hour++) {
      setClock(() => new Date(start + hour * 3_600_000))
      expect(sessions().find(busy), `after ${hour} h`).toBeDefined()
    }
    expect(sessions().find(idle)).toBeUndefined()
    setClock(() => new Date(start + 12.1 * 3_600_000))
    expect(sessions().find(busy)).toBeUndefined()
  })

  it('is stored by hash only, and an invented cookie opens nothing', async () => {
    const token = begin('sid-hash')
    const stored = JSON.stringify(crm.db.prepare('SELECT * FROM web_session').all())
    expect(stored).not.toContain(token)
    expect(await alive(randomUUID())).toBe(false)
  })

  it('shows the roles of this moment and ends its power with the account', async () => {
    const token = begin('sid-roles')
    const read = async () =>
      await (await fetch(`${crm.url}/session`, { headers: { cookie: `${cookie()}=${token}` } })).json()
    expect(await read()).toEqual({ userId: 'U-1001', roles: ['TeamLead'] })
    crm.give('U-1001', 'Manager')
    expect(await read()).toEqual({ userId: 'U-1001', roles: ['Manager'] })
    crm.db.prepare("UPDATE crm_user SET active = 0 WHERE user_id = 'U-1001'").run()
    expect(await alive(token)).toBe(false)
    crm.db.prepare("UPDATE crm_user SET active = 1 WHERE user_id = 'U-1001'").run()
  })

  it('begins at the issuer with PKCE, state and nonce, and returns only to its own pages', async () => {
    const begun = await fetch(`${crm.url}/oidc/sign-in?return_to=${encodeURIComponent('//evil.example/')}`, {
      redirect: 'manual',
    })
    const to = new URL(begun.headers.get('location')!)
    expect(to.href.startsWith(`${crm.issuer.issuer}/protocol/openid-connect/auth`)).toBe(true)
    expect(Object.fromEntries(to.searchParams)).toMatchObject({
      response_type: 'code',
      client_id: 'crm',
      code_challenge_method: 'S256',
      redirect_uri: `${crm.url}/oidc/callback`,
      state: expect.any(String),
      nonce: expect.any(String),
    })
    expect(crm.db.prepare('SELECT return_to FROM web_login WHERE state = ?').get(to.searchParams.get('state'))).toEqual(
      { return_to: '/' },
    )
    expect(begun.headers.get('set-cookie')).toMatch(/httponly/i)
  })
})

describe('the page frame', () => {
  it('escapes what people typed', () => {
    expect(html`<p title="${'"x"'}">${'<script>alert(1)</script>'}</p>`.text).toBe(
      '<p title="&#34;x&#34;">&#60;script&#62;alert(1)&#60;/script&#62;</p>',
    )
  })

  it('allows no script and no frame', async () => {
    const token = begin('sid-page')
    const response = await fetch(crm.url, { headers: { cookie: `${cookie()}=${token}` } })
    expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
    expect(await response.text()).not.toMatch(/<script|style=/)
  })
})

describe('fault control', () => {
  const control = async (body: unknown, method = 'PUT', token = 'control') =>
    (
      await fetch(`${crm.url}/_control/faults`, {
        method,
        headers: { 'x-control-token': token, 'content-type': 'application/json' },
        ...(method === 'PUT' && { body: JSON.stringify(body) }),
      })
    ).status
  const list = () => crm.call('U-1001', 'GET', '/customers?limit=3')

  it('does not exist for those without its token', async () => {
    expect(await control([], 'PUT', 'guess')).toBe(404)
    expect(await control([{ match: '.', mode: 'explode' }])).toBe(400)
    expect(await control([{ match: '[', mode: 'html' }])).toBe(400)
  })

  it('lets the CRM fail, lie and be slow, as often as asked', async () => {
    const honest = (await list()).body.items.map((row: { customerNo: string }) => row.customerNo)
    const numbers = async () => (await list()).body.items?.map((row: { customerNo: string }) => row.customerNo)
    await control([{ match: 'listCustomers', mode: 'shuffle', times: 1 }])
    expect(await numbers()).toEqual(honest.toReversed())
    expect(await numbers()).toEqual(honest)
    await control([{ match: '^listCustomers$', mode: 'drop' }])
    expect(await numbers()).toEqual(honest.slice(1))
    await control([{ match: 'listCustomers', mode: 'duplicate' }])
    expect(await numbers()).toEqual([honest[0], ...honest])
    await control([{ match: 'listCustomers', mode: 'html' }])
    expect(await list()).toMatchObject({ status: 200, type: expect.stringContaining('text/html') })
    await control([{ match: 'listCustomers', mode: 'status', status: 503 }])
    expect((await list()).status).toBe(503)
    await control([{ match: '/customers', mode: 'fault' }])
    expect((await list()).body.code).toBe('business_rule')
    await control([{ match: 'listCustomers', mode: 'badJson' }])
    await expect(list()).rejects.toThrow(SyntaxError)
    await control([{ match: 'listCustomers', mode: 'delay', ms: 300 }])
    const started = performance.now()
    expect((await list()).status).toBe(200)
    expect(performance.now() - started).toBeGreaterThan(290)
    expect((await crm.call('U-1001', 'GET', '/users/me')).status).toBe(200)
    await control([{ match: 'listCustomers', mode: 'hang' }])
    const gaveUp = fetch(`${crm.url}/api/v1/customers`, { signal: AbortSignal.timeout(300) })
    await expect(gaveUp).rejects.toThrow()
    expect(await control(undefined, 'DELETE')).toBe(204)
    expect(await numbers()).toEqual(honest)
  })

  it('after the work is done and before the answer is out, the work counts', async () => {
    await control([{ match: 'createFollowUp', mode: 'delayAfter', ms: 5000, times: 1 }])
    const customerNo = (await list()).body.items[0].customerNo
    const count = () =>
      crm.db.prepare('SELECT count(*) AS n FROM follow_up WHERE content = ?').get('答复丢失') as { n: number }
    const lost = fetch(`${crm.url}/api/v1/followups`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await crm.issuer.user('crm', 'U-1001')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ customerNo, content: '答复丢失' }),
      signal: AbortSignal.timeout(500),
    })
    await expect(lost).rejects.toThrow()
    expect(count().n).toBe(1)
    await control(undefined, 'DELETE')
  })
})
