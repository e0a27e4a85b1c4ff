import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { password } from '../../oidc/testing/accounts.ts'
import { startTestIdp, type TestIdp } from '../../oidc/testing/idp.ts'
import {
  again,
  codeOf,
  forgetWalks,
  giveTotp,
  isSignedIn,
  open,
  setPolicy,
  signIn,
  stepOf,
  submit,
  type Walk,
} from '../testing/walk.ts'

let idp: TestIdp
beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.stop())
afterEach(() => forgetWalks(idp))

/** As keycloak-js asks for a level. */
const demand = (...values: string[]) => ({
  claims: JSON.stringify({ id_token: { acr: { values, essential: true } } }),
})
/** A session of one factor, of somebody who has got a second one since. */
const weakSession = async (): Promise<{ walk: Walk; code: (steps?: number) => string }> => {
  const walk = await signIn(idp, 'li.na')
  const { code } = await giveTotp(idp, 'e0007')
  return { walk, code }
}
const sessionOf = async () =>
  (
    await idp.service.deps.db
      .selectFrom('oidc_model')
      .select('payload')
      .where('model', '=', 'Session')
      .where('account_id', '=', 'e0007')
      .execute()
  ).map(row => row.payload as { acr: string; amr: string[]; loginTs: number; uid: string })

describe('a session of one factor', () => {
  it.each([
    ['by `claims`, as keycloak-js does', demand('2')],
    ['by `acr_values`', { acr_values: '2' }],
    ['by a wish in `claims`', { claims: JSON.stringify({ id_token: { acr: { value: '2' } } }) }],
    ['with a generous `max_age`', { ...demand('2'), max_age: '900' }],
  ])('that is asked for two %s gives the second one only', async (_how, params) => {
    const { walk, code } = await weakSession()
    const first = await walk.claims()
    const page = await open(idp, { browser: walk.browser, params })
    expect(stepOf(page)).toBe('factor')
    expect(page.html).not.toContain('Use another account')
    const done = await submit(page, { otp: code() })
    const claims = await done.claims()
    expect(claims).toMatchObject({ acr: '2', amr: ['pwd', 'otp'], auth_time: first.auth_time })
    expect(claims.access).toMatchObject({ acr: '2', auth_time: first.auth_time })
    const silent = await open(idp, { browser: walk.browser, params: { prompt: 'none' } })
    expect(await silent.claims()).toMatchObject({ acr: '2', amr: ['pwd', 'otp'], auth_time: first.auth_time })
  })

  it('keeps its id for the systems, but the browser gets a new cookie', async () => {
    const { walk, code } = await weakSession()
    const [before] = await sessionOf()
    const cookie = () => [...walk.browser.cookies].find(([key]) => /^atrium_idp_\d+ /.test(key))?.[1].value
    const old = cookie()
    await submit(await open(idp, { browser: walk.browser, params: demand('2') }), { otp: code() })
    const after = (await sessionOf()).find(one => one.uid === before?.uid)
    expect(after).toMatchObject({ acr: '2', amr: ['pwd', 'otp'], loginTs: before?.loginTs })
    expect(cookie()).not.toBe(old)
  })

  it.each([
    ['`prompt=login`', { ...demand('2'), prompt: 'login' }],
    ['a `max_age` that is over', { ...demand('2'), max_age: '0' }],
  ])('gives the password as well for %s', async (_what, params) => {
    const { walk, code } = await weakSession()
    await new Promise(resolve => setTimeout(resolve, 1100))
    const first = await open(idp, { browser: walk.browser, params })
    expect(first.html).toContain('name="password"')
    const factor = await submit(first, { username: 'li.na', password })
    expect(stepOf(factor)).toBe('factor')
    const before = (await walk.claims()).auth_time ?? 0
    const claims = await (await submit(factor, { otp: code() })).claims()
    expect(claims).toMatchObject({ acr: '2', amr: ['pwd', 'otp'] })
    expect(claims.auth_time).toBeGreaterThan(before)
  })

  it('is enough for an application that asks for one, or wishes for two of somebody who has none', async () => {
    const walk = await signIn(idp, 'li.na')
    for (const params of [demand('1'), demand('1', '2'), { acr_values: '1 2' }, { acr_values: '2' }]) {
      const silent = await open(idp, { browser: walk.browser, params: { ...params, prompt: 'none' } })
      expect((await silent.claims()).acr).toBe('1')
    }
  })

  it('cannot be raised silently', async () => {
    const { walk } = await weakSession()
    const silent = await open(idp, { browser: walk.browser, params: { ...demand('2'), prompt: 'none' } })
    expect(silent.url.searchParams.get('error')).toBe('interaction_required')
  })

  it('of somebody without a second factor sets one up when two are demanded', async () => {
    const walk = await signIn(idp, 'li.na')
    const page = await open(idp, { browser: walk.browser, params: demand('2') })
    expect(stepOf(page)).toBe('enrol')
    expect(page.html).toContain('needs a surer sign-in')
    const secret = (/class="secret">([^<]+)</.exec(page.html)?.[1] ?? '').replaceAll(' ', '')
    const codes = await submit(page, { otp: codeOf(secret) })
    expect(stepOf(codes)).toBe('recovery-codes')
    expect(await (await submit(codes, {})).claims()).toMatchObject({ acr: '2', amr: ['pwd', 'otp'] })
  })

  it('is asked for the password after five wrong codes', async () => {
    const { walk } = await weakSession()
    let page = await open(idp, { browser: walk.browser, params: demand('2') })
    for (let n = 1; n <= 5; n++) {
      await idp.service.deps.db.deleteFrom('sign_in_throttle').execute()
      page = await submit(page, { otp: '000000' })
    }
    expect(page.html).toContain('Too many wrong codes')
    expect((await again(page, page.url)).html).toContain('name="password"')
  })

  it('that was signed out elsewhere is over here too', async () => {
    const { walk, code } = await weakSession()
    const page = await open(idp, { browser: walk.browser, params: demand('2') })
    await idp.service.deps.sessions.endSessions(idp.service.deps.db, {
      personId: 'e0007',
      reason: 'test',
      actor: { id: 'test', kind: 'system' },
    })
    expect((await submit(page, { otp: code() })).status).toBe(410)
  })
})

describe('a session of two factors', () => {
  it('is enough for everything, and tells whoever demands one that it has one', async () => {
    const { code } = await giveTotp(idp, 'e0007')
    const walk = await submit(await signIn(idp, 'li.na'), { otp: code() })
    const told: [Record<string, string>, string][] = [
      [demand('2'), '2'],
      [demand('1'), '1'],
      [demand('1', '2'), '2'],
      [{ acr_values: '1' }, '2'],
      [{}, '2'],
    ]
    for (const [params, acr] of told) {
      const silent = await open(idp, { browser: walk.browser, params: { ...params, prompt: 'none' } })
      expect((await silent.claims()).acr, JSON.stringify(params)).toBe(acr)
    }
  })

  it('of another person in the same browser is no step towards this one', async () => {
    const { code } = await giveTotp(idp, 'e0007')
    const walk = await submit(await signIn(idp, 'li.na'), { otp: code() })
    const page = await open(idp, { browser: walk.browser, params: { ...demand('2'), prompt: 'login' } })
    const other = await submit(page, { username: 'wang.fang', password })
    expect(stepOf(other)).toBe('enrol')
    expect(isSignedIn(idp, other)).toBe(false)
  })
})

it('a browser without a session gives both where two are demanded, also where it is not asked otherwise', async () => {
  await setPolicy(idp, { secondFactor: { askAgainDays: 30 } })
  const { code } = await giveTotp(idp, 'e0007')
  const { browser } = await submit(await signIn(idp, 'li.na'), { otp: code(-1) })
  const page = await signIn(idp, 'li.na', { browser, params: { ...demand('2'), prompt: 'login' } })
  expect(stepOf(page)).toBe('factor')
  expect(await (await submit(page, { otp: code() })).claims()).toMatchObject({ acr: '2' })
})
