import { afterAll, beforeAll, expect, test } from 'vitest'
import { startDirectory } from './testing/idp.ts'

let idp: Awaited<ReturnType<typeof startDirectory>>
beforeAll(async () => {
  idp = await startDirectory()
  await idp.importCompany()
})
afterAll(() => idp.stop())

const path = '/admin/sign-in-policy'
const etag = async () => (await idp.as('e0000').get(path)).headers.get('etag') ?? ''
const put = async (policy: unknown, headers: Record<string, string>) =>
  await idp.as('e0000').put(path, { policy }, headers)

test('a policy is what was put in force, whole, with its maker and a new revision; the log holds before and after', async () => {
  const before = (await idp.as('e0000').get(path)).body
  const changed = await put({ password: { minLength: 14, maxAgeDays: 90 } }, { 'if-match': await etag() })
  expect(changed.status).toBe(200)
  expect(changed.headers.get('etag')).toBe(`"${before.revision + 1}"`)
  expect(changed.body).toMatchObject({
    revision: before.revision + 1,
    policy: { password: { minLength: 14, maxAgeDays: 90, history: 5 }, passkeyAlone: true },
    updatedBy: { id: 'e0000', kind: 'person' },
  })
  expect((await idp.as('e0000').get(path)).body).toEqual(changed.body)
  const { items } = (await idp.as('e0000').get('/admin/audit?action=sign_in_policy')).body
  expect(items[0]).toMatchObject({
    action: 'sign_in_policy.changed',
    actor: { id: 'e0000' },
    detail: {
      changes: [
        { path: 'password.minLength', before: 10, after: 14 },
        { path: 'password.maxAgeDays', before: 0, after: 90 },
      ],
    },
  })
})

test('a script with the scope admin may do the same, and is named', async () => {
  const script = idp.as('client:bootstrap admin')
  const answer = await script.put(path, { policy: { oneSession: true } }, { 'if-match': await etag() })
  expect(answer).toMatchObject({ status: 200, body: { updatedBy: { id: 'bootstrap', kind: 'client' } } })
})

test('of two administrators who change it at once one succeeds; who names no ETag is refused', async () => {
  const seen = await etag()
  const answers = await Promise.all(
    [14, 15, 16, 17].map(n => put({ password: { minLength: n } }, { 'if-match': seen })),
  )
  expect(answers.map(one => one.status).sort()).toEqual([200, 412, 412, 412])
  expect(answers.find(one => one.status === 412)?.body).toMatchObject({ code: 'policy_changed' })
  expect(await put({}, {})).toMatchObject({ status: 428, body: { code: 'precondition_required' } })
  expect(await put({}, { 'if-match': 'W/"x"' })).toMatchObject({ status: 400, body: { code: 'bad_request' } })
  expect((await put({}, { 'if-match': '*' })).status).toBe(200)
})

test('whom it asks for something is counted before and after', async () => {
  const secondFactor = {
    roles: [
      { role: 'sales-rep', kinds: ['totp'] },
      { role: 'accountant', kinds: ['totp', 'passkey'] },
    ],
  }
  const preview = async () => (await idp.as('e0000').post(`${path}/preview`, { policy: { secondFactor } })).body
  expect(await preview()).toEqual({ affected: { withoutFactor: 2, passwordTooOld: 0 }, faults: [] })
  await idp.db
    .insertInto('factor')
    .values({ id: 'f1', person_id: 'e0021', kind: 'totp', name: 'Phone', secret_sealed: 'sealed' })
    .execute()
  expect((await preview()).affected.withoutFactor).toBe(1)
  // A factor of another kind than the role asks for does not count.
  await idp.db
    .updateTable('factor')
    .set({ person_id: 'e0012', kind: 'passkey', secret_sealed: null, credential_id: 'c', credential: '{}' })
    .execute()
  expect((await preview()).affected.withoutFactor).toBe(2)
  const inForce = await put({ secondFactor }, { 'if-match': '*' })
  expect(inForce.body.affected).toEqual({ withoutFactor: 2, passwordTooOld: 0 })
  await idp.db.deleteFrom('factor').execute()

  await idp.db
    .updateTable('person')
    .set({ password_hash: 'a hash', password_changed_at: new Date(Date.now() - 40 * 86_400_000) })
    .where('id', 'in', ['e0007', 'e0012'])
    .execute()
  const aged = await idp.as('e0000').post(`${path}/preview`, { policy: { password: { maxAgeDays: 30 } } })
  expect(aged.body.affected).toEqual({ withoutFactor: 0, passwordTooOld: 2 })
})

const png = `data:image/png;base64,${Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0]).toString('base64')}`

test('a policy that would lock people out, or makes no sense, is refused with its reason in both languages', async () => {
  for (const [policy, code, place] of [
    [
      { secondFactor: { offered: ['totp'], roles: [{ role: 'administrator', kinds: ['passkey'] }] } },
      'factor_not_offered',
      'secondFactor.roles.0.kinds',
    ],
    [{ secondFactor: { roles: [{ role: 'nobody', kinds: ['totp'] }] } }, 'unknown_role', 'secondFactor.roles.0.role'],
    [
      {
        secondFactor: {
          roles: [
            { role: 'accountant', kinds: ['totp'] },
            { role: 'accountant', kinds: ['passkey'] },
          ],
        },
      },
      'duplicate_role',
      'secondFactor.roles.1.role',
    ],
    [{ branding: { logo: 'data:image/png;base64,AAAA' } }, 'logo_unreadable', 'branding.logo'],
    [
      { branding: { logo: `data:image/png;base64,${Buffer.alloc(66_000).toString('base64')}` } },
      'logo_too_large',
      'branding.logo',
    ],
  ] as const) {
    const seen = await etag()
    const refused = await put(policy, { 'if-match': seen })
    expect(refused, code).toMatchObject({
      status: 422,
      body: { code: 'policy_refused', faults: [{ code, path: place }] },
    })
    expect(refused.body.faults[0].detail.zh).toMatch(/[\u4e00-\u9fff]/)
    expect(refused.body.faults[0].detail.en).toBe(refused.body.detail)
    expect(await etag()).toBe(seen)
    expect((await idp.as('e0000').post(`${path}/preview`, { policy })).body.faults[0].code).toBe(code)
  }
  expect((await put({ branding: { logo: png, colour: '#0a5c36' } }, { 'if-match': '*' })).status).toBe(200)
  const { items } = (await idp.as('e0000').get('/admin/audit?action=sign_in_policy')).body
  const change = items[0].detail.changes.find((one: { path: string }) => one.path === 'branding.logo')
  expect(change).toMatchObject({ before: null, after: expect.stringMatching(/^sha256 /) })
})

test('passkeys alone are not required where they cannot work', async () => {
  const elsewhere = await startDirectory({ issuer: 'http://10.1.2.3:3001/realms/atrium' })
  try {
    await elsewhere.importCompany()
    const policy = (kinds: string[]) => ({ policy: { secondFactor: { roles: [{ role: 'administrator', kinds }] } } })
    const admin = elsewhere.as('e0000')
    expect(await admin.put(path, policy(['passkey']), { 'if-match': '*' })).toMatchObject({
      status: 422,
      body: { faults: [{ code: 'passkeys_unavailable' }] },
    })
    expect((await admin.put(path, policy(['passkey', 'totp']), { 'if-match': '*' })).status).toBe(200)
  } finally {
    await elsewhere.stop()
  }
})

test('what is not as the document says is refused with the place of the fault, in the caller’s language', async () => {
  for (const [policy, place] of [
    [{ password: { minLength: 7 } }, 'body.policy.password.minLength'],
    [{ password: { minLength: 10.5 } }, 'body.policy.password.minLength'],
    [{ password: { minLength: '10' } }, 'body.policy.password.minLength'],
    [{ password: { maxAgeDays: -1 } }, 'body.policy.password.maxAgeDays'],
    [{ password: { history: 25 } }, 'body.policy.password.history'],
    [{ secondFactor: { offered: [] } }, 'body.policy.secondFactor.offered'],
    [{ secondFactor: { offered: ['sms'] } }, 'body.policy.secondFactor.offered.0'],
    [{ secondFactor: { askAgainDays: 91 } }, 'body.policy.secondFactor.askAgainDays'],
    [{ branding: { colour: 'red' } }, 'body.policy.branding.colour'],
    [{ branding: { logo: 'https://evil.example/logo.png' } }, 'body.policy.branding.logo'],
    [{ branding: { name: { zh: 'x'.repeat(61), en: 'x' } } }, 'body.policy.branding.name.zh'],
    [{ unknown: true }, 'body.policy'],
    [null, 'body.policy'],
  ] as const) {
    const answer = await put(policy, { 'if-match': '*' })
    expect(answer, place).toMatchObject({ status: 400, body: { code: 'bad_request' } })
    expect(answer.body.errors[0].path).toBe(place)
    const chinese = await put(policy, { 'if-match': '*', 'accept-language': 'zh-CN' })
    expect(chinese.body.errors[0].message).toMatch(/[\u4e00-\u9fff]/)
  }
})
