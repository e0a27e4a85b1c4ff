import { setTimeout as wait } from 'node:timers/promises'
import { readAudit } from '@atrium/platform/audit'
import { sql } from '@atrium/platform/database'
import { listOutbox } from '@atrium/platform/outbox'
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'
import * as client from 'openid-client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { expireOnce } from './expiry.ts'
import { countLiveSessions } from './sessions.ts'
import type { TestBrowser } from './testing/browser.ts'
import { startTestIdp, type TestIdp } from './testing/idp.ts'
import { logoutReceiver, type Receiver } from './testing/receiver.ts'
import { type Visit, visit } from './testing/relying-party.ts'

let idp: TestIdp
let crm: Receiver
let oa: Receiver
beforeAll(async () => {
  ;[crm, oa] = await Promise.all([logoutReceiver(), logoutReceiver()])
  await crm.up()
  await oa.up()
  idp = await startTestIdp({ systemUrls: { crm: crm.url, oa: oa.url } })
})
afterAll(async () => {
  await idp.stop()
  await Promise.all([crm.down(), oa.down()])
})
beforeEach(() => {
  for (const receiver of [crm, oa]) {
    receiver.received = []
    receiver.answer = 200
  }
})

const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  for (let n = 0; n < 200 && !(await condition()); n++) await wait(50)
  expect(await condition()).toBe(true)
}

/** Signed in to the portal, the CRM and the OA by one sign-in. */
const everywhere = async (username = 'li.na'): Promise<Record<'portal' | 'crm' | 'oa', Visit>> => {
  const portal = await visit(idp, 'portal', username)
  const { browser } = portal
  return {
    portal,
    crm: await visit(idp, 'crm', 'nobody', { browser, redirectUri: `${crm.url}/oidc/callback` }),
    oa: await visit(idp, 'oa', 'nobody', { browser, redirectUri: `${oa.url}/oidc/callback` }),
  }
}

/** Presses "sign out" in the portal: the page confirms itself by a script, here we press its button. */
const signOut = async (browser: TestBrowser, idToken: string | undefined): Promise<URL> => {
  const query = new URLSearchParams({
    client_id: 'portal',
    post_logout_redirect_uri: `${idp.portal}/`,
    ...(idToken ? { id_token_hint: idToken } : {}),
  })
  const page = await browser.fetch(`${idp.issuer}/protocol/openid-connect/logout?${query}`)
  const html = await page.text()
  const action = /action="([^"]+)"/.exec(html)?.[1] ?? ''
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(html)?.[1] ?? ''
  expect(html.includes('submit.js')).toBe(idToken !== undefined)
  return (await browser.follow(action, { method: 'POST', body: new URLSearchParams({ xsrf, logout: 'yes' }) })).url
}

const verified = async (token: string, audience: string): Promise<JWTPayload> =>
  (
    await jwtVerify(token, createRemoteJWKSet(new URL(`${idp.issuer}/protocol/openid-connect/certs`)), {
      issuer: idp.issuer,
      audience,
      typ: 'logout+jwt',
    })
  ).payload

describe('signing out', () => {
  it('ends the session, its tokens and every system’s session, and returns to the portal', async () => {
    const { portal, crm: atCrm, oa: atOa } = await everywhere()
    const end = await signOut(portal.browser, portal.tokens.id_token)
    expect(end.href).toBe(`${idp.portal}/`)
    await until(() => crm.received.length === 1 && oa.received.length === 1)
    expect(await verified(crm.received[0] ?? '', 'crm')).toMatchObject({
      sub: 'e0007',
      sid: atCrm.tokens.claims()?.sid,
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    })
    expect(await verified(oa.received[0] ?? '', 'oa')).toMatchObject({ sid: atOa.tokens.claims()?.sid })
    await expect(client.refreshTokenGrant(portal.rp, portal.tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    await expect(client.refreshTokenGrant(atCrm.rp, atCrm.tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    expect(await countLiveSessions(idp.service.deps.db, ['e0007'])).toBe(0)
    const [entry] = await readAudit(idp.service.deps.db, { action: 'signed_out', limit: 1 })
    expect(entry).toMatchObject({
      actor: { id: 'e0007' },
      outcome: 'success',
      detail: { systems: ['crm', 'oa', 'portal'] },
    })
  })

  it('reaches a system that was down when it comes back, and only once', async () => {
    const { portal } = await everywhere()
    await oa.down()
    await signOut(portal.browser, portal.tokens.id_token)
    await until(() => crm.received.length === 1)
    // Longer than all configured delays together: the last one repeats.
    await wait(1200)
    expect((await listOutbox(idp.service.deps.db, { topic: 'logout', state: 'pending' })).map(row => row.key)).toEqual([
      expect.stringMatching(/^oa:/),
    ])
    await oa.up()
    await until(() => oa.received.length === 1)
    await wait(500)
    expect([crm.received.length, oa.received.length]).toEqual([1, 1])
  })

  it('is tried again after a refusal, and by a process that starts later', async () => {
    const { portal } = await everywhere()
    crm.answer = 503
    await signOut(portal.browser, portal.tokens.id_token)
    await until(() => oa.received.length === 1)
    await idp.restart()
    expect(crm.received).toHaveLength(0)
    crm.answer = 200
    await until(() => crm.received.length === 1)
  })

  it('without the ID token asks first, so that no other page can sign somebody out', async () => {
    const { portal } = await everywhere()
    await signOut(portal.browser, undefined)
    await until(() => crm.received.length === 1)
  })

  it('never leads to an address that is not registered', async () => {
    const { portal } = await everywhere()
    const response = await portal.browser.fetch(
      `${idp.issuer}/protocol/openid-connect/logout?client_id=portal&post_logout_redirect_uri=https://evil.example/`,
      { headers: { accept: 'text/html' } },
    )
    expect(response.status).toBe(400)
  })
})

describe('ending sessions', () => {
  it('of a person from outside ends all of them, tells the systems and is recorded', async () => {
    const one = await everywhere('zhang.wei')
    const two = await everywhere('zhang.wei')
    const { db, sessions } = idp.service.deps
    expect(await sessions.countLiveSessions(db, ['e0012', 'e0000'])).toBe(2)
    expect(
      await sessions.endSessions(db, {
        personId: 'e0012',
        reason: 'deactivated',
        actor: { id: 'e0000', kind: 'person' },
      }),
    ).toBe(2)
    expect(await sessions.countLiveSessions(db, ['e0012'])).toBe(0)
    for (const { portal } of [one, two]) {
      await expect(client.refreshTokenGrant(portal.rp, portal.tokens.refresh_token ?? '')).rejects.toMatchObject({
        error: 'invalid_grant',
      })
    }
    await until(() => crm.received.length === 2 && oa.received.length === 2)
    const [entry] = await readAudit(db, { action: 'session.ended', limit: 1 })
    expect(entry).toMatchObject({
      actor: { id: 'e0000' },
      target: { id: 'e0012' },
      detail: { reason: 'deactivated', sessions: 2 },
    })
  })

  it('by time tells the systems too', async () => {
    const { portal } = await everywhere('wang.fang')
    const { db } = idp.service.deps
    await sql`update oidc_model set expires_at = now() - interval '1 minute' where model = 'Session' and account_id = 'e0021'`.execute(
      db,
    )
    await expect(client.refreshTokenGrant(portal.rp, portal.tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    expect((await expireOnce(db)).sessions).toBe(1)
    await until(() => crm.received.length === 1 && oa.received.length === 1)
    const [entry] = await readAudit(db, { action: 'session.expired', limit: 1 })
    expect(entry).toMatchObject({ actor: { kind: 'system' }, target: { id: 'e0021' } })
  })

  it('in a transaction that fails ends nothing', async () => {
    const { portal } = await everywhere('chen.jie')
    const { db, sessions } = idp.service.deps
    await expect(
      db.transaction().execute(async trx => {
        await sessions.endSessions(trx, { personId: 'e0031', reason: 'test', actor: { id: 'test', kind: 'system' } })
        throw new Error('rolled back')
      }),
    ).rejects.toThrow('rolled back')
    expect((await client.refreshTokenGrant(portal.rp, portal.tokens.refresh_token ?? '')).access_token).toBeTypeOf(
      'string',
    )
    expect(crm.received).toHaveLength(0)
  })

  it('two systems opened at the same moment are both told', async () => {
    const portal = await visit(idp, 'portal', 'sun.li')
    const { browser } = portal
    await Promise.all([
      visit(idp, 'crm', 'nobody', { browser, redirectUri: `${crm.url}/oidc/callback` }),
      visit(idp, 'oa', 'nobody', { browser, redirectUri: `${oa.url}/oidc/callback` }),
    ])
    await signOut(browser, portal.tokens.id_token)
    await until(() => crm.received.length === 1 && oa.received.length === 1)
  })

  it('four tabs that open a system for the first time at the same moment all work on, and it is told once', async () => {
    const portal = await visit(idp, 'portal', 'sun.li')
    const { browser } = portal
    const open = () => visit(idp, 'crm', 'nobody', { browser, redirectUri: `${crm.url}/oidc/callback` })
    const tabs = await Promise.all([open(), open(), open(), open()])
    for (const tab of tabs) {
      const renewed = await client.refreshTokenGrant(tab.rp, tab.tokens.refresh_token ?? '')
      expect(await client.fetchUserInfo(tab.rp, renewed.access_token, 'e0002')).toMatchObject({
        sid: expect.any(String),
      })
    }
    expect(new Set(tabs.map(tab => tab.tokens.claims()?.sid)).size).toBe(1)
    await signOut(browser, portal.tokens.id_token)
    await until(() => crm.received.length === 1)
    expect((await verified(crm.received[0] ?? '', 'crm')).sid).toBe(tabs[0]?.tokens.claims()?.sid)
  })

  it('a grant that ended does not live again when the person comes back in the same session', async () => {
    const first = await visit(idp, 'crm', 'sun.li', { redirectUri: `${crm.url}/oidc/callback` })
    await client.tokenRevocation(first.rp, first.tokens.refresh_token ?? '')
    const userinfo = (visited: Visit) => client.fetchUserInfo(visited.rp, visited.tokens.access_token, 'e0002')
    await expect(userinfo(first)).rejects.toMatchObject({ status: 401 })
    const second = await visit(idp, 'crm', 'nobody', {
      browser: first.browser,
      redirectUri: `${crm.url}/oidc/callback`,
    })
    expect(await userinfo(second)).toHaveProperty('sub')
    await expect(userinfo(first)).rejects.toMatchObject({ status: 401 })
  })

  it('purges what has expired in batches', async () => {
    const { db } = idp.service.deps
    await sql`insert into oidc_model (model, id_hash, payload, expires_at)
      select 'Interaction', 'old-' || n, '{}', now() - interval '1 hour' from generate_series(1, 1200) n`.execute(db)
    expect((await expireOnce(db)).rows).toBeGreaterThanOrEqual(1200)
    expect((await expireOnce(db)).rows).toBe(0)
  })
})
