import { readAudit } from '@atrium/platform/audit'
import { setClock } from '@atrium/platform/clock'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startTestIdp, type TestIdp } from '../../oidc/testing/idp.ts'
import { again, forgetWalks, isSignedIn, open, setPolicy, signIn, stepOf, submit } from '../testing/walk.ts'
import { SoftAuthenticator } from './testing/authenticator.ts'
import { account, answer, givePasskey, optionsOf, usePasskey } from './testing/passkeys.ts'

let idp: TestIdp
beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.stop())
afterEach(() => forgetWalks(idp))

const db = () => idp.service.deps.db
const origin = () => new URL(idp.issuer).origin
const mustHave = (...kinds: string[]) => setPolicy(idp, { secondFactor: { roles: [{ role: 'sales-manager', kinds }] } })

describe('a passkey after the password', () => {
  it('is asked of its person only, and counts as the second factor', async () => {
    const laptop = await givePasskey(idp, 'li.na')
    const page = await signIn(idp, 'li.na')
    expect(stepOf(page)).toBe('factor')
    expect(page.html).toContain('data-passkey="get"')
    const { body } = await optionsOf(page)
    expect(body).toMatchObject({ userVerification: 'preferred', allowCredentials: [{ id: laptop.id }] })
    const done = await answer(page, laptop.get(body))
    expect(await done.claims()).toMatchObject({ sub: 'e0007', acr: '2', amr: ['pwd', 'hwk', 'user'] })
  })

  it('counts as well where the key verifies nobody, as a plain security key', async () => {
    const key = await givePasskey(idp, 'li.na', { userVerified: false })
    const done = await usePasskey(await signIn(idp, 'li.na'), key, { userVerified: false, userHandle: null })
    expect(await done.claims()).toMatchObject({ acr: '2', amr: ['pwd', 'hwk'] })
    expect((await usePasskey(await open(idp), key, { userVerified: false })).status).toBe(401)
  })

  it('of somebody else opens nothing, though that one is right', async () => {
    await givePasskey(idp, 'li.na')
    const foreign = await givePasskey(idp, 'zhang.wei')
    const refused = await usePasskey(await signIn(idp, 'li.na'), foreign)
    expect(refused.status).toBe(401)
    expect(refused.html).toContain('This passkey does not show that it is you')
    expect((await readAudit(db(), { limit: 1 }))[0]).toMatchObject({
      action: 'sign_in.failed',
      actor: { id: 'e0007' },
      detail: { reason: 'wrong_passkey' },
    })
  })

  it('takes no challenge of the first page, and the first page none of this one', async () => {
    const laptop = await givePasskey(idp, 'li.na')
    const first = await open(idp)
    const { body } = await optionsOf(first)
    const factor = await submit(first, { username: 'li.na', password: 'Welcome-2026' })
    await optionsOf(factor)
    expect((await answer(factor, laptop.get(body))).status).toBe(401)
  })

  it('of ten simultaneous answers goes on once', async () => {
    const laptop = await givePasskey(idp, 'li.na')
    const page = await signIn(idp, 'li.na')
    const response = JSON.stringify(laptop.get((await optionsOf(page)).body))
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        page.browser.fetch(page.url, { method: 'POST', body: new URLSearchParams({ response }) }),
      ),
    )
    const onward = answers.filter(one => one.headers.get('location')?.includes('/protocol/openid-connect/auth/'))
    expect(onward).toHaveLength(1)
    for (const one of answers) expect([303, 401, 429]).toContain(one.status)
  })

  it('is under the limits of a code: five wrong answers and the password is asked again', async () => {
    const laptop = await givePasskey(idp, 'li.na')
    const page = await signIn(idp, 'li.na')
    for (let n = 1; n <= 5; n++) {
      await db().deleteFrom('sign_in_throttle').execute()
      const refused = await usePasskey(page, laptop, { challenge: 'AAAA' })
      if (n < 5) expect(refused.status).toBe(401)
      else expect(refused.html).toContain('name="password"')
    }
  })

  it('that does not satisfy the role is neither offered nor taken', async () => {
    const laptop = await givePasskey(idp, 'li.na')
    await setPolicy(idp, {})
    const page = await signIn(idp, 'li.na')
    const { body } = await optionsOf(page)
    const secret = { kind: 'totp' as const, secret_sealed: 'x', name: 'Phone', id: 'totp-1', person_id: 'e0007' }
    await db().insertInto('factor').values(secret).execute()
    await mustHave('totp')
    expect(await optionsOf(page)).toMatchObject({ status: 403, body: { code: 'passkey_not_usable' } })
    expect((await answer(page, laptop.get(body))).status).toBe(403)
  })

  it('is made in the sign-in where a role must have one, and counts at once', async () => {
    await mustHave('passkey')
    const page = await signIn(idp, 'li.na')
    expect(stepOf(page)).toBe('enrol')
    expect(page.html).toContain('data-passkey="create"')
    const phone = new SoftAuthenticator(origin())
    const { body } = await optionsOf(page)
    const codes = await answer(page, phone.create(body as never))
    expect(stepOf(codes)).toBe('recovery-codes')
    const done = await submit(codes, {})
    expect(await done.claims()).toMatchObject({ acr: '2', amr: ['pwd', 'hwk', 'user'] })
    expect(isSignedIn(idp, await usePasskey(await open(idp), phone))).toBe(true)
  })

  it.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['the portal, though that is right on its own page', { origin: 'http://localhost:39000' }],
    ['another relying party', { rpId: 'evil.example' }],
    ['another challenge', { challenge: 'AAAA' }],
  ])('is not made for %s', async (_name, bent) => {
    await mustHave('passkey')
    const page = await signIn(idp, 'li.na')
    const refused = await answer(
      page,
      new SoftAuthenticator(origin()).create((await optionsOf(page)).body as never, bent),
    )
    expect(refused.status).toBe(400)
    expect(refused.html).toContain('This passkey was not accepted')
    expect(refused.html).toContain('data-passkey="create"')
    expect(await db().selectFrom('factor').selectAll().execute()).toEqual([])
  })

  it('made ten times at once is made once', async () => {
    await mustHave('passkey')
    const page = await signIn(idp, 'li.na')
    const response = JSON.stringify(new SoftAuthenticator(origin()).create((await optionsOf(page)).body as never))
    const statuses = await Promise.all(
      Array.from(
        { length: 10 },
        async () =>
          (await page.browser.fetch(page.url, { method: 'POST', body: new URLSearchParams({ response }) })).status,
      ),
    )
    for (const status of statuses) expect([303, 400]).toContain(status)
    expect(await db().selectFrom('factor').selectAll().execute()).toHaveLength(1)
    expect(stepOf(await again(page, page.url))).toBe('recovery-codes')
  })
})

describe('the account API', () => {
  it('gives recovery codes with the first passkey and none with the second, and names those there are', async () => {
    const call = await account(idp, 'li.na')
    const begun = await call('POST', 'passkeys/options', {})
    expect(begun.body.options).toMatchObject({
      rp: { id: 'localhost' },
      user: { name: 'li.na', displayName: '李娜' },
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'preferred' },
    })
    expect(begun.body.options.user.id).not.toContain(Buffer.from('e0007').toString('base64url'))
    const laptop = new SoftAuthenticator(origin())
    const response = laptop.create(begun.body.options, { origin: idp.portal })
    const added = await call('POST', 'passkeys', { enrolment: begun.body.enrolment, response, name: 'Laptop' })
    expect(added).toMatchObject({ status: 201, body: { factor: { kind: 'passkey', name: 'Laptop' } } })
    expect(added.body.recoveryCodes).toHaveLength(10)
    // From now on only who has given the second factor may change factors.
    expect(await call('POST', 'passkeys/options', {})).toMatchObject({
      status: 403,
      body: { code: 'reauthentication_required', acr: '2', maxAge: 900 },
    })
  })

  it.each([
    ['another origin', { origin: 'https://evil.example' }, 422],
    ['another relying party', { rpId: 'evil.example' }, 422],
    ['another challenge', { challenge: 'AAAA' }, 422],
    ['nobody there', { userPresent: false }, 422],
    ['a sign-in in place of a registration', { type: 'webauthn.get' }, 422],
  ])('refuses an answer with %s', async (_name, bent, status) => {
    const call = await account(idp, 'li.na')
    const { body } = await call('POST', 'passkeys/options', {})
    const response = new SoftAuthenticator(origin()).create(body.options, bent)
    const refused = await call('POST', 'passkeys', { enrolment: body.enrolment, response, name: 'Laptop' })
    expect(refused).toMatchObject({ status, body: { code: 'passkey_refused' } })
  })

  it('takes an answer once, from the person who began, within five minutes', async () => {
    const call = await account(idp, 'li.na')
    const other = await account(idp, 'zhang.wei')
    const { body } = await call('POST', 'passkeys/options', {})
    const send = {
      enrolment: body.enrolment,
      response: new SoftAuthenticator(origin()).create(body.options),
      name: 'A',
    }
    expect(await other('POST', 'passkeys', send)).toMatchObject({ status: 404, body: { code: 'unknown_enrolment' } })
    const answers = await Promise.all(Array.from({ length: 10 }, () => call('POST', 'passkeys', send)))
    expect(answers.filter(one => one.status === 201)).toHaveLength(1)
    for (const one of answers) expect([201, 403, 404]).toContain(one.status)
    const late = await other('POST', 'passkeys/options', {})
    setClock(() => new Date(Date.now() + 301_000))
    const response = new SoftAuthenticator(origin()).create(late.body.options)
    expect(await other('POST', 'passkeys', { enrolment: late.body.enrolment, response, name: 'B' })).toMatchObject({
      status: 404,
      body: { code: 'unknown_enrolment' },
    })
  })

  it('does not give somebody the passkey that another person has', async () => {
    const laptop = await givePasskey(idp, 'zhang.wei')
    const call = await account(idp, 'li.na')
    const { body } = await call('POST', 'passkeys/options', {})
    const response = new SoftAuthenticator(origin()).create(body.options, { id: laptop.id })
    expect(await call('POST', 'passkeys', { enrolment: body.enrolment, response, name: 'Mine' })).toMatchObject({
      status: 409,
      body: { code: 'passkey_known' },
    })
  })

  it.each([
    ['nothing', {}],
    ['no name', { enrolment: 'x', response: {} }],
    ['an answer that is a text', { enrolment: 'x', response: 'x', name: 'x' }],
    ['an enrolment of 5000 characters', { enrolment: 'x'.repeat(5000), response: {}, name: 'x' }],
    [
      'an attestation of 60 KB',
      {
        enrolment: 'x',
        name: 'x',
        response: {
          id: 'AA',
          rawId: 'AA',
          type: 'public-key',
          response: { clientDataJSON: 'AA', attestationObject: 'A'.repeat(60_000) },
        },
      },
    ],
  ])('answers %s with 400', async (_name, body) => {
    const call = await account(idp, 'li.na')
    expect((await call('POST', 'passkeys', body)).status).toBe(400)
  })

  it('answers an attestation that is broken with 422', async () => {
    const call = await account(idp, 'li.na')
    for (const attestationObject of ['AAAA', 'o2NmbXQ', Buffer.from('a0', 'hex').toString('base64url')]) {
      const { body } = await call('POST', 'passkeys/options', {})
      const right = new SoftAuthenticator(origin()).create(body.options)
      const response = { ...right, response: { ...(right.response as object), attestationObject } }
      expect(await call('POST', 'passkeys', { enrolment: body.enrolment, response, name: 'x' })).toMatchObject({
        status: 422,
        body: { code: 'passkey_refused' },
      })
    }
  })

  it('offers none where the policy offers none', async () => {
    await setPolicy(idp, { secondFactor: { offered: ['totp'] } })
    const call = await account(idp, 'li.na')
    expect(await call('POST', 'passkeys/options', {})).toMatchObject({
      status: 409,
      body: { code: 'factor_not_offered' },
    })
  })

  it('opens nothing more once it is removed', async () => {
    const laptop = await givePasskey(idp, 'li.na')
    await db().deleteFrom('factor').execute()
    expect((await usePasskey(await open(idp), laptop)).status).toBe(401)
  })
})
