/**
 * kill -9 of the identity provider before each of its statements in a sign-in, a refresh and a sign-out. What was committed before
 * stays, all else never happened; a kill after an answer is one before the next statement.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { sql } from '@atrium/platform/database'
import { listOutbox } from '@atrium/platform/outbox'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { secretOf } from '../../idp/src/oidc/testing/accounts.ts'
import { logoutReceiver, type Receiver } from '../../idp/src/oidc/testing/receiver.ts'
import { type MortalIdp, PatientBrowser, personAt, startMortalIdp, type Tokens } from './mortal.ts'

let mortal: MortalIdp
let crm: Receiver
beforeAll(async () => {
  crm = await logoutReceiver()
  await crm.up()
  mortal = await startMortalIdp({ crm: crm.url })
})
afterAll(async () => {
  await mortal?.stop()
  await crm?.down()
})
beforeEach(async () => {
  crm.received = []
  // Nobody guesses here: the same person signs in again and again.
  await mortal.db.deleteFrom('sign_in_throttle').execute()
})

const portal = () => personAt(mortal, { id: 'portal', redirectUri: `${mortal.idp.portal}/` })
const atCrm = () => personAt(mortal, { id: 'crm', redirectUri: `${crm.url}/oidc/callback`, secret: secretOf('crm') })

const rows = async (query: ReturnType<typeof sql<{ what: string }>>): Promise<string[]> =>
  (await query.execute(mortal.db)).rows.map(row => row.what)

/** What must hold at every moment, whatever was killed. */
async function nothingIsHalfDone(): Promise<void> {
  const sessionsWithoutGrant = await rows(sql<{ what: string }>`
    select s.uid || ' ' || a.key as what from oidc_model s, jsonb_each(s.payload->'authorizations') a
    where s.model = 'Session' and a.value ? 'grantId' and not exists (
      select 1 from oidc_model g where g.model = 'Grant' and g.payload->>'jti' = a.value->>'grantId')`)
  const tokensWithoutGrant = await rows(sql<{ what: string }>`
    select t.model as what from oidc_model t
    where t.model in ('AuthorizationCode', 'RefreshToken') and not exists (
      select 1 from oidc_model g where g.model = 'Grant' and g.payload->>'jti' = t.grant_id)`)
  const twoSuccessors = await rows(sql<{ what: string }>`
    select grant_id as what from oidc_model where model = 'RefreshToken' and consumed_at is null
    group by grant_id having count(*) > 1`)
  const unrecorded = await rows(sql<{ what: string }>`
    select 'sign-in' as what from oidc_model i
    where i.model = 'Interaction' and i.payload->'result' ? 'login' and not exists (
      select 1 from audit_entry e where e.action = 'sign_in.succeeded' and e.actor->>'id' = i.payload->'result'->'login'->>'accountId' and e.at >= to_timestamp((i.payload->>'iat')::bigint))`)
  expect({ sessionsWithoutGrant, tokensWithoutGrant, twoSuccessors, unrecorded }).toEqual({
    sessionsWithoutGrant: [],
    tokensWithoutGrant: [],
    twoSuccessors: [],
    unrecorded: [],
  })
}

/** Kills before the first statement of `flow`, before the second, and so on, until it comes through alive. */
async function atEachStatement(
  flow: () => Promise<{ run: () => Promise<void>; dead: () => Promise<void>; after: () => Promise<void> }>,
): Promise<number> {
  for (let n = 1; n < 60; n++) {
    const { run, dead, after } = await flow()
    const { killed, statements } = await mortal.killAt(n, run, dead)
    try {
      await after()
    } catch (error) {
      throw new Error(`killed before statement ${n}: ${statements.at(-1)}`, { cause: error })
    }
    if (!killed) return n - 1
  }
  throw new Error('no end in sight')
}

describe('idp killed before each statement', () => {
  it('of a sign-in: the person gets in', { timeout: 120_000 }, async () => {
    const kills = await atEachStatement(async () => {
      const browser = new PatientBrowser()
      let tokens: Tokens | undefined
      return {
        run: async () => {
          tokens = await portal().trySignIn(browser)
        },
        dead: nothingIsHalfDone,
        after: async () => {
          if (!tokens) tokens = await portal().signIn(browser)
          expect(await portal().userinfo(tokens)).toBe(200)
          const { status } = await portal().refresh(tokens.refresh_token)
          expect(status).toBe(200)
          await clear()
        },
      }
    })
    expect(kills).toBeGreaterThanOrEqual(7)
  })

  it('of a refresh: the client goes on with the same token, or the person without a password', {
    timeout: 180_000,
  }, async () => {
    const kills = await atEachStatement(async () => {
      await clear()
      const browser = new PatientBrowser()
      const tokens = await portal().signIn(browser)
      let renewed: Awaited<ReturnType<ReturnType<typeof portal>['refresh']>> | undefined
      return {
        run: async () => {
          renewed = await portal().refresh(tokens.refresh_token)
        },
        dead: nothingIsHalfDone,
        after: async () => {
          // Longer than three seconds away counts as a second use: that ends the grant, never the session.
          if (renewed?.status !== 200) expect(renewed).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
          const going = renewed?.status === 200 ? renewed.body : await silently(browser)
          expect(await portal().userinfo(going)).toBe(200)
        },
      }
    })
    expect(kills).toBeGreaterThanOrEqual(2)
  })

  it('of a sign-out: either all of it has happened or nothing, and the system is told in the end', {
    timeout: 180_000,
  }, async () => {
    const kills = await atEachStatement(async () => {
      await clear()
      crm.received = []
      const browser = new PatientBrowser()
      const tokens = await portal().signIn(browser)
      const system = await atCrm().signIn(browser)
      const sid = String(decodeJwt(system.id_token).sid)
      return {
        run: async () => {
          await signOut(browser, tokens.id_token)
        },
        dead: () => allOrNothing(sid),
        after: async () => {
          await allOrNothing(sid)
          // Whoever sees the page of the portal again and still has a session presses the button once more.
          await signOut(browser, tokens.id_token)
          await expect.poll(() => crm.received.map(token => decodeJwt(token).sid), { timeout: 15_000 }).toContain(sid)
          expect((await portal().refresh(tokens.refresh_token)).status).toBe(400)
          expect((await atCrm().refresh(system.refresh_token)).status).toBe(400)
          expect(await sessions()).toBe(0)
          await delivered()
        },
      }
    })
    expect(kills).toBeGreaterThan(6)
  })
})

it('a logout on its way when idp is killed arrives from the next process', { timeout: 30_000 }, async () => {
  await clear()
  const browser = new PatientBrowser()
  const tokens = await portal().signIn(browser)
  await atCrm().signIn(browser)
  // The system takes it and does not answer: at this moment idp dies.
  await crm.down()
  const hung = await crm.hang()
  await signOut(browser, tokens.id_token)
  await hung.asked
  await mortal.kill()
  await crm.down()
  await crm.up()
  // The lock of the dead process, which runs out after a minute.
  await sql`update outbox set locked_until = clock_timestamp() where topic = 'logout' and state = 'pending'`.execute(
    mortal.db,
  )
  await expect.poll(() => crm.received.length, { timeout: 10_000 }).toBe(1)
  await delivered()
})

async function silently(browser: PatientBrowser): Promise<Tokens> {
  const { issuer } = mortal.idp
  const page = await browser.follow(
    `${issuer}/protocol/openid-connect/auth?${new URLSearchParams({ client_id: 'portal', redirect_uri: `${mortal.idp.portal}/`, response_type: 'code', scope: 'openid', prompt: 'none', code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' })}`,
  )
  expect(page.url.searchParams.get('error')).toBeNull()
  return await portal().signIn(browser)
}

async function signOut(browser: PatientBrowser, idToken: string): Promise<void> {
  const query = new URLSearchParams({ id_token_hint: idToken, post_logout_redirect_uri: `${mortal.idp.portal}/` })
  const page = await browser.fetch(`${mortal.idp.issuer}/protocol/openid-connect/logout?${query}`)
  const html = await page.text()
  const action = /action="([^"]+)"/.exec(html)?.[1]
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(html)?.[1]
  if (!action || !xsrf) throw new Error(`no page to sign out: ${page.status} ${html.slice(0, 300)}`)
  await browser.follow(action, { method: 'POST', body: new URLSearchParams({ xsrf, logout: 'yes' }) })
}

/** Either the session lives with its grants and no system was told, or it is gone and the system's logout is queued. */
async function allOrNothing(sid: string): Promise<void> {
  const lives = await sessions()
  const queued = (await listOutbox(mortal.db, { topic: 'logout' })).filter(row => row.payload.sid === sid).length
  const grants = (await rows(sql<{ what: string }>`select id_hash as what from oidc_model where model = 'Grant'`))
    .length
  expect({ lives, queued, grants }).toEqual(
    lives ? { lives: 1, queued: 0, grants: 2 } : { lives: 0, queued: 1, grants: 0 },
  )
  await nothingIsHalfDone()
}

async function sessions(): Promise<number> {
  return (
    await rows(sql<{ what: string }>`
      select uid as what from oidc_model where model = 'Session' and account_id = 'e0007'`)
  ).length
}

/** Before the next process dies, what is under way has arrived. */
async function delivered(): Promise<void> {
  for (let n = 0; n < 200; n++) {
    if ((await listOutbox(mortal.db, { topic: 'logout', state: 'pending' })).length === 0) return
    await wait(50)
  }
  throw new Error('a logout is still pending')
}

async function clear(): Promise<void> {
  await mortal.db.deleteFrom('oidc_model').execute()
}
