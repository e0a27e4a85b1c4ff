import { SignJWT } from 'jose'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestIdp, type TestIdp } from './testing/idp.ts'
import { visit } from './testing/relying-party.ts'

let idp: TestIdp
beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.stop())

const get = async (path: string, headers: Record<string, string>): Promise<Response> =>
  await fetch(`${idp.issuer}${path}`, { headers, redirect: 'manual' })
const userinfo = '/protocol/openid-connect/userinfo'

describe('userinfo', () => {
  it('takes our JWT access tokens, also with a lower-case scheme', async () => {
    const { rp, tokens } = await visit(idp, 'portal', 'li.na')
    expect(await client.fetchUserInfo(rp, tokens.access_token, 'e0007')).toMatchObject({
      preferred_username: 'li.na',
      name: '李娜',
      email: 'li.na@example.test',
      sid: tokens.claims()?.sid,
    })
    expect((await get(userinfo, { authorization: `bearer ${tokens.access_token}` })).status).toBe(200)
  })

  it('tells a system who the person is there', async () => {
    const { rp, tokens } = await visit(idp, 'oa', 'li.na')
    expect(await client.fetchUserInfo(rp, tokens.access_token, 'e0007')).toMatchObject({ native_id: 'lina' })
  })

  it.each([
    ['no token', undefined],
    ['rubbish', 'Bearer rubbish'],
  ])('refuses %s with a challenge', async (_name, authorization) => {
    const response = await get(userinfo, authorization ? { authorization } : {})
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/)
  })

  it('refuses a token signed by somebody else', async () => {
    const forged = await new SignJWT({ sub: 'e0000', client_id: 'portal', aud: 'atrium', iss: idp.issuer })
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode('guess'))
    expect((await get(userinfo, { authorization: `Bearer ${forged}` })).status).toBe(401)
    await expect(idp.service.deps.tokens.verifyAccessToken(forged)).rejects.toMatchObject({ status: 401 })
  })

  it('refuses a token whose session has ended', async () => {
    const { tokens } = await visit(idp, 'portal', 'wang.fang')
    const { db, sessions } = idp.service.deps
    await sessions.endSessions(db, { personId: 'e0021', reason: 'test', actor: { id: 'test', kind: 'system' } })
    expect((await get(userinfo, { authorization: `Bearer ${tokens.access_token}` })).status).toBe(401)
  })
})

describe('the account document', () => {
  it('has the shape that keycloak-js loads as a profile, after a preflight of the portal', async () => {
    const { tokens } = await visit(idp, 'portal', 'li.na')
    const preflight = await fetch(`${idp.issuer}/account`, {
      method: 'OPTIONS',
      headers: {
        Origin: idp.portal,
        'Access-Control-Request-Method': 'GET',
        'Access-Control-Request-Headers': 'authorization',
      },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(idp.portal)
    const response = await get('/account', {
      accept: 'application/json',
      authorization: `bearer ${tokens.access_token}`,
    })
    expect(await response.json()).toMatchObject({
      id: 'e0007',
      username: 'li.na',
      firstName: '李娜',
      email: 'li.na@example.test',
    })
  })

  it('leads a browser to the portal', async () => {
    expect((await get('/account', { accept: 'text/html' })).headers.get('location')).toBe(`${idp.portal}/account`)
  })
})

describe('the status frame', () => {
  const status = async (
    visited: Awaited<ReturnType<typeof visit>>,
    changes: Record<string, string> = {},
  ): Promise<number> => {
    const query = new URLSearchParams({
      client_id: 'portal',
      sid: String(visited.tokens.claims()?.sid),
      origin: idp.portal,
      ...changes,
    })
    return (await visited.browser.fetch(`${idp.issuer}/protocol/openid-connect/login-status-iframe.html/init?${query}`))
      .status
  }

  it('says unchanged while the session lives, changed when it has ended, and nothing to strangers', async () => {
    const visited = await visit(idp, 'portal', 'chen.jie')
    expect(await status(visited)).toBe(204)
    expect(await status(visited, { sid: 'another' })).toBe(200)
    expect(await status(visited, { origin: 'https://evil.example' })).toBe(403)
    expect(await status(visited, { client_id: 'nobody' })).toBe(403)
    const { db, sessions } = idp.service.deps
    await sessions.endSessions(db, { personId: 'e0031', reason: 'test', actor: { id: 'test', kind: 'system' } })
    expect(await status(visited)).toBe(200)
  })

  it('may be embedded by the portal and the applications only', async () => {
    const response = await get('/protocol/openid-connect/login-status-iframe.html', {})
    expect(response.headers.get('content-security-policy')).toMatch(new RegExp(`frame-ancestors ${idp.portal} `))
    expect(response.headers.get('x-frame-options')).toBeNull()
  })
})

describe('our own outgoing tokens', () => {
  it('verify against our published keys and say whom they are for', async () => {
    const token = await idp.service.deps.tokens.issueServiceToken({ audience: 'atrium', scope: 'events:write' })
    expect(await idp.service.deps.tokens.verifyAccessToken(token)).toMatchObject({
      sub: 'idp',
      client_id: 'idp',
      scope: 'events:write',
    })
    const forCrm = await idp.service.deps.tokens.issueServiceToken({ audience: 'urn:atrium:system:crm', scope: 'scim' })
    await expect(idp.service.deps.tokens.verifyAccessToken(forCrm)).rejects.toMatchObject({ code: 'invalid_token' })
  })
})
