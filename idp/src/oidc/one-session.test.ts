import { readAudit } from '@atrium/platform/audit'
import { refreshTokenGrant } from 'openid-client'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { until } from '../admin/testing/idp.ts'
import { countLiveSessions } from './sessions.ts'
import { startTestIdp, type TestIdp } from './testing/idp.ts'
import { logoutReceiver, type Receiver } from './testing/receiver.ts'
import { visit } from './testing/relying-party.ts'

let idp: TestIdp
let crm: Receiver
beforeAll(async () => {
  crm = await logoutReceiver()
  await crm.up()
  idp = await startTestIdp({ systemUrls: { crm: crm.url } })
})
afterAll(async () => {
  await idp.stop()
  await crm.down()
})
beforeEach(() => setPolicy({ oneSession: true }))

const setPolicy = (policy: object) =>
  idp.service.deps.db
    .updateTable('sign_in_policy')
    .set({ policy: JSON.stringify(policy) })
    .execute()
const live = (personId: string) => countLiveSessions(idp.service.deps.db, [personId])
const atCrm = { redirectUri: '' }
beforeAll(() => {
  atCrm.redirectUri = `${crm.url}/oidc/callback`
})

test('a new sign-in ends the session elsewhere, with its tokens and its systems', async () => {
  const first = await visit(idp, 'portal', 'li.na')
  await visit(idp, 'crm', 'li.na', { browser: first.browser, ...atCrm })
  const second = await visit(idp, 'portal', 'li.na')
  expect(await live('e0007')).toBe(1)
  await expect(refreshTokenGrant(first.rp, first.tokens.refresh_token ?? '')).rejects.toMatchObject({
    error: 'invalid_grant',
  })
  expect((await refreshTokenGrant(second.rp, second.tokens.refresh_token ?? '')).access_token).toBeTruthy()
  await until(async () => crm.received.length === 1)
  const [entry] = await readAudit(idp.service.deps.db, { action: 'session.ended', limit: 1 })
  expect(entry).toMatchObject({ target: { id: 'e0007' }, detail: { reason: 'one_session', sessions: 1 } })
})

test('opening another system, or signing in anew in the same browser, ends nothing', async () => {
  const portal = await visit(idp, 'portal', 'zhang.wei')
  await visit(idp, 'crm', 'zhang.wei', { browser: portal.browser, ...atCrm })
  await visit(idp, 'oa', 'zhang.wei', { browser: portal.browser })
  expect((await refreshTokenGrant(portal.rp, portal.tokens.refresh_token ?? '')).access_token).toBeTruthy()
  expect(await live('e0012')).toBe(1)
})

test('of many sign-ins at once one session remains, and others’ people keep theirs', async () => {
  const other = await visit(idp, 'portal', 'chen.jie')
  await Promise.allSettled(Array.from({ length: 6 }, () => visit(idp, 'portal', 'wang.fang')))
  expect(await live('e0021')).toBe(1)
  expect((await refreshTokenGrant(other.rp, other.tokens.refresh_token ?? '')).access_token).toBeTruthy()
})

test('without the policy sessions live side by side', async () => {
  await setPolicy({})
  await visit(idp, 'portal', 'sun.li')
  await visit(idp, 'portal', 'sun.li')
  expect(await live('e0002')).toBe(2)
})
