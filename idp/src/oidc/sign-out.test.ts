import { sql } from '@atrium/platform/database'
import { listOutbox } from '@atrium/platform/outbox'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { endSessions } from './sessions.ts'
import { password } from './testing/accounts.ts'
import type { TestBrowser } from './testing/browser.ts'
import { startTestIdp, type TestIdp } from './testing/idp.ts'
import { authorizationRequest, relyingParty, type Visit, visit } from './testing/relying-party.ts'

let idp: TestIdp
beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.stop())
beforeEach(async () => {
  await idp.service.deps.db.deleteFrom('oidc_model').execute()
})

const person = 'e0007'
const sessions = async (): Promise<number> =>
  await idp.service.deps.sessions.countLiveSessions(idp.service.deps.db, [person])
const systems = async (visited: Visit): Promise<unknown[]> =>
  (await listOutbox(idp.service.deps.db, { topic: 'logout' }))
    .filter(row => row.payload.sid === visited.tokens.claims()?.sid)
    .map(row => row.payload.clientId)

/** Waits until somebody in this database waits for somebody else's lock. */
async function somebodyWaits(): Promise<void> {
  for (let n = 0; n < 400; n++) {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
      idp.service.deps.db,
    )
    if ((rows[0]?.n ?? 0) > 0) return
    await new Promise(resolve => setTimeout(resolve, 25))
  }
  throw new Error('nobody waited')
}

describe('a request that is under way while the session ends', () => {
  const requests: [string, (visited: Visit) => Promise<Response>][] = [
    [
      'an authorization of another system',
      async ({ browser, rp }) => {
        const { url } = await authorizationRequest(rp, `${idp.portal}/`, {
          prompt: 'none',
          client_id: 'crm',
          redirect_uri: 'http://localhost:1/crm/oidc/callback',
        })
        return await browser.fetch(url)
      },
    ],
    [
      'the page that asks whether to sign out',
      ({ browser, tokens }) =>
        browser.fetch(`${idp.issuer}/protocol/openid-connect/logout?id_token_hint=${tokens.id_token}`),
    ],
    ['the page of the device flow', ({ browser }) => browser.fetch(`${idp.issuer}/device`)],
  ]
  it.each(requests)('does not bring it back: %s', async (_name, request) => {
    const visited = await visit(idp, 'portal', 'li.na')
    const { db } = idp.service.deps
    let pending: Promise<Response> | undefined
    await db.transaction().execute(async trx => {
      const actor = { id: 'test', kind: 'system' } as const
      expect(await endSessions(trx, { personId: person, reason: 'test', actor })).toBe(1)
      // It has read the session, which is there for all others until this commits, and is about to write it.
      pending = request(visited)
      await somebodyWaits()
    })
    await pending
    expect(await sessions()).toBe(0)
    const left = await db.selectFrom('oidc_model').select('model').where('model', 'in', ['Session', 'Grant']).execute()
    expect(left).toEqual([])
  })
})

it('a sign-in that is proved and on its way back ends with the person’s sessions', async () => {
  const { db } = idp.service.deps
  const rp = await relyingParty(idp, 'portal')
  const prove = async () => {
    // Only a browser that has a session comes back for the answer; any other gets it at once.
    const { browser } = await visit(idp, 'portal', 'li.na')
    const { url } = await authorizationRequest(rp, `${idp.portal}/`, { prompt: 'login' })
    const page = await browser.follow(url)
    const proved = await browser.fetch(page.url, {
      method: 'POST',
      body: new URLSearchParams({ username: 'li.na', password, remember: 'yes' }),
    })
    expect(proved.status).toBe(303)
    return () => browser.follow(new URL(proved.headers.get('location') ?? '', page.url))
  }
  const [goesOn, isStopped] = [await prove(), await prove()]
  expect((await goesOn()).url.searchParams.get('code')).toBeTruthy()
  await endSessions(db, { personId: person, reason: 'password_changed', actor: { id: 'test', kind: 'system' } })
  const stopped = await isStopped()
  expect([stopped.response.status, stopped.url.searchParams.get('code')]).toEqual([400, null])
  expect(await sessions()).toBe(0)
})

describe('signing out', () => {
  const confirm = async (browser: TestBrowser, query: Record<string, string>, fields: Record<string, string>) => {
    const page = await browser.fetch(`${idp.issuer}/protocol/openid-connect/logout?${new URLSearchParams(query)}`)
    const html = await page.text()
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(html)?.[1] ?? ''
    return await browser.fetch(`${idp.issuer}/protocol/openid-connect/logout/confirm`, {
      method: 'POST',
      body: new URLSearchParams({ xsrf, ...fields }),
    })
  }

  it('tells a system that another tab opened after the page was shown', async () => {
    const portal = await visit(idp, 'portal', 'li.na')
    const page = await portal.browser.fetch(`${idp.issuer}/protocol/openid-connect/logout?client_id=portal`)
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(await page.text())?.[1] ?? ''
    const crm = await visit(idp, 'crm', 'nobody', { browser: portal.browser })
    const answer = await portal.browser.fetch(`${idp.issuer}/protocol/openid-connect/logout/confirm`, {
      method: 'POST',
      body: new URLSearchParams({ xsrf, logout: 'yes' }),
    })
    expect(answer.status).toBe(303)
    expect([await sessions(), await systems(crm)]).toEqual([0, ['crm']])
  })

  it('of one client only, as a request without `logout` has it, leaves the rest', async () => {
    const portal = await visit(idp, 'portal', 'li.na')
    const crm = await visit(idp, 'crm', 'nobody', { browser: portal.browser })
    expect((await confirm(portal.browser, { client_id: 'crm' }, {})).status).toBe(303)
    expect([await sessions(), await systems(crm)]).toEqual([1, ['crm']])
    const again = await visit(idp, 'crm', 'nobody', { browser: portal.browser })
    expect(again.tokens.claims()?.sid).not.toBe(crm.tokens.claims()?.sid)
    expect((await confirm(portal.browser, { client_id: 'crm' }, { logout: 'yes' })).status).toBe(303)
    // And of this second stay the system is told too.
    expect([await sessions(), await systems(again)]).toEqual([0, ['crm']])
  })

  it('with a form that the page did not make ends nothing', async () => {
    const portal = await visit(idp, 'portal', 'li.na')
    const crm = await visit(idp, 'crm', 'nobody', { browser: portal.browser })
    const forged = await confirm(portal.browser, { client_id: 'portal' }, { xsrf: 'guess', logout: 'yes' })
    expect(forged.status).toBe(400)
    expect([await sessions(), await systems(crm)]).toEqual([1, []])
  })

  it('twice at the same moment is told once, and both come back', async () => {
    const portal = await visit(idp, 'portal', 'li.na')
    const crm = await visit(idp, 'crm', 'nobody', { browser: portal.browser })
    const page = await portal.browser.fetch(`${idp.issuer}/protocol/openid-connect/logout?client_id=portal`)
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(await page.text())?.[1] ?? ''
    const press = () =>
      portal.browser.fetch(`${idp.issuer}/protocol/openid-connect/logout/confirm`, {
        method: 'POST',
        body: new URLSearchParams({ xsrf, logout: 'yes' }),
      })
    const answers = await Promise.all([press(), press()])
    expect(answers.filter(answer => answer.status === 303).length).toBeGreaterThanOrEqual(1)
    expect(answers.every(answer => answer.status < 500)).toBe(true)
    expect([await sessions(), await systems(crm)]).toEqual([0, ['crm']])
  })
})
