import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { implicitTokenClient } from '../../idp/src/oidc/implicit-token.ts'
import { TestBrowser } from '../../idp/src/oidc/testing/browser.ts'
import { type Stage, startStage } from './stage.ts'

/** `response_type=token` as Odoo's built-in sign-in asks for it, for the one application that was named for it. */
let stage: Stage
const callback = 'http://odoo.intranet.test:8069/auth_oauth/signin'

beforeAll(async () => {
  stage = await startStage()
  await stage.idp.service.deps.db
    .updateTable('application')
    .set({ redirect_uris: [callback], client_metadata: JSON.stringify(implicitTokenClient) })
    .where('id', '=', 'erp')
    .execute()
})
afterAll(() => stage.stop())

const ask = (params: Record<string, string> = {}): URL => {
  const url = new URL(`${stage.issuer}/protocol/openid-connect/auth`)
  // As auth_oauth sends it: JSON in `state`, no nonce.
  const sent = {
    response_type: 'token',
    client_id: 'erp',
    redirect_uri: callback,
    scope: 'openid profile email',
    state: JSON.stringify({ d: 'main', p: 4, r: 'http%3A%2F%2Fodoo.intranet.test%3A8069%2Fweb' }),
    ...params,
  }
  url.search = String(new URLSearchParams(sent))
  return url
}

describe('response_type=token', () => {
  it('gives the named application an access token in the fragment and no ID token; userinfo takes it', async () => {
    const answer = await new TestBrowser().signIn(ask(), 'li.na')
    expect(answer.href.split('#')[0]).toBe(callback)
    expect(answer.search).toBe('')
    const params = new URLSearchParams(answer.hash.slice(1))
    expect(params.get('state')).toBe(ask().searchParams.get('state'))
    expect(params.get('token_type')).toBe('Bearer')
    expect([...params.keys()]).not.toContain('id_token')
    const token = params.get('access_token') as string
    const { auth_time, ...claims } = decodeJwt(token)
    // As an access token of the code flow says it (RFC 9068 §2.2.1).
    expect(claims).toMatchObject({ sub: 'e0007', client_id: 'erp', acr: '1', amr: ['pwd'] })
    expect(Math.abs(Number(auth_time) - Date.now() / 1000)).toBeLessThan(60)
    const userinfo = await fetch(`${stage.issuer}/protocol/openid-connect/userinfo`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(await userinfo.json()).toMatchObject({ sub: 'e0007', email: expect.any(String), name: '李娜' })
  })

  it('signs in silently where there is a session, and never puts a token into a query', async () => {
    const browser = new TestBrowser()
    await browser.signIn(ask(), 'li.na')
    const again = await browser.signIn(ask({ prompt: 'none' }), 'li.na')
    const silent = new URLSearchParams(again.hash.slice(1)).get('access_token') ?? ''
    expect(decodeJwt(silent)).toMatchObject({ acr: '1', amr: ['pwd'], auth_time: expect.any(Number) })
    const query = await browser.follow(ask({ response_mode: 'query' }))
    expect(query.url.href).not.toContain('access_token')
  })

  it('tells errors in the fragment', async () => {
    const answer = await new TestBrowser().follow(ask({ prompt: 'none' }))
    expect(new URLSearchParams(answer.url.hash.slice(1)).get('error')).toBe('login_required')
  })

  it.each([
    ['an application that was not named', { client_id: 'crm', redirect_uri: 'http://localhost:1/crm/oidc/callback' }],
    ['the portal', { client_id: 'portal', redirect_uri: 'http://localhost:39000/' }],
  ])('is refused to %s', async (_name, params) => {
    const { url, response } = await new TestBrowser().follow(ask(params))
    expect(url.href).not.toContain('access_token')
    const told = `${url.href} ${response.status >= 300 && response.status < 400 ? '' : await response.text()}`
    expect(told).toMatch(/unsupported_response_type|unauthorized_client|restricted/)
  })

  it('cannot be had by registering oneself, nor can a redirect URI without TLS together with it', async () => {
    await expect(
      stage.register({ response_types: ['id_token token'], grant_types: ['implicit'] }),
    ).rejects.toMatchObject({
      error: 'invalid_client_metadata',
    })
  })

  it('refuses another address than the registered one without a redirect', async () => {
    const { response } = await new TestBrowser().follow(ask({ redirect_uri: `${callback}?next=1` }))
    expect(response.status).toBe(400)
  })
})
