import { decodeJwt, decodeProtectedHeader } from 'jose'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { secretOf } from './testing/accounts.ts'
import { TestBrowser } from './testing/browser.ts'
import { startTestIdp, type TestIdp } from './testing/idp.ts'
import { authorizationRequest, relyingParty, visit } from './testing/relying-party.ts'

let idp: TestIdp
beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.stop())

describe('the authorization code flow', () => {
  it('gives the portal a JWT access token in Keycloak’s shape', async () => {
    const { tokens } = await visit(idp, 'portal', 'li.na')
    expect(decodeProtectedHeader(tokens.access_token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' })
    const claims = decodeJwt(tokens.access_token)
    expect(claims).toMatchObject({
      iss: idp.issuer,
      aud: 'atrium',
      sub: 'e0007',
      client_id: 'portal',
      preferred_username: 'li.na',
      name: '李娜',
      realm_access: { roles: ['employee', 'sales-manager'] },
      resource_access: { crm: { roles: ['TeamLead'] }, oa: { roles: ['Approver', 'Staff'] } },
    })
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(300)
    expect(claims.sid).toBe(tokens.claims()?.sid)
    expect(tokens.refresh_token?.split('.')).toHaveLength(3)
  })

  it('tells an application who the person is in it, without a second sign-in', async () => {
    const { browser } = await visit(idp, 'portal', 'li.na')
    const { tokens } = await visit(idp, 'crm', 'nobody', { browser })
    expect(tokens.claims()).toMatchObject({
      sub: 'e0007',
      preferred_username: 'li.na',
      name: '李娜',
      native_id: 'U-1001',
    })
    expect(tokens.claims()?.sid).toBeTypeOf('string')
    expect(decodeJwt(tokens.access_token)).toMatchObject({
      aud: 'urn:atrium:system:crm',
      native_id: 'U-1001',
      acr: '1',
      amr: ['pwd'],
      auth_time: expect.any(Number),
    })
  })

  it('demands PKCE of the public client', async () => {
    const { response } = await new TestBrowser().follow(
      `${idp.issuer}/protocol/openid-connect/auth?client_id=portal&response_type=code&scope=openid&redirect_uri=${encodeURIComponent(`${idp.portal}/`)}`,
    )
    expect(response.status).toBe(303)
    expect(new URL(response.headers.get('location') ?? '').searchParams.get('error')).toBe('invalid_request')
  })

  it('refuses a code with another verifier', async () => {
    const rp = await relyingParty(idp, 'portal')
    const { url, checks } = await authorizationRequest(rp, `${idp.portal}/`)
    const callback = await new TestBrowser().signIn(url, 'li.na')
    const wrong = { ...checks, pkceCodeVerifier: client.randomPKCECodeVerifier() }
    await expect(client.authorizationCodeGrant(rp, callback, wrong)).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it('ends what a code gave when the code comes a second time', async () => {
    const rp = await relyingParty(idp, 'portal')
    const { url, checks } = await authorizationRequest(rp, `${idp.portal}/`)
    const callback = await new TestBrowser().signIn(url, 'li.na')
    const tokens = await client.authorizationCodeGrant(rp, callback, checks)
    await expect(client.authorizationCodeGrant(rp, callback, checks)).rejects.toMatchObject({ error: 'invalid_grant' })
    await expect(client.refreshTokenGrant(rp, tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
  })

  it('answers one of ten who exchange a code at the same moment, and what that one got does not last', async () => {
    const rp = await relyingParty(idp, 'portal')
    const { url, checks } = await authorizationRequest(rp, `${idp.portal}/`)
    const callback = await new TestBrowser().signIn(url, 'li.na')
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, () => client.authorizationCodeGrant(rp, callback, checks)),
    )
    const won = results.filter(result => result.status === 'fulfilled')
    expect(won).toHaveLength(1)
    for (const { value } of won)
      await expect(client.refreshTokenGrant(rp, value.refresh_token ?? '')).rejects.toMatchObject({
        error: 'invalid_grant',
      })
  })

  it('never redirects to an address that is not registered', async () => {
    const rp = await relyingParty(idp, 'portal')
    const { url } = await authorizationRequest(rp, 'https://evil.example/')
    const { response, url: at } = await new TestBrowser({ 'accept-language': 'en', accept: 'text/html' }).follow(url)
    expect(response.status).toBe(400)
    expect(at.origin).toBe(new URL(idp.issuer).origin)
    const page = await response.text()
    expect(page).toContain('This sign-in did not complete')
    expect(page).toContain(`href="${idp.portal}/"`)
  })

  it('answers prompt=none without a session by a redirect, never by a page', async () => {
    const rp = await relyingParty(idp, 'portal')
    const { url } = await authorizationRequest(rp, `${idp.portal}/silent-check-sso.html`, { prompt: 'none' })
    const { url: at } = await new TestBrowser().follow(url)
    expect(`${at.origin}${at.pathname}`).toBe(`${idp.portal}/silent-check-sso.html`)
    expect(at.searchParams.get('error')).toBe('login_required')
  })

  it('stores nothing that opens anything', async () => {
    const { browser, tokens } = await visit(idp, 'portal', 'li.na')
    const rows = await idp.service.deps.db.selectFrom('oidc_model').selectAll().execute()
    const stored = JSON.stringify(rows)
    const opaque = tokens.refresh_token?.split('.')[2] ?? 'none'
    for (const secret of [opaque, ...[...browser.cookies.values()].map(cookie => cookie.value)])
      expect(stored).not.toContain(secret)
  })
})

describe('a client’s own token', () => {
  const tokenFor = async (id: string, parameters: Record<string, string>) =>
    await client.clientCredentialsGrant(await relyingParty(idp, id), parameters)

  it('carries the scope that the client has for the resource', async () => {
    const service = decodeJwt((await tokenFor('gateway', { resource: 'urn:atrium:system:crm' })).access_token)
    expect(service).toMatchObject({
      sub: 'gateway',
      client_id: 'gateway',
      aud: 'urn:atrium:system:crm',
      scope: 'service',
    })
    const events = decodeJwt(
      (await tokenFor('erp', { resource: 'urn:atrium:api', scope: 'events:write' })).access_token,
    )
    expect(events).toMatchObject({ sub: 'erp', aud: 'atrium', scope: 'events:write' })
    const directory = decodeJwt((await tokenFor('gateway', { scope: 'scim:read' })).access_token)
    expect(directory).toMatchObject({ aud: 'atrium', scope: 'scim:read' })
  })

  it('is refused for what the client may not have', async () => {
    await expect(tokenFor('erp', { resource: 'urn:atrium:system:crm' })).rejects.toMatchObject({
      error: 'invalid_target',
    })
    await expect(tokenFor('erp', { resource: 'urn:elsewhere' })).rejects.toMatchObject({ error: 'invalid_target' })
    const asked = await tokenFor('erp', { resource: 'urn:atrium:api', scope: 'admin' })
    expect(decodeJwt(asked.access_token).scope).toBeUndefined()
  })

  it('needs the right secret', async () => {
    const answer = await fetch(`${idp.issuer}/protocol/openid-connect/token`, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa('crm:wrong-secret')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({ error: 'invalid_client' })
    expect(secretOf('crm')).not.toBe('wrong-secret')
  })
})
