import { readAudit } from '@atrium/platform/audit'
import { now, setClock } from '@atrium/platform/clock'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { password } from '../../oidc/testing/accounts.ts'
import { startTestIdp, type TestIdp } from '../../oidc/testing/idp.ts'
import { makeRecoveryCodes } from '../recovery.ts'
import {
  type Authenticator,
  again,
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
let phone: Authenticator
beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.stop())
afterEach(() => forgetWalks(idp))

const db = () => idp.service.deps.db
const givePhone = async (): Promise<void> => {
  phone = await giveTotp(idp, 'e0007')
}
const giveCodes = async (): Promise<string[]> => {
  await givePhone()
  return await makeRecoveryCodes(db(), 'e0007', idp.config.ENCRYPTION_KEY)
}
const later = (seconds: number): void => {
  const at = Date.now() + seconds * 1000
  setClock(() => new Date(at))
}
const statuses = (walks: Walk[]) => walks.filter(walk => isSignedIn(idp, walk)).length

describe('a person with an authenticator application', () => {
  it('gives its code after the password, and the tokens tell of both', async () => {
    await givePhone()
    const page = await signIn(idp, 'li.na')
    expect(stepOf(page)).toBe('factor')
    expect(page.status).toBe(200)
    expect(page.html).toContain('name="otp"')
    expect(page.html).toContain('Signing in as li.na')
    const done = await submit(page, { otp: phone.code() })
    expect(isSignedIn(idp, done)).toBe(true)
    const claims = await done.claims()
    expect(claims).toMatchObject({ sub: 'e0007', acr: '2', amr: ['pwd', 'otp'] })
    expect(claims.access).toMatchObject({ acr: '2', auth_time: claims.auth_time ?? expect.any(Number) })
    expect(await db().selectFrom('sign_in_progress').selectAll().execute()).toEqual([])
    expect((await readAudit(db(), { limit: 1 }))[0]).toMatchObject({
      action: 'sign_in.succeeded',
      detail: { methods: ['pwd', 'otp'] },
    })
  })

  it('has no session before the code: the application gets nothing, and prompt=none says so', async () => {
    await givePhone()
    await db().deleteFrom('oidc_model').where('model', '=', 'Session').execute()
    const page = await signIn(idp, 'li.na')
    const silent = await open(idp, { browser: page.browser, params: { prompt: 'none' } })
    expect(silent.url.searchParams.get('error')).toBe('login_required')
    const sessions = await db().selectFrom('oidc_model').select('uid').where('model', '=', 'Session').execute()
    expect(sessions).toEqual([])
  })

  it('may be one step early or late, but not two', async () => {
    await givePhone()
    for (const steps of [-1, 1]) {
      expect(isSignedIn(idp, await submit(await signIn(idp, 'li.na'), { otp: phone.code(steps) })), `${steps}`).toBe(
        true,
      )
      await db().updateTable('factor').set({ counter: -1 }).execute()
    }
    for (const steps of [-2, 2]) {
      const refused = await submit(await signIn(idp, 'li.na'), { otp: phone.code(steps) })
      expect(refused.status, `${steps}`).toBe(401)
      expect(refused.html).toContain('The code is not right')
    }
  })

  it('may type the code with a space, and gets one of several applications right', async () => {
    await givePhone()
    const second = await giveTotp(idp, 'e0007')
    const code = second.code()
    const done = await submit(await signIn(idp, 'li.na'), { otp: ` ${code.slice(0, 3)} ${code.slice(3)}` })
    expect(isSignedIn(idp, done)).toBe(true)
  })

  it.each(['', '12345', '1234567', 'abcdef', '１２３４５６', '12345\u0000', '9'.repeat(5000)])(
    'gets the page again for %j, which is no code, and no failure is counted',
    async otp => {
      await givePhone()
      const page = await submit(await signIn(idp, 'li.na'), { otp })
      expect(page.status).toBe(400)
      expect(page.html).toContain('6 digits')
      expect((await db().selectFrom('sign_in_progress').select('failures').executeTakeFirst())?.failures).toBe(0)
    },
  )
})

describe('a code', () => {
  it('counts once: the same one is refused at the next sign-in, and so is an older one', async () => {
    await givePhone()
    const code = phone.code()
    const before = phone.code(-1)
    expect(isSignedIn(idp, await submit(await signIn(idp, 'li.na'), { otp: code }))).toBe(true)
    for (const otp of [code, before]) {
      const refused = await submit(await signIn(idp, 'li.na'), { otp })
      expect(refused.status).toBe(401)
      expect(refused.html).toContain('was used already')
    }
  })

  it('used ten times at once in ten browsers signs in one of them', async () => {
    await givePhone()
    const pages = await Promise.all(Array.from({ length: 10 }, () => signIn(idp, 'li.na')))
    await db().deleteFrom('sign_in_throttle').execute()
    const otp = phone.code()
    const done = await Promise.all(pages.map(page => submit(page, { otp })))
    expect(statuses(done)).toBe(1)
  })

  it('sent ten times at once by one browser signs in once', async () => {
    await givePhone()
    const page = await signIn(idp, 'li.na')
    const otp = phone.code()
    const done = await Promise.all(Array.from({ length: 10 }, () => submit(page, { otp })))
    expect(statuses(done)).toBe(1)
  })

  it('of somebody else does not count', async () => {
    await givePhone()
    const other = await giveTotp(idp, 'e0021')
    expect((await submit(await signIn(idp, 'li.na'), { otp: other.code() })).status).toBe(401)
  })
})

describe('guessing codes', () => {
  it('slows down like guessing passwords, ends the sign-in after five and locks the account after eight', async () => {
    await givePhone()
    let page = await signIn(idp, 'li.na')
    for (let n = 1; n <= 3; n++) expect((await submit(page, { otp: '000000' })).status).toBe(401)
    const soon = await submit(page, { otp: '000000' })
    expect(soon.status).toBe(429)
    expect(soon.headers.get('retry-after')).toBe('1')
    later(100)
    expect((await submit(page, { otp: '000000' })).status).toBe(401)
    later(200)
    const fifth = await submit(page, { otp: '000000' })
    expect(fifth.url.searchParams.get('fault')).toBe('codes')
    expect(fifth.html).toContain('Too many wrong codes')
    expect(fifth.html).toContain('name="password"')
    expect(stepOf(await again(page, page.url))).not.toBe('factor')
    // The right password again gives new tries, but the account remembers the wrong codes.
    later(300)
    page = await signIn(idp, 'li.na')
    for (const seconds of [400, 500]) {
      later(seconds)
      expect((await submit(page, { otp: '000000' })).status).toBe(401)
    }
    later(600)
    const eighth = await submit(page, { otp: '000000' })
    expect(eighth.status).toBe(429)
    expect(eighth.html).toContain('paused for 15 minutes')
    later(700)
    expect((await submit(page, { otp: phone.code() })).status).toBe(429)
    const actions = (await readAudit(db(), { limit: 3 })).map(row => [row.action, row.detail.reason])
    expect(actions).toContainEqual(['sign_in.locked', undefined])
    expect(actions[0]).toEqual(['sign_in.failed', 'locked'])
  })

  it('at the same moment gives no more tries', async () => {
    await givePhone()
    const page = await signIn(idp, 'li.na')
    const answers = await Promise.all(Array.from({ length: 12 }, () => submit(page, { otp: '000000' })))
    expect(answers.filter(answer => answer.status === 401)).toHaveLength(3)
    expect(answers.filter(answer => answer.status === 429)).toHaveLength(9)
  })
})

describe('a recovery code', () => {
  it('takes the place of the telephone, in whatever case, once, and the person is told by mail', async () => {
    const [code = ''] = await giveCodes()
    const page = await again(await signIn(idp, 'li.na'), '?with=recovery')
    expect(page.html).toContain('name="recovery"')
    const done = await submit(page, { recovery: code.toLowerCase().replaceAll('-', ' ') })
    expect(await done.claims()).toMatchObject({ acr: '2', amr: ['pwd', 'rc'] })
    const refused = await submit(await again(await signIn(idp, 'li.na'), '?with=recovery'), { recovery: code })
    expect(refused.status).toBe(401)
    expect(refused.html).toContain('name="recovery"')
    const { rows } = await db().executeQuery<{ payload: { values: object } }>(
      db()
        .selectFrom('outbox' as never)
        .selectAll()
        .where('topic' as never, '=', 'mail' as never)
        .compile() as never,
    )
    expect(rows.map(row => row.payload)).toContainEqual(
      expect.objectContaining({
        kind: 'recovery_code_used',
        personId: 'e0007',
        values: expect.objectContaining({ left: 9 }),
      }),
    )
  })

  it('used ten times at once signs in once', async () => {
    const [code = ''] = await giveCodes()
    const pages = await Promise.all(Array.from({ length: 10 }, () => signIn(idp, 'li.na')))
    await db().deleteFrom('sign_in_throttle').execute()
    const done = await Promise.all(pages.map(page => submit(page, { recovery: code })))
    expect(statuses(done)).toBe(1)
  })

  it.each(['', 'x', '7K4M-Q2XW', '0000-0000-0000', 'ABCD-EFGH-JKM\u0000'])('%j is none', async recovery => {
    await giveCodes()
    const page = await submit(await signIn(idp, 'li.na'), { recovery })
    expect(page.status).toBe(400)
    expect(page.html).toContain('12 characters')
  })

  it('is kept as a keyed hash, and never appears in the log', async () => {
    const codes = await giveCodes()
    await submit(await signIn(idp, 'li.na'), { recovery: codes[0] ?? '' })
    const kept = JSON.stringify([
      await db().selectFrom('recovery_code').selectAll().execute(),
      await readAudit(db(), { limit: 20 }),
    ])
    for (const code of codes) {
      expect(kept).not.toContain(code)
      expect(kept).not.toContain(code.replaceAll('-', ''))
    }
  })
})

describe('a browser where the second factor was given', () => {
  it('is not asked again for the days of the policy, when it is the person’s own', async () => {
    await givePhone()
    await setPolicy(idp, { secondFactor: { askAgainDays: 30 } })
    const page = await signIn(idp, 'li.na')
    expect(page.html).toContain('not asked again for 30 days')
    const { browser } = await submit(page, { otp: phone.code() })
    const params = { prompt: 'login' }
    const known = await signIn(idp, 'li.na', { browser, params })
    expect(await known.claims()).toMatchObject({ acr: '1', amr: ['pwd'] })
    expect(stepOf(await signIn(idp, 'li.na')), 'another browser').toBe('factor')
    later(31 * 86_400)
    expect(stepOf(await signIn(idp, 'li.na', { browser, params }))).toBe('factor')
  })

  it('is asked every time on a shared computer, and without such a policy', async () => {
    await givePhone()
    await setPolicy(idp, { secondFactor: { askAgainDays: 30 } })
    const shared = await submit(await signIn(idp, 'li.na', { remember: false }), { otp: phone.code() })
    const params = { prompt: 'login' }
    expect(stepOf(await signIn(idp, 'li.na', { browser: shared.browser, params }))).toBe('factor')
    await setPolicy(idp, {})
    later(60)
    const own = await submit(await signIn(idp, 'li.na'), { otp: phone.code() })
    expect(stepOf(await signIn(idp, 'li.na', { browser: own.browser, params }))).toBe('factor')
  })

  it('of one person says nothing about another', async () => {
    await givePhone()
    await giveTotp(idp, 'e0021')
    await setPolicy(idp, { secondFactor: { askAgainDays: 30 } })
    const { browser } = await submit(await signIn(idp, 'li.na'), { otp: phone.code() })
    expect(stepOf(await signIn(idp, 'wang.fang', { browser, params: { prompt: 'login' } }))).toBe('factor')
  })
})

describe('steps out of order', () => {
  it('lead to the page that is due, never to a fault', async () => {
    await givePhone()
    const page = await open(idp)
    for (const step of ['factor', 'new-password', 'enrol', 'recovery-codes']) {
      const at = new URL(`${page.url.pathname}/${step}`, page.url)
      for (const init of [
        {},
        { method: 'POST', body: new URLSearchParams({ otp: '000000', password: 'x', again: 'x' }) },
      ]) {
        const early = await again(page, at, init)
        expect(early.status).toBe(200)
        expect(early.url.pathname).toBe(page.url.pathname)
        expect(early.html).toContain('name="password"')
      }
    }
    const factor = await submit(page, { username: 'li.na', password })
    const elsewhere = await again(factor, factor.url.pathname.replace('factor', 'new-password'), {
      method: 'POST',
      body: new URLSearchParams({ password: 'Another-2026', again: 'Another-2026' }),
    })
    expect(stepOf(elsewhere)).toBe('factor')
    const back = await again(factor, page.url)
    expect(back.html).toContain('name="password"')
    expect(isSignedIn(idp, await submit(factor, { otp: phone.code() }))).toBe(true)
  })

  it('after the end lead on to the application, or say that the page is used up', async () => {
    await givePhone()
    const factor = await signIn(idp, 'li.na')
    const answer = await factor.browser.fetch(factor.url, {
      method: 'POST',
      body: new URLSearchParams({ otp: phone.code() }),
    })
    expect(answer.status).toBe(303)
    const twice = await submit(factor, { otp: phone.code() })
    expect(isSignedIn(idp, twice)).toBe(true)
    expect((await submit(factor, { otp: phone.code() })).status).toBe(410)
    expect((await again(factor, factor.url)).status).toBe(410)
  })

  it('of one sign-in do not count in another one of the same browser', async () => {
    await givePhone()
    const one = await signIn(idp, 'li.na')
    const two = await open(idp, { browser: one.browser })
    const stray = await again(two, `${two.url.pathname}/factor`, {
      method: 'POST',
      body: new URLSearchParams({ otp: phone.code() }),
    })
    expect(stray.html).toContain('name="password"')
    expect(isSignedIn(idp, await submit(one, { otp: phone.code() }))).toBe(true)
  })

  it('cannot be used with the cookies of another browser', async () => {
    await givePhone()
    const one = await signIn(idp, 'li.na')
    const two = await signIn(idp, 'li.na')
    const { response } = await two.browser.follow(one.url, {
      method: 'POST',
      body: new URLSearchParams({ otp: phone.code() }),
    })
    expect(response.status).toBe(410)
  })

  it('begin anew when somebody else gives a password in the middle', async () => {
    await givePhone()
    const factor = await signIn(idp, 'li.na')
    const start = await again(factor, factor.url.pathname.replace('/factor', ''))
    const other = await submit(start, { username: 'wang.fang', password })
    expect(await other.claims()).toMatchObject({ sub: 'e0021', acr: '1', amr: ['pwd'] })
  })

  it('survive a restart between them, and end after half an hour', async () => {
    await givePhone()
    const one = await signIn(idp, 'li.na')
    const two = await signIn(idp, 'li.na')
    await idp.restart()
    expect(isSignedIn(idp, await submit(one, { otp: phone.code() }))).toBe(true)
    later(31 * 60)
    const late = await submit(two, { otp: phone.code() })
    expect(late.html).toContain('name="password"')
  })

  it('stop when the person is deactivated in the middle', async () => {
    await givePhone()
    const factor = await signIn(idp, 'li.na')
    await db().updateTable('person').set({ active: false }).where('id', '=', 'e0007').execute()
    const page = await submit(factor, { otp: phone.code() })
    await db().updateTable('person').set({ active: true }).where('id', '=', 'e0007').execute()
    expect(page.html).toContain('name="password"')
  })
})

it('a code that is given while the clock stands still is taken once', async () => {
  await givePhone()
  const still = now()
  setClock(() => still)
  const otp = phone.code()
  expect(isSignedIn(idp, await submit(await signIn(idp, 'li.na'), { otp }))).toBe(true)
  expect((await submit(await signIn(idp, 'li.na'), { otp })).status).toBe(401)
})
