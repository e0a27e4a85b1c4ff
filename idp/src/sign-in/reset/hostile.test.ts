import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestIdp, type TestIdp } from '../../oidc/testing/idp.ts'
import { makeLink } from './link.ts'

/** Whatever is sent to the pages for a forgotten password: a page answers, nothing fails, no password changes, nobody is sent away. */
let idp: TestIdp
let key: string
beforeAll(async () => {
  idp = await startTestIdp()
  key = (await makeLink(idp.service.deps.db, { personId: 'e0007', purpose: 'password_reset', minutes: 30 })).secret
})
afterAll(() => idp.stop())

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '',
    'li.na',
    'li.na@example.test',
    '\u0000',
    '\ud800',
    "' or 1=1 --",
    '<script>',
    '//evil.example',
    'x'.repeat(9000),
  ),
)
const name = fc.oneof(fc.constantFrom('account', 'password', 'again', 'username', '__proto__', 'account[]'), text)
const type = fc.constantFrom(
  'application/x-www-form-urlencoded',
  'application/json',
  'multipart/form-data; boundary=x',
  'text/plain',
  'x',
)
const path = fc.constantFrom(
  'forgot-password',
  'reset-password',
  'reset-password/done',
  'first-password/x',
  'brand/logo',
)

it('finds no fault of ours', async () => {
  const before = await passwords()
  const pairs = fc.array(fc.tuple(name, text), { maxLength: 5 })
  const property = fc.asyncProperty(path, pairs, pairs, type, fc.boolean(), fc.boolean(), async (...of) => {
    const [page, query, fields, contentType, post, withKey] = of
    await idp.service.deps.db.deleteFrom('reset_throttle').execute()
    const search = new URLSearchParams([...(withKey ? [['key', key]] : []), ...query] as [string, string][])
    const response = await fetch(`${idp.issuer}/${page}?${search}`, {
      method: post ? 'POST' : 'GET',
      redirect: 'manual',
      ...(post ? { body: String(new URLSearchParams(fields)), headers: { 'content-type': contentType } } : {}),
    })
    const html = await response.text()
    expect(response.status).toBeLessThan(500)
    expect(response.status).not.toBe(303)
    expect(html).not.toMatch(/<script(?! src)|href="(https?:)?\/\/evil/)
  })
  await fc.assert(property, { numRuns: 150 })
  expect(await passwords()).toEqual(before)
}, 120_000)

async function passwords(): Promise<unknown> {
  return await idp.service.deps.db.selectFrom('person').select(['id', 'password_hash']).orderBy('id').execute()
}
