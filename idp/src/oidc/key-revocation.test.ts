import { readAudit } from '@atrium/platform/audit'
import { sql } from '@atrium/platform/database'
import { open } from '@atrium/platform/secrets'
import { decodeJwt, decodeProtectedHeader, importJWK, type JSONWebKeySet, type JWK, SignJWT } from 'jose'
import * as client from 'openid-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { beginRotation } from './key-rotation.ts'
import { startTestIdp, type TestIdp } from './testing/idp.ts'
import { relyingParty, visit } from './testing/relying-party.ts'

// The keys are looked at every ten seconds: what follows at once does so because the replicas are told.
let idp: TestIdp
let ports: number[]
beforeAll(async () => {
  idp = await startTestIdp({ replicas: 2, env: { BOOTSTRAP_CLIENT_SECRET: 'bootstrap-secret-for-tests' } })
  ports = [idp.config.PORT, ...idp.replicas.map(one => one.port)]
})
afterAll(() => idp?.stop())

type State = { items: { kid: string; alg: string; state: string }[]; replicas: { kids: string[] }[] }

const endpoint = (port: number, path: string): string =>
  `http://127.0.0.1:${port}/realms/atrium/protocol/openid-connect/${path}`

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

async function adminToken(): Promise<string> {
  const answer = await fetch(`${idp.issuer}/protocol/openid-connect/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('bootstrap:bootstrap-secret-for-tests')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: 'urn:atrium:api', scope: 'admin' }),
  })
  return ((await answer.json()) as { access_token: string }).access_token
}

async function revoke(kid: string): Promise<{ status: number; body: State }> {
  const answer = await fetch(new URL(`/admin/keys/${kid}/revoke`, idp.issuer), {
    method: 'POST',
    ...bearer(await adminToken()),
  })
  return { status: answer.status, body: (await answer.json()) as State }
}

async function published(port: number): Promise<string[]> {
  const { keys } = (await (await fetch(endpoint(port, 'certs'))).json()) as JSONWebKeySet
  return keys.map(key => key.kid ?? '')
}

async function userinfo(port: number, token: string): Promise<number> {
  const answer = await fetch(endpoint(port, 'userinfo'), bearer(token))
  await answer.body?.cancel()
  return answer.status
}

const signedBy = (token: string | undefined): string => decodeProtectedHeader(token ?? '').kid ?? ''

/** What a thief makes with the private half: a token like the real one, with and without the key's name. */
async function forgeries(kid: string, real: string): Promise<string[]> {
  const { private_sealed } = await idp.service.deps.db
    .selectFrom('signing_key')
    .select('private_sealed')
    .where('kid', '=', kid)
    .executeTakeFirstOrThrow()
  const key = await importJWK(JSON.parse(open(private_sealed, idp.config.ENCRYPTION_KEY)) as JWK, 'ES256')
  const sign = (header: { kid?: string }) =>
    new SignJWT({ ...decodeJwt(real), exp: Math.floor(Date.now() / 1000) + 86_400 })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', ...header })
      .sign(key)
  return [await sign({ kid }), await sign({})]
}

it('takes the key that signs back on every replica at once; nobody is signed out, and what it signed counts no more', async () => {
  const { rp, tokens, browser } = await visit(idp, 'portal', 'li.na')
  const gateway = await relyingParty(idp, 'gateway')
  const old = tokens.access_token
  const kid = signedBy(old)
  const script = await adminToken()
  const forged = await forgeries(kid, old)
  for (const port of ports) expect(await userinfo(port, old)).toBe(200)
  expect(await client.tokenIntrospection(gateway, old)).toMatchObject({ active: true })

  const { status, body } = await revoke(kid)
  expect(status).toBe(200)
  expect(body.items.find(key => key.kid === kid)).toMatchObject({ state: 'revoked', alg: 'ES256' })
  expect(
    body.items
      .filter(key => key.state === 'current')
      .map(key => key.alg)
      .toSorted(),
  ).toEqual(['ES256', 'RS256'])
  expect(body.replicas).toHaveLength(2)
  expect(body.replicas.flatMap(one => one.kids)).not.toContain(kid)
  for (const port of ports) {
    expect(await published(port)).not.toContain(kid)
    for (const token of [old, ...forged]) expect(await userinfo(port, token)).toBe(401)
    expect((await fetch(`http://127.0.0.1:${port}/admin/keys`, bearer(script))).status).toBe(401)
  }
  for (const token of [old, ...forged])
    expect(await client.tokenIntrospection(gateway, token)).toEqual({ active: false })
  const exchange = client.genericGrantRequest(gateway, 'urn:ietf:params:oauth:grant-type:token-exchange', {
    subject_token: old,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience: 'urn:atrium:system:erp',
  })
  await expect(exchange).rejects.toMatchObject({ error: 'invalid_grant' })

  const fresh = await client.refreshTokenGrant(rp, tokens.refresh_token ?? '')
  const now = body.items.find(key => key.state === 'current' && key.alg === 'ES256')?.kid
  expect([signedBy(fresh.access_token), signedBy(fresh.id_token)]).toEqual([now, now])
  for (const port of ports) {
    expect(await published(port)).toContain(now)
    expect(await userinfo(port, fresh.access_token)).toBe(200)
  }
  const silent = await visit(idp, 'portal', 'nobody', { browser, rp })
  expect(decodeJwt(silent.tokens.access_token).sid).toBe(decodeJwt(old).sid)

  const { db } = idp.service.deps
  const [entry] = await readAudit(db, { action: 'keys.revoked', limit: 5 })
  expect(entry).toMatchObject({ actor: { id: 'bootstrap', kind: 'client' }, detail: { kids: [kid], signsNow: now } })
  const { rows } =
    await sql`select payload->'data' as data from outbox where payload->>'type' = 'atrium.keys.revoked'`.execute(db)
  expect(rows).toEqual([{ data: { personIds: [], kid } }])
})

it('lets the key sign that a rotation has prepared, once for all who revoke at the same moment', async () => {
  const { db } = idp.service.deps
  const next = await beginRotation(db, idp.config.ENCRYPTION_KEY)
  const kid = signedBy(await adminToken())
  const [first] = await Promise.all([revoke(kid), revoke(kid)])
  const signs = first.body.items.filter(key => key.state === 'current' && key.alg === 'ES256')
  expect(signs).toHaveLength(1)
  expect(next).toContain(signs[0]?.kid)
  expect(await readAudit(db, { action: 'keys.revoked', limit: 5 })).toHaveLength(2)
  expect((await revoke(kid)).status).toBe(200)
  expect((await revoke('no-such-key')).status).toBe(404)
})

it('takes back a key that waits or only verifies, and leaves the one that signs', async () => {
  const state = async (): Promise<State> =>
    (await (await fetch(new URL('/admin/keys', idp.issuer), bearer(await adminToken()))).json()) as State
  const waiting = (await state()).items.find(key => key.state === 'next')?.kid ?? ''
  const signing = signedBy(await adminToken())
  const { body } = await revoke(waiting)
  expect(body.items.find(key => key.kid === waiting)?.state).toBe('revoked')
  expect(signedBy(await adminToken())).toBe(signing)
  for (const port of ports) expect(await published(port)).not.toContain(waiting)
})

it('a sign-out by an ID token of that key is answered with the question whether to sign out, not with a fault', async () => {
  const { tokens, browser } = await visit(idp, 'portal', 'zhang.wei')
  await revoke(signedBy(tokens.id_token))
  const hinted = { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: `${idp.portal}/` }
  const page = await browser.fetch(`${idp.issuer}/protocol/openid-connect/logout?${new URLSearchParams(hinted)}`)
  expect(page.status).toBe(200)
  expect(await page.text()).toContain('xsrf')
})
