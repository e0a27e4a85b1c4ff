import { afterAll, beforeAll, expect, it } from 'vitest'
import { password } from '../oidc/testing/accounts.ts'
import { TestBrowser } from '../oidc/testing/browser.ts'
import { startTestIdp, type TestIdp } from '../oidc/testing/idp.ts'
import { again, giveTotp, isSignedIn, open, setPolicy, signIn, submit, type Walk } from './testing/walk.ts'

/** Somebody plants the cookies of a sign-in of their own in the browser of somebody else, who then signs in. */
let idp: TestIdp
beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.stop())

/** Another browser with the same cookies. */
function planted(from: TestBrowser): TestBrowser {
  const browser = new TestBrowser({ 'accept-language': 'en' })
  for (const [key, cookie] of from.cookies) browser.cookies.set(key, { ...cookie })
  return browser
}

async function expectNothing(attacker: Walk): Promise<void> {
  const uid = attacker.url.pathname.split('/').at(-1) ?? ''
  // The way back to the application, the page itself, and a silent request of another application.
  const resumed = await again(attacker, `/realms/atrium/protocol/openid-connect/auth/${uid}`)
  const page = await again(attacker, attacker.url)
  const silent = await open(idp, { browser: attacker.browser, params: { prompt: 'none' } })
  for (const walk of [resumed, page, silent]) expect(isSignedIn(idp, walk), walk.url.href).toBe(false)
  expect(silent.url.searchParams.get('error')).toBe('login_required')
}

it('has nothing of it when the password is all that is asked', async () => {
  const attacker = await open(idp)
  const victim = await submit({ ...attacker, browser: planted(attacker.browser) }, { username: 'li.na', password })
  expect(isSignedIn(idp, victim)).toBe(true)
  await expectNothing(attacker)
})

it('has nothing of it when a second factor is, nor where one session is all that may be', async () => {
  const totp = await giveTotp(idp, 'e0021')
  for (const oneSession of [false, true]) {
    await setPolicy(idp, { oneSession })
    const attacker = await open(idp)
    const browser = planted(attacker.browser)
    const factor = await submit({ ...attacker, browser }, { username: 'wang.fang', password })
    const victim = await submit(factor, { otp: totp.code(oneSession ? 1 : 0) })
    expect(isSignedIn(idp, victim)).toBe(true)
    await expectNothing(attacker)
  }
  await setPolicy(idp, {})
})

it('has nothing of it with the cookies of a session that has ended', async () => {
  const attacker = await signIn(idp, 'zhang.wei')
  const victims = planted(attacker.browser)
  await idp.service.deps.sessions.endSessions(idp.service.deps.db, {
    personId: 'e0012',
    reason: 'revoked',
    actor: { id: 'test', kind: 'system' },
  })
  const victim = await submit(await open(idp, { browser: victims }), { username: 'li.na', password })
  expect(isSignedIn(idp, victim)).toBe(true)
  const silent = await open(idp, { browser: attacker.browser, params: { prompt: 'none' } })
  expect(silent.url.searchParams.get('error')).toBe('login_required')
})
