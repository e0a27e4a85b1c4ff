import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestIdp, type TestIdp } from '../../oidc/testing/idp.ts'
import { makeRecoveryCodes } from '../recovery.ts'
import { codeOf, giveTotp, setPolicy, signIn, stepOf, submit, type Walk } from '../testing/walk.ts'

let idp: TestIdp
let at: Record<string, Walk>
beforeAll(async () => {
  idp = await startTestIdp()
  const { db } = idp.service.deps
  await setPolicy(idp, { secondFactor: { roles: [{ role: 'sales-manager', kinds: ['totp', 'passkey'] }] } })
  const enrol = await signIn(idp, 'li.na')
  const reading = await signIn(idp, 'li.na')
  const secret = (/class="secret">([^<]+)</.exec(reading.html)?.[1] ?? '').replaceAll(' ', '')
  const codes = await submit(reading, { otp: codeOf(secret) })
  await db.deleteFrom('factor').execute()
  await giveTotp(idp, 'e0021')
  await makeRecoveryCodes(db, 'e0021', idp.config.ENCRYPTION_KEY)
  await db.updateTable('person').set({ password_must_change: true }).where('id', '=', 'e0012').execute()
  at = {
    factor: await signIn(idp, 'wang.fang'),
    'new-password': await signIn(idp, 'zhang.wei'),
    enrol,
    'recovery-codes': codes,
  }
})
afterAll(() => idp.stop())

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '',
    '000000',
    '\u0000',
    '\ud800',
    '１２３４５６',
    "' or 1=1 --",
    '<script>',
    '../..',
    '{}',
    '[]',
    'x'.repeat(9000),
  ),
)
const name = fc.oneof(
  fc.constantFrom(
    'otp',
    'recovery',
    'password',
    'again',
    'response',
    'remember',
    'username',
    '__proto__',
    'otp[]',
    'otp',
  ),
  text,
)
const form = fc.array(fc.tuple(name, text), { maxLength: 6 })
const query = fc.option(fc.tuple(fc.constantFrom('with', 'ui_locales', 'fault', 'with', 'x'), text), { nil: undefined })
const type = fc.constantFrom(
  'application/x-www-form-urlencoded',
  'application/json',
  'multipart/form-data',
  'text/plain',
  '',
)

it.each(['factor', 'new-password', 'enrol', 'recovery-codes'])(
  'whatever is sent to the page %s is no fault of ours',
  async step => {
    const walk = at[step] as Walk
    expect(stepOf(walk)).toBe(step)
    await fc.assert(
      fc.asyncProperty(
        form,
        query,
        type,
        fc.constantFrom('GET', 'POST', 'PUT', 'HEAD'),
        async (fields, asked, contentType, method) => {
          await idp.service.deps.db.deleteFrom('sign_in_throttle').execute()
          await idp.service.deps.db.updateTable('sign_in_progress').set({ failures: 0 }).execute()
          const url = new URL(walk.url)
          if (asked) url.searchParams.append(asked[0], asked[1].toWellFormed())
          const body = new URLSearchParams(fields.map(([key, value]) => [key.toWellFormed(), value.toWellFormed()]))
          // The one button of the recovery codes takes everything, and would end the page.
          const sends = method === 'POST' && step !== 'recovery-codes'
          const response = await walk.browser.fetch(url, {
            method: method === 'POST' && !sends ? 'GET' : method,
            ...(sends ? { body: String(body), headers: { 'content-type': contentType } } : {}),
          })
          expect(response.status, `${method} ${url} ${body}`).toBeLessThan(500)
          const to = response.headers.get('location')
          if (to) expect(new URL(to, url).origin).toBe(url.origin)
          expect(await response.text()).not.toContain('<script>')
        },
      ),
      { numRuns: 60 },
    )
  },
)

it.each([
  '%00/factor',
  'x/factor',
  'x/unknown',
  `${'x'.repeat(3000)}/factor`,
  '../factor',
  '%ff/enrol',
  'x/factor/passkey/options',
])('an address that is none, /sign-in/%s, is not found or used up', async path => {
  for (const method of ['GET', 'POST']) {
    const response = await fetch(`${idp.issuer}/sign-in/${path}`, { method, redirect: 'manual' })
    expect([400, 404, 405, 410]).toContain(response.status)
  }
})
