import { readAudit } from '@atrium/platform/audit'
import { setClock } from '@atrium/platform/clock'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { password } from '../../oidc/testing/accounts.ts'
import { TestBrowser } from '../../oidc/testing/browser.ts'
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

const db = () => idp.service.deps.db
const required = { secondFactor: { roles: [{ role: 'sales-manager', kinds: ['totp', 'passkey'] }] } }
const secretOf = (page: Walk): string => (/class="secret">([^<]+)</.exec(page.html)?.[1] ?? '').replaceAll(' ', '')
const codesOf = (page: Walk): string[] => [...page.html.matchAll(/<li><code>([^<]+)</g)].map(([, code]) => code ?? '')

describe('a role that must have a second factor', () => {
  it('sets one up at the next sign-in, gets ten recovery codes, and is signed in with both', async () => {
    await setPolicy(idp, required)
    const page = await signIn(idp, 'li.na')
    expect(stepOf(page)).toBe('enrol')
    expect(page.html).toContain('Your role asks for a second step')
    expect(page.html).toMatch(/<svg[^>]*>/)
    expect(page.html).toContain('otpauth://totp/')
    expect(page.html).not.toMatch(/<script(?! src)|style=|\son[a-z]+=/)
    const codes = await submit(page, { otp: codeOf(secretOf(page)) })
    expect(stepOf(codes)).toBe('recovery-codes')
    expect(new Set(codesOf(codes)).size).toBe(10)
    const done = await submit(codes, {})
    expect(await done.claims()).toMatchObject({ acr: '2', amr: ['pwd', 'otp'] })
    const actions = (await readAudit(db(), { limit: 20 })).map(row => row.action)
    expect(actions).toContain('factor.added')
    const { rows } = await sql<{ kind: string }>`
      select payload->>'kind' as kind from outbox where topic = 'mail' and payload->>'personId' = 'e0007'`.execute(db())
    expect(rows.map(row => row.kind)).toContain('factor_added')
    const next = await signIn(idp, 'li.na')
    expect(stepOf(next)).toBe('factor')
    expect(isSignedIn(idp, await submit(next, { recovery: codesOf(codes)[3] ?? '' }))).toBe(true)
  })

  it('does not concern others, nor somebody who has one of the kinds', async () => {
    await setPolicy(idp, required)
    expect(isSignedIn(idp, await signIn(idp, 'wang.fang'))).toBe(true)
    const { code } = await giveTotp(idp, 'e0007')
    expect(isSignedIn(idp, await submit(await signIn(idp, 'li.na'), { otp: code() }))).toBe(true)
  })

  it('that wants another kind than the one somebody has gets both', async () => {
    await setPolicy(idp, { secondFactor: { roles: [{ role: 'sales-manager', kinds: ['passkey'] }] } })
    const { code } = await giveTotp(idp, 'e0007')
    const page = await signIn(idp, 'li.na')
    expect(stepOf(page)).toBe('factor')
    expect(stepOf(await submit(page, { otp: code() }))).toBe('enrol')
  })
})

describe('setting up an authenticator application', () => {
  it('shows the same secret again, and takes the code once', async () => {
    await setPolicy(idp, required)
    const page = await signIn(idp, 'li.na')
    const secret = secretOf(page)
    expect(secret).toMatch(/^[A-Z2-7]{32}$/)
    expect(secretOf(await again(page, page.url))).toBe(secret)
    const wrong = await submit(page, { otp: '000000' })
    expect(wrong.status).toBe(400)
    expect(secretOf(wrong)).toBe(secret)
    const otp = codeOf(secret)
    const codes = await submit(page, { otp })
    await submit(codes, {})
    expect((await submit(await signIn(idp, 'li.na'), { otp })).status).toBe(401)
  })

  it('done ten times at once adds one', async () => {
    await setPolicy(idp, required)
    const page = await signIn(idp, 'li.na')
    const otp = codeOf(secretOf(page))
    const answers = await Promise.all(Array.from({ length: 10 }, () => submit(page, { otp })))
    expect(answers.map(stepOf)).toEqual(Array.from({ length: 10 }, () => 'recovery-codes'))
    expect(new Set(answers.map(answer => codesOf(answer).join())).size).toBe(1)
    expect(await db().selectFrom('factor').select('id').execute()).toHaveLength(1)
    expect(await db().selectFrom('recovery_code').select('code_hash').execute()).toHaveLength(10)
  })

  it('goes on after a restart, and a lost answer does not lose the recovery codes', async () => {
    await setPolicy(idp, required)
    const page = await signIn(idp, 'li.na')
    await idp.restart()
    const codes = await submit(page, { otp: codeOf(secretOf(page)) })
    await idp.restart()
    const reloaded = await again(codes, codes.url)
    expect(codesOf(reloaded)).toEqual(codesOf(codes))
    expect(isSignedIn(idp, await submit(reloaded, {}))).toBe(true)
    expect((await again(codes, codes.url)).html).not.toContain(codesOf(codes)[0])
  })

  it('keeps neither secret nor codes readable', async () => {
    await setPolicy(idp, required)
    const page = await signIn(idp, 'li.na')
    const secret = secretOf(page)
    const codes = await submit(page, { otp: codeOf(secret) })
    const kept = JSON.stringify([
      await db().selectFrom('sign_in_progress').selectAll().execute(),
      await db().selectFrom('factor').selectAll().execute(),
      await db().selectFrom('recovery_code').selectAll().execute(),
      await readAudit(db(), { limit: 20 }),
    ])
    for (const one of [secret, ...codesOf(codes)]) expect(kept).not.toContain(one)
  })
})

describe('a password that has to be changed', () => {
  const begin = async (username = 'li.na'): Promise<Walk> => {
    await db().updateTable('person').set({ password_must_change: true }).where('username', '=', username).execute()
    return await signIn(idp, username)
  }
  const restore = async (): Promise<void> => {
    await db()
      .updateTable('person')
      .set({ password_hash: await idp.service.deps.hashPassword(password), password_changed_at: new Date() })
      .execute()
    await db().deleteFrom('password_history').execute()
  }
  afterEach(restore)
  const fresh = 'seven green bicycles'

  it('is changed before anything else opens, by whoever has proved the second factor too', async () => {
    const { code } = await giveTotp(idp, 'e0007')
    const factor = await begin()
    expect(stepOf(factor)).toBe('factor')
    const page = await submit(factor, { otp: code() })
    expect(stepOf(page)).toBe('new-password')
    expect(page.html).toContain('An administrator asks you')
    const done = await submit(page, { password: fresh, again: fresh })
    expect(await done.claims()).toMatchObject({ acr: '2', amr: ['pwd', 'otp'] })
    expect((await signIn(idp, 'li.na')).html).toContain('Username or password is not right')
    expect(stepOf(await signIn(idp, 'li.na', { password: fresh }))).toBe('factor')
  })

  it('ends every other session, and every other sign-in that was begun with the old one', async () => {
    const elsewhere = await signIn(idp, 'li.na')
    const half = await begin()
    const page = await begin()
    expect(isSignedIn(idp, await submit(page, { password: fresh, again: fresh }))).toBe(true)
    expect((await again(half, half.url)).html).toContain('name="username"')
    const silent = await open(idp, { browser: elsewhere.browser, params: { prompt: 'none' } })
    expect(silent.url.searchParams.get('error')).toBe('login_required')
    const sessions = await db()
      .selectFrom('oidc_model')
      .select('uid')
      .where('model', '=', 'Session')
      .where('account_id', '=', 'e0007')
      .execute()
    expect(sessions).toHaveLength(1)
  })

  it.each([
    [{ password: fresh, again: 'another' }, 'differ'],
    [{ password: '', again: '' }, 'twice'],
    [{}, 'twice'],
    [{ password: 'short', again: 'short' }, 'characters or more'],
    [{ password, again: password }, 'was used before'],
    [{ password: 'password123', again: 'password123' }, 'common'],
    [{ password: 'li.na-li.na-li.na', again: 'li.na-li.na-li.na' }, 'your name'],
  ])('%j is refused with a reason', async (form, reason) => {
    const page = await submit(await begin(), form as Record<string, string>)
    expect(page.status).toBe(400)
    expect(stepOf(page)).toBe('new-password')
    expect(page.html).toContain(reason)
  })

  it('sent ten times at once is changed once, and everybody gets on', async () => {
    const page = await begin()
    const answers = await Promise.all(Array.from({ length: 10 }, () => submit(page, { password: fresh, again: fresh })))
    // Of the same browser: who comes second is led to where the sign-in stands, and that may be its end already.
    expect(answers.some(answer => isSignedIn(idp, answer))).toBe(true)
    expect(answers.map(answer => answer.status).filter(status => status >= 500)).toEqual([])
    expect(await db().selectFrom('password_history').select('id').execute()).toHaveLength(1)
  })

  it('that somebody else replaces at the same moment signs nobody in', async () => {
    const page = await begin()
    const other = await idp.service.deps.hashPassword('a password set elsewhere')
    let late: Promise<Walk> | undefined
    await db()
      .transaction()
      .execute(async trx => {
        // As a reset by mail does it, while the form is on its way.
        await trx
          .updateTable('person')
          .set({ password_hash: other, password_must_change: false })
          .where('id', '=', 'e0007')
          .execute()
        await trx.deleteFrom('sign_in_progress').where('person_id', '=', 'e0007').execute()
        late = submit(page, { password: fresh, again: fresh })
        await expect
          .poll(
            async () =>
              (
                await sql`select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%password_hash%'`.execute(
                  db(),
                )
              ).rows.length,
            { timeout: 10_000 },
          )
          .toBe(1)
      })
    const answer = await late
    expect(answer && isSignedIn(idp, answer)).toBe(false)
    expect(answer?.html).toContain('name="username"')
  })

  it('may be one that is older than the policy allows', async () => {
    await setPolicy(idp, { password: { maxAgeDays: 90 } })
    expect(isSignedIn(idp, await signIn(idp, 'li.na'))).toBe(true)
    const at = Date.now() + 91 * 86_400_000
    setClock(() => new Date(at))
    const page = await signIn(idp, 'li.na')
    expect(stepOf(page)).toBe('new-password')
    expect(page.html).toContain('older than 90 days')
  })

  it('cannot be changed with the page alone once it is done', async () => {
    const page = await begin()
    await submit(page, { password: fresh, again: fresh })
    expect((await submit(page, { password: 'something else 1', again: 'something else 1' })).status).toBe(410)
  })
})

describe('a form that was sent from elsewhere', () => {
  const post = async (headers: Record<string, string>) => {
    const page = await signIn(idp, 'nobody')
    return await page.browser.fetch(page.url, { method: 'POST', body: new URLSearchParams({ username: 'x' }), headers })
  }

  it.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:1' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'null', 'sec-fetch-site': 'cross-site' },
  ] as Record<string, string>[])('is refused: %j', async headers => {
    const answer = await post(headers)
    expect(answer.status).toBe(403)
    expect(await answer.text()).toContain('did not come from the sign-in page')
  })

  it('is not one from the page itself', async () => {
    for (const headers of [
      {},
      { origin: new URL(idp.issuer).origin },
      { origin: new URL(idp.issuer).origin, 'sec-fetch-site': 'same-origin' },
      { origin: 'null', 'sec-fetch-site': 'same-origin' },
    ] as Record<string, string>[])
      expect((await post(headers)).status).toBe(400)
  })

  it('is refused at every form', async () => {
    for (const path of ['first-password/x', 'device', 'protocol/openid-connect/logout/confirm', 'sign-in/x/factor']) {
      const answer = await new TestBrowser().fetch(`${idp.issuer}/${path}`, {
        method: 'POST',
        headers: { origin: 'https://evil.example' },
      })
      expect(answer.status, path).toBe(403)
    }
  })
})
