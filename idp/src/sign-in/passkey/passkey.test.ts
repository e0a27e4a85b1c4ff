import { readAudit } from '@atrium/platform/audit'
import { setClock } from '@atrium/platform/clock'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startTestIdp, type TestIdp } from '../../oidc/testing/idp.ts'
import { forgetWalks, isSignedIn, open, setPolicy, signIn, stepOf } from '../testing/walk.ts'
import { type Deviation, SoftAuthenticator } from './testing/authenticator.ts'
import { answer, givePasskey, optionsOf, usePasskey } from './testing/passkeys.ts'

let idp: TestIdp
beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.stop())
afterEach(() => forgetWalks(idp))

const db = () => idp.service.deps.db
const origin = () => new URL(idp.issuer).origin
const lastReason = async (): Promise<string> => {
  const [row] = await readAudit(db(), { limit: 1 })
  return `${row?.actor.id} ${row?.action} ${row?.detail.reason}`
}

describe('a passkey alone', () => {
  it('signs in with two factors in one, without a password or a name', async () => {
    const laptop = await givePasskey(idp, 'li.na')
    const page = await open(idp)
    expect(page.html).toContain('autocomplete="username webauthn"')
    const { status, body } = await optionsOf(page)
    expect(status).toBe(200)
    expect(body).toMatchObject({ rpId: 'localhost', userVerification: 'required', allowCredentials: [] })
    const done = await usePasskey(page, laptop)
    expect(isSignedIn(idp, done)).toBe(true)
    expect(await done.claims()).toMatchObject({ sub: 'e0007', acr: '2', amr: ['hwk', 'user'] })
    const [last] = await readAudit(db(), { limit: 1 })
    expect(last).toMatchObject({ action: 'sign_in.succeeded', detail: { methods: ['hwk', 'user'] } })
    expect(await db().selectFrom('factor_challenge').selectAll().execute()).toEqual([])
    const [factor] = await db().selectFrom('factor').select(['counter', 'last_used_at']).execute()
    expect(factor).toMatchObject({ counter: 1, last_used_at: expect.any(Date) })
  })

  it('of ten simultaneous answers to one challenge signs in once', async () => {
    const laptop = await givePasskey(idp, 'li.na')
    const page = await open(idp)
    const { body } = await optionsOf(page)
    const response = laptop.get(body)
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        page.browser.fetch(page.url, {
          method: 'POST',
          body: new URLSearchParams({ response: JSON.stringify(response) }),
        }),
      ),
    )
    const onward = answers.filter(one => one.headers.get('location')?.includes('code='))
    expect(onward).toHaveLength(1)
    for (const one of answers) expect([303, 400]).toContain(one.status)
  })

  it('is refused when the answer is sent again, in the same sign-in or in another one', async () => {
    const laptop = await givePasskey(idp, 'li.na')
    const page = await open(idp)
    const { body } = await optionsOf(page)
    const response = laptop.get(body, { userVerified: false })
    expect((await answer(page, response)).status).toBe(401)
    const replayed = await answer(page, laptop.get(body))
    expect(replayed.status).toBe(400)
    expect(replayed.html).toContain('It took too long, or was used already')
    expect(await lastReason()).toBe('anonymous sign_in.failed passkey_expired')
    const other = await open(idp)
    await optionsOf(other)
    const foreign = await answer(other, laptop.get(body))
    expect(foreign.status).toBe(401)
    expect(await lastReason()).toBe('e0007 sign_in.failed wrong_passkey')
  })

  it('is refused five minutes after the challenge', async () => {
    const laptop = await givePasskey(idp, 'li.na')
    const page = await open(idp)
    const { body } = await optionsOf(page)
    setClock(() => new Date(Date.now() + 301_000))
    expect((await answer(page, laptop.get(body))).status).toBe(400)
  })

  it('has one challenge a page: asking again voids the one before', async () => {
    const laptop = await givePasskey(idp, 'li.na')
    const page = await open(idp)
    const { body: first } = await optionsOf(page)
    await optionsOf(page)
    expect(await db().selectFrom('factor_challenge').selectAll().execute()).toHaveLength(1)
    expect((await answer(page, laptop.get(first))).status).toBe(401)
  })

  const bent: [string, Deviation, string][] = [
    ['for another relying party', { rpId: 'example.com' }, 'wrong_passkey'],
    ['from another origin', { origin: 'http://localhost:1' }, 'wrong_passkey'],
    ['from the portal, where nobody signs in', { origin: 'http://localhost:39000' }, 'wrong_passkey'],
    ['with another challenge', { challenge: 'AAAA' }, 'wrong_passkey'],
    ['of a registration', { type: 'webauthn.create' }, 'wrong_passkey'],
    ['without verification of its user', { userVerified: false }, 'wrong_passkey'],
    ['without anybody there', { userPresent: false, userVerified: true }, 'wrong_passkey'],
    ['that names nobody', { userHandle: null }, 'wrong_passkey'],
    ['that names somebody else', { userHandle: 'AAAA' }, 'wrong_passkey'],
  ]
  it.each(bent)('is refused %s, with a word to nobody but the audit log', async (_name, deviation, reason) => {
    const laptop = await givePasskey(idp, 'li.na')
    const refused = await usePasskey(await open(idp), laptop, deviation)
    expect(refused.status).toBe(401)
    expect(refused.html).toContain('This passkey does not work here')
    expect(await lastReason()).toBe(`e0007 sign_in.failed ${reason}`)
  })

  it('tells by no word whether it is unknown, forged or of somebody who left', async () => {
    const laptop = await givePasskey(idp, 'li.na')
    const left = await givePasskey(idp, 'chen.jie')
    const forged = new SoftAuthenticator(origin())
    await db().updateTable('person').set({ active: false }).where('username', '=', 'chen.jie').execute()
    try {
      const page = await open(idp)
      const answers = [
        await usePasskey(page, left),
        await usePasskey(page, laptop, { challenge: 'AAAA' }),
        await usePasskey(page, laptop, { id: Buffer.alloc(32).toString('base64url') }),
        await usePasskey(page, forged, { id: laptop.id, rpId: 'localhost', userHandle: laptop.userHandle }),
      ]
      for (const { status } of answers) expect(status).toBe(401)
      expect(new Set(answers.map(({ html }) => html)).size).toBe(1)
      const reasons = (await readAudit(db(), { action: 'sign_in.failed', limit: 4 })).map(row => row.detail.reason)
      expect(reasons).toEqual(['wrong_passkey', 'unknown_passkey', 'wrong_passkey', 'inactive'])
    } finally {
      await db().updateTable('person').set({ active: true }).where('username', '=', 'chen.jie').execute()
    }
  })

  it('whose counter does not grow is refused and recorded: it may be a copy', async () => {
    const laptop = await givePasskey(idp, 'li.na')
    expect(isSignedIn(idp, await usePasskey(await open(idp), laptop, { counter: 7 }))).toBe(true)
    for (const counter of [7, 6, 0]) {
      const refused = await usePasskey(await open(idp), laptop, { counter })
      expect(refused.status).toBe(401)
      expect(await lastReason()).toBe('e0007 sign_in.failed passkey_counter')
    }
    expect(isSignedIn(idp, await usePasskey(await open(idp), laptop, { counter: 8 }))).toBe(true)
  })

  it('that never counts, as those that are synchronised, is taken each time', async () => {
    const laptop = await givePasskey(idp, 'li.na')
    for (let n = 1; n <= 2; n++)
      expect(isSignedIn(idp, await usePasskey(await open(idp), laptop, { counter: 0 }))).toBe(true)
  })

  it('goes no further than its own person where somebody else had begun', async () => {
    const laptop = await givePasskey(idp, 'li.na')
    await givePasskey(idp, 'zhang.wei')
    const begun = await signIn(idp, 'zhang.wei')
    expect(stepOf(begun)).toBe('factor')
    const first = await open(idp, { browser: begun.browser })
    const done = await usePasskey(first, laptop)
    expect(await done.claims()).toMatchObject({ sub: 'e0007', amr: ['hwk', 'user'] })
  })

  it('is not offered, and opens nothing, where the policy wants the password first', async () => {
    const laptop = await givePasskey(idp, 'li.na')
    const page = await open(idp)
    const { body } = await optionsOf(page)
    await setPolicy(idp, { passkeyAlone: false })
    const refused = await answer(page, laptop.get(body))
    expect(refused.status).toBe(403)
    expect(refused.html).toContain('Sign in with your password, then confirm with the passkey')
    expect(await optionsOf(page)).toMatchObject({ status: 403, body: { code: 'passkey_not_enough' } })
    setClock(() => new Date(Date.now() + 3000))
    expect((await open(idp)).html).not.toContain('data-passkey')
  })

  it('cannot be answered with the cookie of another sign-in, or without any', async () => {
    const laptop = await givePasskey(idp, 'li.na')
    const [one, two] = [await open(idp), await open(idp)]
    const { body } = await optionsOf(one)
    const stolen = { ...two, url: one.url }
    expect((await answer(stolen, laptop.get(body))).status).toBe(410)
    const response = await fetch(`${one.url}/passkey/options`, { method: 'POST' })
    expect(response.status).toBe(410)
  })

  it('is not taken from a page of somebody else', async () => {
    const page = await open(idp)
    const response = await page.browser.fetch(`${page.url}/passkey/options`, {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
    })
    expect(response.status).toBe(403)
  })
})

const broken: [string, (right: Record<string, unknown>) => unknown][] = [
  ['nothing', () => ''],
  ['no JSON', () => '{"id":'],
  ['null', () => null],
  ['an array', () => []],
  ['a number', () => 7],
  ['no id', right => ({ ...right, id: undefined })],
  ['an id that is no text', right => ({ ...right, id: { $ne: 1 } })],
  ['two ids', right => ({ ...right, rawId: 'AAAA' })],
  ['another type', right => ({ ...right, type: 'password' })],
  ['no response', right => ({ ...right, response: undefined })],
  ['a null character', right => ({ ...right, id: 'AA\u0000A', rawId: 'AA\u0000A' })],
  ['an id of 2000 characters', right => ({ ...right, id: 'A'.repeat(2000), rawId: 'A'.repeat(2000) })],
  ['client data that are no JSON', right => within(right, { clientDataJSON: 'AAAA' })],
  ['client data that are null', right => within(right, { clientDataJSON: Buffer.from('null').toString('base64url') })],
  ['authenticator data of three bytes', right => within(right, { authenticatorData: 'AAAA' })],
  ['a signature of three bytes', right => within(right, { signature: 'AAAA' })],
  ['a signature that is a list', right => within(right, { signature: [1, 2] })],
  ['a signature of 5000 characters', right => within(right, { signature: 'A'.repeat(5000) })],
  ['100 KB', right => within(right, { clientDataJSON: 'A'.repeat(100_000) })],
]
const within = (right: Record<string, unknown>, more: Record<string, unknown>) => ({
  ...right,
  response: { ...(right.response as Record<string, unknown>), ...more },
})

describe('an answer with', () => {
  it.each(broken)('%s is refused by the page itself, alone and as second factor', async (_name, bend) => {
    const laptop = await givePasskey(idp, 'li.na')
    for (const page of [await open(idp), await signIn(idp, 'li.na')]) {
      const { body } = await optionsOf(page)
      const refused = await answer(page, bend(laptop.get(body)))
      expect([400, 401]).toContain(refused.status)
      expect(refused.html).toMatch(/role="alert"/)
      // Nothing is lost: the next answer is taken.
      expect(isSignedIn(idp, await usePasskey(page, laptop))).toBe(true)
    }
  })

  it('the field twice counts as none', async () => {
    const page = await open(idp)
    const body = new URLSearchParams([
      ['response', '{}'],
      ['response', '{}'],
    ])
    expect((await page.browser.fetch(page.url, { method: 'POST', body })).status).toBe(400)
  })
})
