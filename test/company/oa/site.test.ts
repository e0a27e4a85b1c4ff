import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cookieNames } from '../web/sign-in.ts'
import { startOa } from './testing/oa.ts'

let oa: Awaited<ReturnType<typeof startOa>>

beforeAll(async () => {
  oa = await startOa()
  await oa.grant('lina', ['Staff', 'Approver'])
})
afterAll(() => oa.stop())

/** A browser that has signed in: what the callback stores and sets. */
const signedIn = (userId: string, sid: string) => {
  const token = oa.sessions.begin({ userId, sub: `e-${userId}`, sid })
  return { cookie: `${cookieNames('oa', oa.url).session}=${token}` }
}

describe('the page of a signed-in person', () => {
  test('shows who they are here, with the roles of this moment, and what waits for them', async () => {
    const headers = signedIn('lina', 's-1')
    const page = async () => await (await fetch(`${oa.url}/?lang=zh`, { headers })).text()
    const first = await page()
    expect(first).toContain('data-user="lina"')
    expect(first).toContain('data-roles="Staff Approver"')
    expect(first).toContain('待我审批')
    expect(first).toContain('合同审批')
    await oa.grant('lina', ['Staff'])
    expect(await page()).toContain('data-roles="Staff"')
    await oa.grant('lina', ['Staff', 'Approver'])
    expect(await (await fetch(`${oa.url}/?lang=en`, { headers })).text()).toContain('Waiting for my decision')
  })

  test('ends with the logout token of the issuer, for that session alone', async () => {
    const [one, other] = [signedIn('lina', 's-2'), signedIn('lina', 's-3')]
    const session = async (headers: Record<string, string>) => (await fetch(`${oa.url}/session`, { headers })).status
    expect([await session(one), await session(other)]).toEqual([200, 200])
    const logout_token = await oa.issuer.sign(
      {
        aud: 'oa',
        sub: 'e-lina',
        sid: 's-2',
        jti: randomUUID(),
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      },
      { typ: 'logout+jwt' },
    )
    const answer = await fetch(`${oa.url}/oidc/backchannel-logout`, {
      method: 'POST',
      body: new URLSearchParams({ logout_token }),
    })
    expect(answer.status).toBe(200)
    expect([await session(one), await session(other)]).toEqual([401, 200])
  })
})
