import type { Problem } from '@atrium/platform/problem'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { refreshTokenGrant } from 'openid-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Answered } from '../admin/testing/idp.ts'
import { password } from '../oidc/testing/accounts.ts'
import { TestBrowser } from '../oidc/testing/browser.ts'
import { startTestIdp, type TestIdp } from '../oidc/testing/idp.ts'
import { type Visit, visit } from '../oidc/testing/relying-party.ts'
import { type PersonCaller, requireFresh } from './caller.ts'
import { accountOperations } from './routes.ts'

let idp: TestIdp
beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.stop())

const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36'
const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1'

const signIn = (username: string, userAgent = chrome) =>
  visit(idp, 'portal', username, { browser: new TestBrowser({ 'user-agent': userAgent }) })

async function call(who: Visit, method: string, path: string, body?: unknown): Promise<Answered> {
  const response = await fetch(`${new URL(idp.issuer).origin}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${who.tokens.access_token}`,
      'accept-language': 'en',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text ? JSON.parse(text) : null, headers: response.headers }
}

test('the account at a glance tells who one is, how the password stands and what may be set up', async () => {
  const me = await signIn('li.na')
  const { status, body, headers } = await call(me, 'GET', '/account')
  expect(status).toBe(200)
  expect(headers.get('cache-control')).toBe('no-store')
  expect(body).toMatchObject({
    id: 'e0007',
    username: 'li.na',
    name: { zh: '李娜', en: 'Li Na' },
    department: { id: 'sales', name: { zh: '销售部', en: 'Sales' } },
    password: { expiresAt: null, minLength: 10, history: 5 },
    factors: { totp: 0, passkeys: 0, recoveryCodesLeft: 0 },
    offered: ['totp', 'passkey'],
    required: [],
    session: { acr: '1' },
  })
  expect(Date.now() - Date.parse(body.lastSignIn)).toBeLessThan(60_000)
  expect(Date.now() - Date.parse(body.session.authTime)).toBeLessThan(60_000)
})

test('sessions are named after their browser; ending another one ends its tokens and tells its systems', async () => {
  const here = await signIn('zhang.wei')
  const phone = await signIn('zhang.wei', iphone)
  await visit(idp, 'crm', 'zhang.wei', { browser: phone.browser })
  const listed = (await call(here, 'GET', '/account/sessions')).body.items
  expect(listed).toHaveLength(2)
  const other = listed.find((one: { current: boolean }) => !one.current)
  expect(other).toMatchObject({
    device: { name: { zh: 'iOS 上的 Safari', en: 'Safari on iOS' }, kind: 'phone' },
    methods: ['pwd'],
    systems: [{ id: 'crm', name: { zh: 'crm 系统', en: 'The crm' } }],
  })
  expect(other.ip).toMatch(/127\.0\.0\.1|::1/)
  const mine = listed.find((one: { current: boolean }) => one.current)
  expect(mine).toMatchObject({ device: { name: { en: 'Chrome on Windows' }, kind: 'desktop' }, systems: [] })
  for (const one of listed) {
    expect(Date.parse(one.startedAt)).toBeLessThanOrEqual(Date.parse(one.lastSeenAt) + 2000)
    expect(Date.parse(one.lastSeenAt)).toBeLessThan(Date.parse(one.expiresAt))
  }

  expect((await call(here, 'DELETE', `/account/sessions/${other.id}`)).status).toBe(204)
  expect(await call(phone, 'GET', '/account')).toMatchObject({ status: 401, body: { code: 'invalid_token' } })
  await expect(refreshTokenGrant(phone.rp, phone.tokens.refresh_token!)).rejects.toMatchObject({
    error: 'invalid_grant',
  })
  const logouts = await idp.service.deps.db
    .selectFrom('outbox' as never)
    .selectAll()
    .where('topic' as never, '=', 'logout' as never)
    .execute()
  expect(logouts).toContainEqual(
    expect.objectContaining({
      payload: expect.objectContaining({ clientId: 'crm', sub: 'e0012', reason: 'ended_by_person' }),
    }),
  )
  expect((await call(here, 'DELETE', `/account/sessions/${other.id}`)).body.code).toBe('unknown_session')
})

test('the device of a session stays what it was when the session gets a new id', async () => {
  const me = await signIn('wang.fang', iphone)
  const before = (await call(me, 'GET', '/account/sessions')).body.items[0]
  const { url } = await me.browser.follow(
    `${idp.issuer}/protocol/openid-connect/auth?${new URLSearchParams({
      client_id: 'portal',
      redirect_uri: `${idp.portal}/`,
      response_type: 'code',
      scope: 'openid',
      prompt: 'login',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    })}`,
  )
  await me.browser.submitSignIn(url, { username: 'wang.fang', password, remember: 'yes' })
  const after = (await call(me, 'GET', '/account/sessions')).body.items
  expect(after).toHaveLength(1)
  expect(after[0]).toMatchObject({ id: before.id, startedAt: before.startedAt, device: before.device })
})

test('nobody sees or ends a session of somebody else, and nobody learns that it exists', async () => {
  const admin = await signIn('admin')
  const victim = await signIn('sun.li')
  const theirs = (await call(victim, 'GET', '/account/sessions')).body.items[0].id
  const refused = await call(admin, 'DELETE', `/account/sessions/${theirs}`)
  const invented = await call(admin, 'DELETE', '/account/sessions/never-was')
  expect(refused).toMatchObject({ status: 404, body: { code: 'unknown_session' } })
  expect({ ...refused.body, traceId: 0 }).toEqual({ ...invented.body, traceId: 0 })
  expect((await call(victim, 'GET', '/account')).status).toBe(200)
})

test('all other sessions end at once, and the count says how many', async () => {
  const [a, b, here] = [await signIn('chen.jie'), await signIn('chen.jie', iphone), await signIn('chen.jie')]
  expect(await call(here, 'POST', '/account/sessions/end-others', {})).toMatchObject({
    status: 200,
    body: { ended: 2 },
  })
  expect((await call(a, 'GET', '/account')).status).toBe(401)
  expect((await call(b, 'GET', '/account')).status).toBe(401)
  expect((await call(here, 'POST', '/account/sessions/end-others')).body).toEqual({ ended: 0 })
})

test('the history holds successes and refusals of this person only, page by page', async () => {
  const wrong = new TestBrowser({ 'user-agent': iphone })
  const { url } = await wrong.follow(
    `${idp.issuer}/protocol/openid-connect/auth?client_id=crm&response_type=code&scope=openid&redirect_uri=${encodeURIComponent('http://localhost:1/crm/oidc/callback')}&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256`,
  )
  await wrong.submitSignIn(url, { username: 'chen.jie', password: 'not the password' })
  const me = await signIn('chen.jie')
  const all = (await call(me, 'GET', '/account/sign-ins')).body
  expect(all.items.slice(0, 2)).toMatchObject([
    {
      outcome: 'success',
      reason: null,
      methods: ['pwd'],
      device: { name: { en: 'Chrome on Windows' } },
      application: { id: 'portal', name: { en: 'Atrium' } },
    },
    {
      outcome: 'refused',
      reason: 'wrong_password',
      methods: [],
      device: { name: { en: 'Safari on iOS' } },
      application: { id: 'crm', name: { en: 'The crm' } },
    },
  ])
  // Three sessions of this person began in the test before; nobody else's are among them.
  expect(all.items).toHaveLength(5)
  expect(all.next).toBeNull()
  const first = (await call(me, 'GET', '/account/sign-ins?limit=1')).body
  expect(first.items.map((one: { id: number }) => one.id)).toEqual([all.items[0].id])
  const second = (await call(me, 'GET', `/account/sign-ins?limit=1&before=${first.next}`)).body
  expect(second.items.map((one: { id: number }) => one.id)).toEqual([all.items[1].id])
})

test('a browser is known from its first sign-in on, until it is forgotten', async () => {
  const here = await signIn('wang.fang')
  const listed = (await call(here, 'GET', '/account/devices')).body.items
  const mine = listed.find((one: { current: boolean }) => one.current)
  expect(mine).toMatchObject({ device: { name: { zh: 'Windows 上的 Chrome' }, kind: 'desktop' }, trustedUntil: null })
  await visit(idp, 'portal', 'wang.fang', { browser: here.browser })
  expect((await call(here, 'GET', '/account/devices')).body.items).toHaveLength(listed.length)
  const stranger = await signIn('li.na')
  expect((await call(stranger, 'DELETE', `/account/devices/${mine.id}`)).body.code).toBe('unknown_device')
  expect((await call(here, 'DELETE', `/account/devices/${mine.id}`)).status).toBe(204)
  expect((await call(here, 'GET', '/account/devices')).body.items).toHaveLength(listed.length - 1)
  // The session goes on: only its browser is a new one again.
  expect((await call(here, 'GET', '/account')).status).toBe(200)
})

test('every answer is as the document says', async () => {
  const me = await signIn('li.na')
  const { body: document } = await call(me, 'GET', '/account/openapi.json')
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  const reads = accountOperations.filter(one => one.method === 'get' && !one.path.includes('{'))
  expect(reads.length).toBeGreaterThan(4)
  for (const { path } of reads) {
    const { status, body } = await call(me, 'GET', path)
    const described = document.paths[path].get.responses[status]
    expect(status, path).toBe(200)
    const valid = ajv.compile({ ...described.content['application/json'].schema, components: document.components })
    expect(valid(body), `${path} ${JSON.stringify(valid.errors)}`).toBe(true)
  }
})

test('what changes how somebody signs in wants a fresh proof, with the second factor of who has one', async () => {
  const { db } = idp.service.deps
  const refusal = async (acr: '1' | '2', seconds: number) => {
    const session = { uid: 'u', acr, authTime: new Date(Date.now() - seconds * 1000) }
    const caller = { person: { id: 'e0021' }, session } as PersonCaller
    return await requireFresh(caller, db).then(
      () => null,
      (problem: Problem) => ({ status: problem.status, ...problem.toJSON('en') }),
    )
  }
  expect(await refusal('1', 60)).toBeNull()
  expect(await refusal('1', 901)).toMatchObject({ code: 'reauthentication_required', acr: '1', maxAge: 900 })
  await db
    .insertInto('factor')
    .values({ id: 'fresh', person_id: 'e0021', kind: 'totp', name: 'Phone', secret_sealed: 'sealed' })
    .execute()
  expect(await refusal('1', 60)).toMatchObject({ status: 403, code: 'reauthentication_required', acr: '2' })
  expect(await refusal('2', 60)).toBeNull()
  expect(await refusal('2', 901)).toMatchObject({ acr: '2' })
  await db.deleteFrom('factor').where('id', '=', 'fresh').execute()
})

test('the language is kept, mirrored and recorded', async () => {
  const me = await signIn('li.na')
  expect((await call(me, 'PUT', '/account/locale', { locale: 'en' })).status).toBe(204)
  expect((await call(me, 'GET', '/account')).body.locale).toBe('en')
  const audited = await idp.service.deps.db
    .selectFrom('audit_entry' as never)
    .selectAll()
    .where('action' as never, '=', 'account.locale_changed' as never)
    .execute()
  expect(audited).toMatchObject([{ actor: { id: 'e0007' }, detail: { locale: 'en' } }])
})

test('what is not as the document says is refused with the place of the fault', async () => {
  const me = await signIn('li.na')
  for (const [method, path, body, place] of [
    ['PUT', '/account/locale', { locale: 'fr' }, 'body.locale'],
    ['PUT', '/account/locale', { locale: 'en', admin: true }, 'body'],
    ['PUT', '/account/locale', [], 'body'],
    ['PUT', '/account/locale', { locale: 'e\u0000n' }, 'body.locale'],
    ['GET', '/account/sign-ins?limit=0', undefined, 'query.limit'],
    ['GET', '/account/sign-ins?limit=many', undefined, 'query.limit'],
    ['GET', '/account/sign-ins?before=-1', undefined, 'query.before'],
    ['GET', '/account/sign-ins?before=1e300', undefined, 'query.before'],
    ['GET', '/account/sign-ins?limit=1&limit=2', undefined, 'query.limit'],
    ['GET', '/account/sign-ins?person=e0000', undefined, 'query'],
    ['DELETE', '/account/sessions/%00', undefined, 'path.id'],
    ['DELETE', `/account/sessions/${'x'.repeat(101)}`, undefined, 'path.id'],
    ['DELETE', '/account/devices/%00', undefined, 'path.id'],
  ] as const) {
    const answer = await call(me, method, path, body)
    expect(answer, `${method} ${path}`).toMatchObject({ status: 400, body: { code: 'bad_request' } })
    expect(answer.body.errors[0].path).toContain(place)
  }
  expect(await call(me, 'PUT', '/account/locale', '{"locale":')).toMatchObject({
    status: 400,
    body: { code: 'malformed_body' },
  })
  expect(await call(me, 'PUT', '/account/locale', { locale: 'x'.repeat(70_000) })).toMatchObject({
    status: 413,
    body: { code: 'body_too_large' },
  })
  expect((await call(me, 'DELETE', '/account/devices/never-was')).body.code).toBe('unknown_device')
})

test('a deactivated person’s token opens nothing any more', async () => {
  const me = await signIn('sun.li')
  await idp.service.deps.db.updateTable('person').set({ active: false }).where('id', '=', 'e0002').execute()
  expect(await call(me, 'GET', '/account')).toMatchObject({ status: 401, body: { code: 'invalid_token' } })
  await idp.service.deps.db.updateTable('person').set({ active: true }).where('id', '=', 'e0002').execute()
})
