import { readAudit } from '@atrium/platform/audit'
import { setClock } from '@atrium/platform/clock'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Answered } from '../admin/testing/idp.ts'
import { startTestIdp, type TestIdp } from '../oidc/testing/idp.ts'
import { visit } from '../oidc/testing/relying-party.ts'
import {
  codeOf,
  forgetWalks,
  giveTotp,
  isSignedIn,
  setPolicy,
  signIn,
  stepOf,
  submit,
} from '../sign-in/testing/walk.ts'

let idp: TestIdp
beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.stop())
afterEach(() => forgetWalks(idp))

type Token = string
const tokenOf = async (username: string): Promise<Token> => (await visit(idp, 'portal', username)).tokens.access_token

/** A token of a session with two factors. */
const strongToken = async (username: string, code: string): Promise<Token> => {
  const done = await submit(await signIn(idp, username), { otp: code })
  return await done.accessToken()
}

async function call(token: Token, method: string, path: string, body?: unknown): Promise<Answered> {
  const response = await fetch(`${new URL(idp.issuer).origin}/account${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'accept-language': 'en',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text ? JSON.parse(text) : null, headers: response.headers }
}

const mails = async (): Promise<string[]> => {
  const { rows } = await sql<{ kind: string }>`
    select payload->>'kind' as kind from outbox where topic = 'mail' order by created_at`.execute(idp.service.deps.db)
  return rows.map(row => row.kind)
}

describe('an authenticator application', () => {
  it('is set up with a secret and its first code; recovery codes come with the first factor only', async () => {
    const me = await tokenOf('li.na')
    const begun = await call(me, 'POST', '/totp')
    expect(begun.status).toBe(201)
    expect(begun.body).toMatchObject({
      secret: expect.stringMatching(/^[A-Z2-7]{32}$/),
      uri: expect.stringContaining('otpauth://totp/Huaxin%20Machinery:li.na?secret='),
      qr: expect.stringMatching(/^<svg/),
    })
    const path = `/totp/${begun.body.enrolment}/confirm`
    const confirmed = await call(me, 'POST', path, { code: codeOf(begun.body.secret), name: ' Phone ' })
    expect(confirmed.body).toMatchObject({ factor: { kind: 'totp', name: 'Phone' } })
    expect(new Set(confirmed.body.recoveryCodes).size).toBe(10)
    expect((await call(me, 'GET', '/factors')).body).toMatchObject({
      items: [{ id: confirmed.body.factor.id, kind: 'totp', name: 'Phone' }],
      recoveryCodes: { left: 10 },
    })
    expect((await call(me, 'POST', path, { code: codeOf(begun.body.secret), name: 'Phone' })).status).toBe(404)
    expect(await mails()).toContain('factor_added')
    const page = await signIn(idp, 'li.na')
    expect(stepOf(page)).toBe('factor')
    // The code that set it up was its first use.
    expect((await submit(page, { otp: codeOf(begun.body.secret) })).status).toBe(401)
    expect(isSignedIn(idp, await submit(page, { otp: codeOf(begun.body.secret, 1) }))).toBe(true)
  })

  it('confirmed ten times at once is there once', async () => {
    const me = await tokenOf('li.na')
    const { body } = await call(me, 'POST', '/totp')
    const confirm = () =>
      call(me, 'POST', `/totp/${body.enrolment}/confirm`, { code: codeOf(body.secret), name: 'Phone' })
    const answers = await Promise.all(Array.from({ length: 10 }, confirm))
    expect(answers.map(answer => answer.status).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 404)])
    expect((await call(me, 'GET', '/factors')).body.items).toHaveLength(1)
  })

  it('is not set up by a wrong code, by somebody else, or too late', async () => {
    const me = await tokenOf('li.na')
    const { body } = await call(me, 'POST', '/totp')
    const path = `/totp/${body.enrolment}/confirm`
    for (const code of ['000000', '', 'abcdef', '１２３４５６'])
      expect((await call(me, 'POST', path, { code, name: 'Phone' })).body.code).toBe('wrong_code')
    for (const bad of [{ code: '000000' }, { name: 'x' }, { code: 1, name: 'x' }, { code: '000000', name: ' ' }, null])
      expect((await call(me, 'POST', path, bad)).status).toBe(400)
    const other = await tokenOf('wang.fang')
    const good = { code: codeOf(body.secret), name: 'Phone' }
    expect((await call(other, 'POST', path, good)).body.code).toBe('unknown_enrolment')
    const at = Date.now() + 16 * 60_000
    setClock(() => new Date(at))
    expect((await call(me, 'POST', path, { ...good, code: codeOf(body.secret) })).body.code).toBe('unknown_enrolment')
  })

  it('is refused where the company does not offer it', async () => {
    await setPolicy(idp, { secondFactor: { offered: ['passkey'] } })
    expect((await call(await tokenOf('li.na'), 'POST', '/totp')).body.code).toBe('factor_not_offered')
  })
})

describe('changing how one signs in', () => {
  it('needs a proof of identity that is fresh, with the second factor if there is one', async () => {
    const weak = await tokenOf('li.na')
    const { id, code } = await giveTotp(idp, 'e0007')
    for (const [method, path] of [
      ['POST', '/totp'],
      ['DELETE', `/factors/${id}`],
      ['POST', '/recovery-codes'],
    ] as const) {
      const refused = await call(weak, method, path)
      expect(refused.status, path).toBe(403)
      expect(refused.body).toMatchObject({ code: 'reauthentication_required', acr: '2', maxAge: 900 })
    }
    const strong = await strongToken('li.na', code())
    const codes = await call(strong, 'POST', '/recovery-codes')
    expect(codes.body.codes).toHaveLength(10)
    expect(await mails()).toContain('recovery_codes_made')
    const at = Date.now() + 901_000
    setClock(() => new Date(at))
    expect((await call(strong, 'POST', '/recovery-codes')).status).toBe(403)
  })

  it('makes the earlier recovery codes void', async () => {
    const { code } = await giveTotp(idp, 'e0007')
    const strong = await strongToken('li.na', code())
    const [old] = (await call(strong, 'POST', '/recovery-codes')).body.codes
    const [fresh] = (await call(strong, 'POST', '/recovery-codes')).body.codes
    const page = await signIn(idp, 'li.na')
    expect((await submit(page, { recovery: old })).status).toBe(401)
    expect(isSignedIn(idp, await submit(page, { recovery: fresh }))).toBe(true)
  })

  it('gives no recovery codes to somebody without a second factor', async () => {
    expect((await call(await tokenOf('li.na'), 'POST', '/recovery-codes')).body.code).toBe('no_factor')
  })
})

describe('a factor', () => {
  it('can be renamed and removed by its person; with the last one the recovery codes go', async () => {
    const { id, code } = await giveTotp(idp, 'e0007')
    const strong = await strongToken('li.na', code())
    await call(strong, 'POST', '/recovery-codes')
    expect((await call(strong, 'PUT', `/factors/${id}`, { name: 'Old phone' })).status).toBe(204)
    expect((await call(strong, 'GET', '/factors')).body.items[0]).toMatchObject({ name: 'Old phone' })
    expect((await call(strong, 'DELETE', `/factors/${id}`)).status).toBe(204)
    expect((await call(strong, 'GET', '/factors')).body).toMatchObject({ items: [], recoveryCodes: { left: 0 } })
    expect((await call(strong, 'DELETE', `/factors/${id}`)).body.code).toBe('unknown_factor')
    expect(await mails()).toContain('factor_removed')
    expect((await readAudit(idp.service.deps.db, { limit: 10 })).map(row => row.action)).toContain('factor.removed')
    expect(isSignedIn(idp, await signIn(idp, 'li.na'))).toBe(true)
  })

  it('of somebody else is unknown', async () => {
    const { id } = await giveTotp(idp, 'e0007')
    const other = await tokenOf('wang.fang')
    expect((await call(other, 'DELETE', `/factors/${id}`)).body.code).toBe('unknown_factor')
    expect((await call(other, 'PUT', `/factors/${id}`, { name: 'Mine' })).body.code).toBe('unknown_factor')
    expect((await call(other, 'GET', '/factors')).body.items).toEqual([])
  })

  it('that a role must have is not removed while it is the last, also not two of them at once', async () => {
    await setPolicy(idp, { secondFactor: { roles: [{ role: 'sales-manager', kinds: ['totp'] }] } })
    const first = await giveTotp(idp, 'e0007')
    const second = await giveTotp(idp, 'e0007')
    const strong = await strongToken('li.na', first.code())
    const answers = await Promise.all([first, second].map(({ id }) => call(strong, 'DELETE', `/factors/${id}`)))
    expect(answers.map(answer => answer.status).sort()).toEqual([204, 409])
    expect(answers.find(answer => answer.status === 409)?.body.code).toBe('factor_required')
  })
})
