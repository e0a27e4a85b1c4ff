import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestBrowser } from '../../idp/src/oidc/testing/browser.ts'
import { redirectUri, registration, type Stage, secretOf, startStage } from './stage.ts'
import { authorizationRequest, authorize, open } from './visit.ts'

let stage: Stage
let config: client.Configuration
beforeAll(async () => {
  stage = await startStage()
  config = await stage.register({ require_pushed_authorization_requests: true })
})
afterAll(() => stage.stop())

/** Pushes a request and gives the address a browser is sent to. */
async function push(change: (params: URLSearchParams) => void = () => {}) {
  const { url, checks } = await authorizationRequest(stage, config)
  const params = new URLSearchParams(url.searchParams)
  change(params)
  return { url: await client.buildAuthorizationUrlWithPAR(config, params), checks }
}

const basic = (id: string, secret: string): string => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

async function pushRaw(body: Record<string, string>, as = config): Promise<Response> {
  return await fetch(config.serverMetadata().pushed_authorization_request_endpoint!, {
    method: 'POST',
    headers: { authorization: basic(registration(as).client_id as string, secretOf(as)) },
    body: new URLSearchParams({ client_id: registration(as).client_id as string, ...body }),
  })
}

describe('a pushed authorization request (RFC 9126)', () => {
  it('signs a person in, and the browser carries nothing but its name', async () => {
    const { url, checks } = await push()
    expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri'])
    const answer = await open(new TestBrowser(), url, checks)
    const tokens = await client.authorizationCodeGrant(config, answer.callback, checks)
    expect(tokens.claims()?.sub).toBe('e0007')
  })

  it('works once', async () => {
    const { url, checks } = await push()
    const first = await open(new TestBrowser(), url, checks)
    expect(first.params.has('code')).toBe(true)
    const again = await open(first.browser, url, checks)
    expect(again.params.has('code')).toBe(false)
    expect(again.page?.status ?? 302).toBeLessThan(500)
    expect(again.page?.html ?? String(again.params)).toContain('invalid_request_uri')
  })

  it('opened in ten browsers at the same moment signs in exactly one', async () => {
    const { url, checks } = await push()
    const answers = await Promise.all(Array.from({ length: 10 }, () => open(new TestBrowser(), url, checks)))
    expect(answers.filter(one => one.params.has('code'))).toHaveLength(1)
    for (const one of answers) expect(one.page?.status ?? 302).toBeLessThan(500)
  })

  it('belongs to the client that pushed it', async () => {
    const other = await stage.register()
    const { url, checks } = await push()
    url.searchParams.set('client_id', registration(other).client_id as string)
    const answer = await open(new TestBrowser(), url, checks)
    expect(answer.asked).toBe(false)
    expect(answer.params.has('code')).toBe(false)
    expect(answer.page?.status).toBe(400)
  })

  it('expires', async () => {
    const { url, checks } = await push()
    await stage.idp.service.deps.db
      .updateTable('oidc_model')
      .set(eb => ({ payload: eb.fn('jsonb_set', ['payload', eb.val('{exp}'), eb.val('1')]) }) as never)
      .where('model', '=', 'PushedAuthorizationRequest')
      .execute()
    const answer = await open(new TestBrowser(), url, checks)
    expect(answer.page?.html ?? String(answer.params)).toContain('invalid_request_uri')
  })

  it('is demanded of a client that registered so', async () => {
    const answer = await authorize(stage, config)
    expect(answer.asked).toBe(false)
    expect(answer.params.get('error')).toBe('invalid_request')
  })

  const good = { response_type: 'code', redirect_uri: redirectUri, scope: 'openid' }
  it.each([
    [
      'a foreign redirect URI',
      { ...good, redirect_uri: 'https://evil.test/' },
      ['invalid_request', 'invalid_redirect_uri'],
    ],
    [
      'a redirect URI with a query added',
      { ...good, redirect_uri: `${redirectUri}?x=1` },
      ['invalid_request', 'invalid_redirect_uri'],
    ],
    [
      'a request_uri inside',
      { ...good, request_uri: 'urn:ietf:params:oauth:request_uri:x' },
      ['invalid_request', 'request_uri_not_supported'],
    ],
    [
      'an unknown response type',
      { ...good, response_type: 'everything' },
      ['unsupported_response_type', 'invalid_request'],
    ],
    ['claims that are no JSON', { ...good, claims: '{' }, ['invalid_request']],
    ['a resource of somebody else', { ...good, resource: 'urn:atrium:api' }, ['invalid_target']],
    ['a request object of rubbish', { request: 'x.y.z' }, ['invalid_request_object']],
    ['nothing', {} as Record<string, string>, ['invalid_request', 'invalid_redirect_uri', 'unsupported_response_type']],
  ])('is refused with %s', async (_name, body, expected) => {
    const response = await pushRaw(body)
    expect(response.status).toBe(400)
    const answer = (await response.json()) as { error: string }
    expect(expected, JSON.stringify(answer)).toContain(answer.error)
  })

  it('is refused to who does not know the secret', async () => {
    const response = await fetch(config.serverMetadata().pushed_authorization_request_endpoint!, {
      method: 'POST',
      headers: { authorization: basic(registration(config).client_id as string, 'guess') },
      body: new URLSearchParams(good),
    })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ error: 'invalid_client' })
  })
})
