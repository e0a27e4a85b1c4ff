import { refreshTokenGrant } from 'openid-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestIdp, type TestIdp } from '../oidc/testing/idp.ts'
import { visit } from '../oidc/testing/relying-party.ts'
import { script, scriptSecret } from './testing/script.ts'

let idp: TestIdp
let admin: Awaited<ReturnType<typeof script>>
beforeAll(async () => {
  idp = await startTestIdp({ env: { BOOTSTRAP_CLIENT_SECRET: scriptSecret } })
  admin = await script(idp)
})
afterAll(() => idp.stop())

const signInOf = async (person: string) => (await admin('GET', `/admin/people/${person}/sign-in`)).body

async function giveFactor(id: string, person: string): Promise<void> {
  const { db } = idp.service.deps
  await db
    .insertInto('factor')
    .values({ id, person_id: person, kind: 'totp', name: `Phone ${id}`, secret_sealed: 'sealed' })
    .execute()
  await db
    .insertInto('recovery_code')
    .values({ person_id: person, code_hash: `code-${id}` })
    .execute()
  await db
    .insertInto('known_device')
    .values({
      person_id: person,
      device_hash: `device-${id}`,
      user_agent: '',
      ip: '127.0.0.1',
      first_seen_at: new Date(),
      last_seen_at: new Date(),
      factor_at: new Date(),
    })
    .execute()
}

const trusted = async (person: string) =>
  await idp.service.deps.db
    .selectFrom('known_device')
    .select('id')
    .where('person_id', '=', person)
    .where('factor_at', 'is not', null)
    .execute()

const mailsTo = async (person: string) =>
  (
    await idp.service.deps.db
      .selectFrom('outbox' as never)
      .select('payload' as never)
      .where('topic' as never, '=', 'mail' as never)
      .execute()
  )
    .map(row => (row as { payload: { personId: string; kind: string; values: object } }).payload)
    .filter(mail => mail.personId === person && mail.kind === 'factor_removed')

test('an administrator’s script sees how a person signs in, and no secret', async () => {
  await visit(idp, 'crm', 'li.na')
  await giveFactor('f1', 'e0007')
  const seen = await signInOf('e0007')
  expect(seen).toMatchObject({
    locked: false,
    password: { set: true, mustChange: false, expiresAt: null },
    factors: [{ id: 'f1', kind: 'totp', name: 'Phone f1', lastUsedAt: null }],
    recoveryCodesLeft: 1,
    required: [],
    sessions: [{ methods: ['pwd'], systems: [{ id: 'crm' }] }],
  })
  expect(JSON.stringify(seen)).not.toMatch(/sealed|code-f1|device-f1|\$argon2/)
})

test('a lost factor is taken away once, its person told, and no browser trusted any more', async () => {
  await giveFactor('f2', 'e0012')
  expect((await trusted('e0012')).length).toBeGreaterThan(0)
  expect((await admin('DELETE', '/admin/people/e0012/factors/f2')).status).toBe(204)
  expect(await signInOf('e0012')).toMatchObject({ factors: [], recoveryCodesLeft: 0 })
  expect(await trusted('e0012')).toEqual([])
  expect(await mailsTo('e0012')).toMatchObject([{ values: { factor: 'totp', name: 'Phone f2', by: 'administrator' } }])
  expect(await admin('DELETE', '/admin/people/e0012/factors/f2')).toMatchObject({
    status: 404,
    body: { code: 'unknown_factor' },
  })
  const { items } = (await admin('GET', '/admin/audit?action=factor.removed&target=e0012')).body
  expect(items).toMatchObject([{ actor: { id: 'bootstrap', kind: 'client' }, detail: { factor: 'f2', kind: 'totp' } }])
})

test('one factor of two leaves the other and the recovery codes', async () => {
  await giveFactor('f3', 'e0021')
  await giveFactor('f4', 'e0021')
  expect((await admin('DELETE', '/admin/people/e0021/factors/f3')).status).toBe(204)
  expect(await signInOf('e0021')).toMatchObject({ factors: [{ id: 'f4' }], recoveryCodesLeft: 2 })
})

test('all factors and codes go at once; a repeat changes nothing and tells nobody', async () => {
  await giveFactor('f5', 'e0031')
  await giveFactor('f6', 'e0031')
  expect((await admin('DELETE', '/admin/people/e0031/factors')).status).toBe(204)
  expect((await admin('DELETE', '/admin/people/e0031/factors')).status).toBe(204)
  expect(await signInOf('e0031')).toMatchObject({ factors: [], recoveryCodesLeft: 0 })
  expect(await mailsTo('e0031')).toMatchObject([{ values: { factor: 'all', by: 'administrator' } }])
})

test('a factor of somebody else is not this person’s, and stays', async () => {
  expect(await admin('DELETE', '/admin/people/e0012/factors/f4')).toMatchObject({
    status: 404,
    body: { code: 'unknown_factor' },
  })
  expect((await signInOf('e0021')).factors).toHaveLength(1)
})

test('one session ends, the other lives; then all end', async () => {
  const first = await visit(idp, 'portal', 'zhang.wei')
  const before = (await signInOf('e0012')).sessions[0].id
  const second = await visit(idp, 'portal', 'zhang.wei')
  expect((await admin('DELETE', `/admin/people/e0012/sessions/${before}`)).status).toBe(204)
  await expect(refreshTokenGrant(first.rp, first.tokens.refresh_token!)).rejects.toMatchObject({
    error: 'invalid_grant',
  })
  await refreshTokenGrant(second.rp, second.tokens.refresh_token!)
  expect(await admin('DELETE', `/admin/people/e0012/sessions/${before}`)).toMatchObject({
    status: 404,
    body: { code: 'unknown_session' },
  })
  // A session belongs to the person in the path, or is unknown.
  const others = (await signInOf('e0012')).sessions[0].id
  expect((await admin('DELETE', `/admin/people/e0007/sessions/${others}`)).status).toBe(404)
  expect((await admin('POST', '/admin/people/e0012/sign-out')).body).toEqual({ sessionsEnded: 1 })
  expect((await signInOf('e0012')).sessions).toEqual([])
})

test('nobody is found by an unknown id, in any of these', async () => {
  for (const [method, path] of [
    ['GET', 'sign-in'],
    ['DELETE', 'factors'],
    ['DELETE', 'factors/f4'],
    ['DELETE', 'sessions/x'],
    ['POST', 'sign-out'],
  ] as const)
    expect(await admin(method, `/admin/people/e9999/${path}`), path).toMatchObject({
      status: 404,
      body: { code: 'unknown_person' },
    })
  expect((await admin('GET', '/admin/people/%00/sign-in')).status).toBe(400)
})
