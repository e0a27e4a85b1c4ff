import { readAudit } from '@atrium/platform/audit'
import { refreshTokenGrant } from 'openid-client'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { until } from '../admin/testing/idp.ts'
import { password } from '../oidc/testing/accounts.ts'
import { startTestIdp, type TestIdp } from '../oidc/testing/idp.ts'
import { logoutReceiver, type Receiver } from '../oidc/testing/receiver.ts'
import { type Visit, visit } from '../oidc/testing/relying-party.ts'
import { hashPassword } from '../sign-in/password.ts'
import { readMailOf } from '../sign-in/reset/testing/mailbox.ts'

let idp: TestIdp
let crm: Receiver
let original: string
beforeAll(async () => {
  crm = await logoutReceiver()
  await crm.up()
  idp = await startTestIdp({ systemUrls: { crm: crm.url } })
  original = await hashPassword(password)
})
afterAll(async () => {
  await idp.stop()
  await crm.down()
})
afterEach(async () => {
  const { db } = idp.service.deps
  await db.updateTable('person').set({ password_hash: original }).execute()
  await db.deleteFrom('password_history').execute()
  await db.deleteFrom('sign_in_throttle').execute()
  crm.received = []
})

const change = (who: Visit, body: unknown) =>
  fetch(`${new URL(idp.issuer).origin}/account/password`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${who.tokens.access_token}`,
      'content-type': 'application/json',
      'accept-language': 'en',
    },
    body: JSON.stringify(body),
  })
const lives = async (who: Visit): Promise<boolean> =>
  await refreshTokenGrant(who.rp, who.tokens.refresh_token ?? '').then(
    () => true,
    () => false,
  )

test('a new password ends every other session, and this one goes on', async () => {
  const here = await visit(idp, 'portal', 'li.na')
  const there = await visit(idp, 'portal', 'li.na')
  await visit(idp, 'crm', 'li.na', { browser: there.browser, redirectUri: `${crm.url}/oidc/callback` })
  expect((await change(here, { current: password, password: 'otter lamp bridge' })).status).toBe(204)
  expect(await lives(there)).toBe(false)
  expect(await lives(here)).toBe(true)
  await until(async () => crm.received.length === 1)
  expect((await until(() => readMailOf(idp, 'e0007', 'password_changed'))).text).toContain('li.na')
  const [entry] = await readAudit(idp.service.deps.db, { action: 'password.changed', limit: 1 })
  expect(entry).toMatchObject({ actor: { id: 'e0007' }, detail: { reason: 'changed', sessionsEnded: 1 } })
  expect(JSON.stringify(entry)).not.toContain('otter')
})

test('a wrong present password counts like one at the sign-in page, until it has to wait', async () => {
  const here = await visit(idp, 'portal', 'zhang.wei')
  const body = { current: 'wrong', password: 'otter lamp bridge' }
  for (let n = 0; n < 3; n++) {
    const refused = await change(here, body)
    expect(refused.status).toBe(401)
    expect(await refused.json()).toMatchObject({ code: 'wrong_password' })
  }
  const waiting = await change(here, { ...body, current: password })
  expect(waiting.status).toBe(429)
  expect(Number(waiting.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await lives(here)).toBe(true)
})

test('all that is wrong with the new one is told at once, in both languages, and costs no guess', async () => {
  const here = await visit(idp, 'portal', 'zhang.wei')
  for (let n = 0; n < 5; n++) {
    const refused = await change(here, { current: password, password: 'zhang1' })
    expect(refused.status).toBe(422)
    const { code, faults } = (await refused.json()) as { code: string; faults: { code: string; detail: object }[] }
    expect(code).toBe('password_refused')
    expect(faults.map(fault => fault.code)).toEqual(['too_short', 'common', 'personal_data'])
    for (const { detail } of faults) expect(Object.keys(detail).sort()).toEqual(['en', 'zh'])
  }
  const same = await change(here, { current: password, password })
  expect(((await same.json()) as { faults: { code: string }[] }).faults.map(fault => fault.code)).toContain(
    'used_before',
  )
})

test('who has a second factor proves it first', async () => {
  const here = await visit(idp, 'portal', 'wang.fang')
  const { db } = idp.service.deps
  await db
    .insertInto('factor')
    .values({ id: 'f', person_id: 'e0021', kind: 'totp', name: 'Phone', secret_sealed: 'x' })
    .execute()
  const refused = await change(here, { current: password, password: 'otter lamp bridge' })
  expect(refused.status).toBe(403)
  expect(await refused.json()).toMatchObject({ code: 'reauthentication_required', acr: '2', maxAge: 900 })
  await db.deleteFrom('factor').execute()
})

test('of ten changes at once one is made', async () => {
  const here = await visit(idp, 'portal', 'chen.jie')
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) => change(here, { current: password, password: `ten lamps at once ${n}` })),
  )
  expect(answers.filter(one => one.status === 204)).toHaveLength(1)
  expect(answers.every(one => [204, 401, 429].includes(one.status))).toBe(true)
})

test.each([
  {},
  { current: password },
  { current: '', password: 'otter lamp bridge' },
  { current: password, password: '' },
  { current: password, password: 'x'.repeat(1001) },
  { current: 1, password: 2 },
  { current: password, password: 'otter lamp bridge', more: 1 },
])('%j is refused', async body => {
  const here = await visit(idp, 'portal', 'sun.li')
  expect((await change(here, body)).status).toBe(400)
})
