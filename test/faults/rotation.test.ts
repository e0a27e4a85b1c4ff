import { setTimeout as wait } from 'node:timers/promises'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import * as client from 'openid-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { beginRotation } from '../../idp/src/oidc/key-rotation.ts'
import { secretOf } from '../../idp/src/oidc/testing/accounts.ts'
import { startTestIdp, type TestIdp } from '../../idp/src/oidc/testing/idp.ts'
import { relyingParty, visit } from '../../idp/src/oidc/testing/relying-party.ts'

let idp: TestIdp
beforeAll(async () => {
  idp = await startTestIdp({ replicas: 2, env: { KEY_PUBLICATION_SECONDS: '2' } })
})
afterAll(() => idp?.stop())

/** What the clients of this test have seen: each key that signed something, and each thing that went wrong. */
const signedBy = new Set<string>()
const failures: string[] = []
let done = 0
let running = true

/** Does the same again and again, as long as the test goes on. */
async function again(what: string, work: () => Promise<void>): Promise<void> {
  while (running) {
    try {
      await work()
      done++
    } catch (error) {
      const { cause, message } = error as Error
      failures.push(`${what}: ${message} ${cause instanceof Error ? cause.message : JSON.stringify(cause ?? '')}`)
    }
    await wait(30)
  }
}

/** A client's own key set, kept as libraries keep it; shorter, as here a key is published for two seconds and not for fifteen minutes. */
function verifier() {
  const keySet = createRemoteJWKSet(new URL(`${idp.issuer}/protocol/openid-connect/certs`), {
    cooldownDuration: 500,
    cacheMaxAge: 1500,
  })
  return async (token: string | undefined): Promise<void> => {
    await jwtVerify(token ?? '', keySet, { issuer: idp.issuer })
    signedBy.add(decodeProtectedHeader(token ?? '').kid ?? '')
  }
}

async function signsIn(): Promise<void> {
  const { browser, rp } = await visit(idp, 'portal', 'li.na')
  const verify = verifier()
  await again('signing in silently', async () => {
    const { tokens } = await visit(idp, 'portal', 'nobody', { browser, rp })
    for (const token of [tokens.id_token, tokens.access_token]) await verify(token)
  })
}

async function refreshes(): Promise<void> {
  const { rp, tokens } = await visit(idp, 'crm', 'zhang.wei')
  const verify = verifier()
  let refreshToken = tokens.refresh_token ?? ''
  const first = tokens.access_token
  await again('refreshing', async () => {
    const renewed = await client.refreshTokenGrant(rp, refreshToken)
    refreshToken = renewed.refresh_token ?? ''
    for (const token of [renewed.id_token, renewed.access_token]) await verify(token)
    // Those of before and after, at whichever replica answers.
    for (const token of [first, renewed.access_token]) {
      expect(await client.fetchUserInfo(rp, token, 'e0012')).toHaveProperty('sub', 'e0012')
      expect(await client.tokenIntrospection(rp, token)).toMatchObject({ active: true })
    }
  })
}

async function exchanges(): Promise<void> {
  const { tokens } = await visit(idp, 'portal', 'wang.fang')
  const gateway = await relyingParty(idp, 'gateway')
  const verify = verifier()
  await again('exchanging', async () => {
    const exchanged = await client.genericGrantRequest(gateway, 'urn:ietf:params:oauth:grant-type:token-exchange', {
      subject_token: tokens.access_token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience: 'urn:atrium:system:erp',
    })
    await verify(exchanged.access_token)
  })
}

async function callsTheDirectory(): Promise<void> {
  const verify = verifier()
  await again('reading the directory', async () => {
    const token = await fetch(`${idp.issuer}/protocol/openid-connect/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`gateway:${secretOf('gateway')}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: 'urn:atrium:api', scope: 'scim:read' }),
    })
    const { access_token } = (await token.json()) as { access_token: string }
    await verify(access_token)
    const people = await fetch(`${new URL(idp.issuer).origin}/scim/v2/Users?count=1`, {
      headers: { authorization: `Bearer ${access_token}` },
    })
    expect(people.status).toBe(200)
    await people.body?.cancel()
  })
}

it('two replicas change their keys twice while clients sign in, refresh, exchange and verify: nothing fails', async () => {
  const { db } = idp.service.deps
  const current = async (): Promise<string[]> =>
    (
      await db
        .selectFrom('signing_key')
        .select('kid')
        .where('active_from', 'is not', null)
        .where('retired_at', 'is', null)
        .execute()
    ).map(row => row.kid)
  const clients = [signsIn(), refreshes(), exchanges(), callsTheDirectory()]
  const first = await current()
  for (let rotation = 0; rotation < 2; rotation++) {
    const next = await beginRotation(db, idp.config.ENCRYPTION_KEY)
    await expect.poll(current, { timeout: 30_000 }).toEqual(expect.arrayContaining(next))
    // Signed with it, and verified, by a client.
    await expect.poll(() => next.some(kid => signedBy.has(kid)), { timeout: 30_000 }).toBe(true)
    await wait(500)
  }
  running = false
  await Promise.all(clients)
  expect(failures).toEqual([])
  expect(signedBy.size).toBe(3)
  expect(first.some(kid => signedBy.has(kid))).toBe(true)
  // Each of the four several times; how often says how busy the machine is.
  expect(done).toBeGreaterThan(8)
  const replicas = await db.selectFrom('key_replica').select(['id', 'kids']).execute()
  expect(replicas.map(one => one.kids.length)).toEqual([6, 6])
}, 90_000)
