import { afterAll, beforeAll, expect, test } from 'vitest'
import { script, scriptSecret } from '../../admin/testing/script.ts'
import { TestBrowser } from '../../oidc/testing/browser.ts'
import { startTestIdp, type TestIdp } from '../../oidc/testing/idp.ts'
import { visit } from '../../oidc/testing/relying-party.ts'

let idp: TestIdp
let admin: Awaited<ReturnType<typeof script>>
beforeAll(async () => {
  idp = await startTestIdp({ env: { BOOTSTRAP_CLIENT_SECRET: scriptSecret } })
  admin = await script(idp)
})
afterAll(() => idp.stop())

const path = '/admin/applications'

async function register(id: string, changes: object = {}): Promise<void> {
  const made = await admin('POST', path, {
    id,
    name: { zh: '工单系统', en: 'Tickets' },
    url: 'https://tickets.example.com/',
    kind: 'web',
    authentication: 'client_secret_basic',
    redirectUris: ['https://tickets.example.com/callback'],
    ...changes,
  })
  expect(made.status, JSON.stringify(made.body)).toBe(201)
}

const start = async (id: string) => (await admin('POST', `${path}/${id}/test`)).body as { url: string; test: string }
const stateOf = async (id: string, started: string) => (await admin('GET', `${path}/${id}/test/${started}`)).body

/** Opens the address in a browser and signs in. Gives the page where it ends. */
async function open(url: string, username: string, browser = new TestBrowser({ 'accept-language': 'en' })) {
  const first = await browser.follow(url)
  if (!first.url.pathname.includes('/sign-in/')) return { browser, page: await first.response.text(), at: first.url }
  const last = await browser.submitSignIn(first.url, { username, password: 'Welcome-2026', remember: 'yes' })
  return { browser, page: await last.response.text(), at: last.url }
}

const hidden = (page: string, name: string): string =>
  new RegExp(`name="${name}" value="([^"]+)"`).exec(page)?.[1] ?? ''

async function consent(browser: TestBrowser, page: string, answer: string) {
  const body = new URLSearchParams({ test: hidden(page, 'test'), answer })
  return await browser.follow(`${idp.issuer}/sign-in-test/confirm`, { method: 'POST', body })
}

test.each([
  ['basic', {}],
  ['post', { authentication: 'client_secret_post', idTokenAlg: 'RS256' }],
  ['spa', { kind: 'browser', authentication: 'none' }],
  ['bound', { dpop: true }],
  ['pushed', { par: true }],
  [
    'odoo',
    { kind: 'legacy_implicit', authentication: 'none', redirectUris: ['http://odoo.intranet:8069/auth_oauth/signin'] },
  ],
])('a sign-in to the application %s shows what it would learn, once the person agrees', async (id, changes) => {
  await register(id, changes)
  const started = await start(id)
  expect(await stateOf(id, started.test)).toMatchObject({ state: 'waiting', person: null })
  const { browser, page } = await open(started.url, 'li.na')
  const formPost = /<form method="post" action="([^"]+)"/.exec(page)?.[1]
  let asked = page
  if (formPost?.endsWith('/callback')) {
    // What the page of the form post response mode does by a script.
    const fields = [...page.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [name!, value!])
    const posted = await browser.follow(formPost, { method: 'POST', body: new URLSearchParams(fields) })
    asked = await posted.response.text()
  }
  expect(asked).toContain('may administrators see your data?')
  // Nothing is shown before the person has agreed.
  expect(await stateOf(id, started.test)).toMatchObject({ state: 'waiting', idTokenClaims: null })
  const agreed = await consent(browser, asked, 'agree')
  expect(await agreed.response.text()).toContain('The test is done')
  expect(await stateOf(id, started.test)).toMatchObject({
    state: 'done',
    error: null,
    person: { id: 'e0007', name: { en: 'Li Na' } },
    idTokenClaims: { iss: idp.issuer, aud: id, sub: 'e0007' },
    accessTokenClaims: { sub: 'e0007', client_id: id },
    userinfo: { sub: 'e0007', preferred_username: 'li.na' },
  })
  // keycloak-js asks the status iframe about this session, in a page as well.
  if (id === 'spa') expect((await stateOf(id, started.test)).accessTokenClaims.sid).toEqual(expect.any(String))
  const { items } = (await admin('GET', `/admin/audit?action=application.test&target=${id}`)).body
  expect(items.map((one: { action: string }) => one.action)).toEqual(['application.tested', 'application.test_started'])
})

test('an administrator who tries it out themself is not asked; nothing that opens something is stored', async () => {
  await register('own')
  const mine = await visit(idp, 'portal', 'admin', { browser: new TestBrowser({ 'accept-language': 'en' }) })
  const started = (await (
    await fetch(`${new URL(idp.issuer).origin}${path}/own/test`, {
      method: 'POST',
      headers: { authorization: `Bearer ${mine.tokens.access_token}` },
    })
  ).json()) as { url: string; test: string }
  const { page } = await open(started.url, 'admin', mine.browser)
  expect(page).toContain('The test is done')
  const seen = await stateOf('own', started.test)
  expect(seen).toMatchObject({ state: 'done', person: { id: 'e0000' } })
  const row = await idp.service.deps.db
    .selectFrom('sign_in_test')
    .selectAll()
    .where('id', '=', started.test)
    .executeTakeFirstOrThrow()
  expect(JSON.stringify(row)).not.toContain(started.url.split('/').at(-1))
  expect(JSON.stringify(row)).not.toContain('e0000@')
  expect(row.result_sealed).not.toContain('admin')
  expect(JSON.stringify(seen)).not.toMatch(/"(access_token|refresh_token|id_token)"/)
  const left = await idp.service.deps.db
    .selectFrom('oidc_model')
    .select('payload')
    .where('model', '=', 'RefreshToken')
    .execute()
  expect(left.filter(one => one.payload.clientId === 'own')).toEqual([])
})

test('whoever does not agree is not shown', async () => {
  await register('refused')
  const started = await start('refused')
  const { browser, page } = await open(started.url, 'wang.fang')
  const answered = await consent(browser, page, 'refuse')
  expect(await answered.response.text()).toContain('did not agree')
  const seen = await stateOf('refused', started.test)
  expect(seen).toMatchObject({ state: 'failed', error: { en: expect.stringContaining('did not agree') } })
  expect(seen).toMatchObject({ person: null, idTokenClaims: null, userinfo: null })
  // Agreeing afterwards changes nothing.
  expect((await consent(browser, page, 'agree')).response.status).toBe(410)
  expect((await stateOf('refused', started.test)).state).toBe('failed')
})

test('a test belongs to the browser that opened it first, and is taken once', async () => {
  await register('once')
  const started = await start('once')
  const first = new TestBrowser({ 'accept-language': 'en' })
  const begun = await first.fetch(started.url)
  expect(begun.status).toBe(303)
  const authorization = begun.headers.get('location') ?? ''

  const second = new TestBrowser({ 'accept-language': 'en' })
  expect((await second.fetch(started.url)).status).toBe(410)
  // The authorization address that leaked is of no use in another browser either.
  expect((await second.fetch(authorization)).status).toBe(410)

  const { url } = await first.follow(authorization)
  const signedIn = await first.submitSignIn(url, { username: 'li.na', password: 'Welcome-2026' })
  const page = await signedIn.response.text()
  expect(page).toContain('may administrators')
  // The callback again: the answer was taken.
  expect((await first.fetch(signedIn.url)).status).toBe(410)
  const agreements = await Promise.all(Array.from({ length: 10 }, () => consent(first, page, 'agree')))
  expect(agreements.map(one => one.response.status).sort()).toEqual([200, ...Array(9).fill(410)])
  expect((await first.fetch(started.url)).status).toBe(410)
})

test('our callback is no address of a client outside a test of that very client', async () => {
  await register('normal')
  await register('other')
  const { browser } = await visit(idp, 'portal', 'li.na')
  const ask = (more: Record<string, string>) =>
    browser.fetch(
      `${idp.issuer}/protocol/openid-connect/auth?${new URLSearchParams({
        client_id: 'normal',
        response_type: 'code',
        scope: 'openid',
        redirect_uri: `${idp.issuer}/sign-in-test/callback`,
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256',
        ...more,
      })}`,
    )
  expect((await ask({})).status).toBe(410)
  expect((await ask({ state: 'invented' })).status).toBe(410)
  const started = await start('other')
  const state = started.url.split('/').at(-1) as string
  await browser.fetch(started.url)
  expect((await ask({ state })).status).toBe(410)
  expect((await ask({ state, client_id: 'other' })).status).toBe(303)
  // Pushed, it does not pass either.
  const { secret } = (await admin('POST', `${path}/normal/secret`)).body
  const pushed = await fetch(`${idp.issuer}/protocol/openid-connect/ext/par/request`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`normal:${secret}`)}` },
    body: new URLSearchParams({
      response_type: 'code',
      scope: 'openid',
      redirect_uri: `${idp.issuer}/sign-in-test/callback`,
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    }),
  })
  expect(pushed.status).toBe(400)
})

test('what the authorization endpoint refuses is told, in both languages', async () => {
  await register('denied')
  const started = await start('denied')
  const browser = new TestBrowser({ 'accept-language': 'en' })
  const state = started.url.split('/').at(-1) as string
  await browser.fetch(started.url)
  const error = new URLSearchParams({ state, error: 'access_denied', error_description: '<b>no</b>', iss: idp.issuer })
  const page = await (await browser.fetch(`${idp.issuer}/sign-in-test/callback?${error}`)).text()
  expect(page).toContain('access_denied: &#60;b&#62;no')
  expect(await stateOf('denied', started.test)).toMatchObject({
    state: 'failed',
    error: { zh: '授权端点答复 access_denied: <b>no</b>', en: expect.stringContaining('access_denied') },
  })
})

test('an invented code, another issuer’s answer and a callback without anything end in a page, never in a fault', async () => {
  await register('strange')
  const started = await start('strange')
  const browser = new TestBrowser({ 'accept-language': 'en' })
  const state = started.url.split('/').at(-1) as string
  await browser.fetch(started.url)
  const callback = (query: Record<string, string>) =>
    browser.fetch(`${idp.issuer}/sign-in-test/callback?${new URLSearchParams(query)}`)
  expect((await callback({})).status).toBe(410)
  expect((await callback({ state: '\u0000', code: 'x' })).status).toBe(410)
  expect((await callback({ state, code: 'x', iss: 'https://evil.example' })).status).toBe(410)
  expect((await browser.fetch(`${idp.issuer}/sign-in-test/${'x'.repeat(3000)}`)).status).toBe(410)
  expect((await browser.fetch(`${idp.issuer}/sign-in-test/%00`)).status).toBe(410)
  expect((await browser.fetch(`${idp.issuer}/sign-in-test/confirm`, { method: 'POST' })).status).toBe(410)
  expect((await callback({ state, code: 'invented', iss: idp.issuer })).status).toBe(200)
  expect(await stateOf('strange', started.test)).toMatchObject({
    state: 'failed',
    error: { en: expect.stringContaining('The token endpoint answered 400 invalid_grant') },
  })
})

test('after ten minutes nobody can complete it, and administrators see so', async () => {
  await register('late')
  const started = await start('late')
  await idp.service.deps.db
    .updateTable('sign_in_test')
    .set({ expires_at: new Date(Date.now() - 1000) })
    .where('id', '=', started.test)
    .execute()
  expect((await new TestBrowser().fetch(started.url)).status).toBe(410)
  expect(await stateOf('late', started.test)).toMatchObject({
    state: 'failed',
    error: { zh: expect.stringContaining('10 分钟') },
  })
})

test('what cannot be tried out is said; a test is found under its own application only', async () => {
  await register('batch', { kind: 'machine', url: '', redirectUris: [] })
  await register('kiosk', { kind: 'device', authentication: 'none', url: '', redirectUris: [] })
  for (const id of ['batch', 'kiosk'])
    expect(await admin('POST', `${path}/${id}/test`)).toMatchObject({
      status: 409,
      body: { code: 'test_not_possible' },
    })
  expect((await admin('POST', `${path}/nothing/test`)).body.code).toBe('unknown_application')
  await register('here')
  const { test: id } = await start('here')
  expect((await admin('GET', `${path}/crm/test/${id}`)).body.code).toBe('unknown_test')
})

test('tests go on after a restart, since nothing of them is in memory', async () => {
  await register('survives')
  const started = await start('survives')
  const browser = new TestBrowser({ 'accept-language': 'en' })
  const { url } = await browser.follow(started.url)
  await idp.restart()
  const last = await browser.submitSignIn(url, { username: 'zhang.wei', password: 'Welcome-2026' })
  await consent(browser, await last.response.text(), 'agree')
  expect(await stateOf('survives', started.test)).toMatchObject({ state: 'done', person: { id: 'e0012' } })
})
