import fc from 'fast-check'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestBrowser } from '../../idp/src/oidc/testing/browser.ts'
import { redirectUri, registration, type Stage, secretOf, startStage } from './stage.ts'
import { authorizationRequest, authorize, signIn } from './visit.ts'

/**
 * Every endpoint, driven with what nobody's client sends: parameters made of right values, values of other endpoints and rubbish,
 * twice or oversized, in odd bodies, with odd headers, signed in and not. Whatever comes, the provider finds no fault of its own,
 * sends nobody to an address that is not registered, and gives nothing away.
 */
let stage: Stage
let browser: TestBrowser
let origin: string
let known: string[]
let endpoints: string[]
let basic: string
beforeAll(async () => {
  stage = await startStage()
  const config = await stage.register()
  const { tokens, browser: used } = await signIn(stage, config)
  browser = used
  origin = new URL(stage.issuer).origin
  const metadata = registration(config) as Record<string, string>
  basic = `Basic ${Buffer.from(`${metadata.client_id}:${secretOf(config)}`).toString('base64')}`
  known = [
    metadata.client_id!,
    secretOf(config),
    redirectUri,
    tokens.access_token,
    tokens.id_token!,
    tokens.refresh_token!,
    metadata.registration_access_token!,
    'portal',
    'crm',
    'gateway',
    'code',
    'none',
    'openid',
    'urn:atrium:api',
    'urn:atrium:system:crm',
    'authorization_code',
    'refresh_token',
    'client_credentials',
    'urn:ietf:params:oauth:grant-type:device_code',
    'urn:ietf:params:oauth:grant-type:token-exchange',
    'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    'urn:ietf:params:oauth:request_uri:x',
    'form_post',
    'S256',
  ]
  const server = client.Configuration.prototype.serverMetadata.call(config) as unknown as Record<string, unknown>
  endpoints = [
    ...Object.entries(server)
      .filter(([name, value]) => /_endpoint$|jwks_uri|iframe/.test(name) && typeof value === 'string')
      .map(([, value]) => value as string),
    `${stage.issuer}/device`,
    `${stage.issuer}/device/nobody`,
    `${stage.issuer}/account`,
    `${stage.issuer}/sign-in/nobody`,
    `${stage.issuer}/.well-known/openid-configuration`,
    `${stage.issuer}/protocol/openid-connect/logout/confirm`,
    `${stage.issuer}/protocol/openid-connect/auth/nobody`,
    `${stage.issuer}/clients-registrations/openid-connect/${metadata.client_id}`,
    `${stage.issuer}/login-actions/nowhere`,
  ]
})
afterAll(() => stage.stop())

const names = [
  'client_id', 'client_secret', 'redirect_uri', 'response_type', 'response_mode', 'scope', 'state', 'nonce', 'prompt', 'max_age',
  'claims', 'acr_values', 'login_hint', 'id_token_hint', 'ui_locales', 'request', 'request_uri', 'code', 'code_verifier',
  'code_challenge', 'code_challenge_method', 'grant_type', 'refresh_token', 'token', 'token_type_hint', 'access_token', 'resource',
  'audience', 'subject_token', 'subject_token_type', 'device_code', 'user_code', 'xsrf', 'confirm', 'abort', 'logout',
  'client_assertion', 'client_assertion_type', 'post_logout_redirect_uri', 'dpop_jkt', 'username', 'password', '__proto__', '',
] // biome-ignore format: a list of words

const rubbish = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    '0',
    '-1',
    '1e999',
    'null',
    '{}',
    '[]',
    '{"id_token":{"sub":{"value":[]}}}',
    'e30.e30.e30',
    '\u0000',
    '%',
    '%00',
    '\r\nSet-Cookie: a=b',
    'javascript:alert(1)',
    '//evil.test',
    'https://evil.test/',
  ),
  fc.integer({ min: 1, max: 60 }).map(kb => 'x'.repeat(kb * 200)),
)

type Shot = {
  endpoint: number
  method: string
  params: [string, string | number][]
  place: 'query' | 'form' | 'json' | 'odd'
  auth: number
  cookies: boolean
  accept: string
}

const shot: fc.Arbitrary<Shot> = fc.record({
  endpoint: fc.nat(100),
  method: fc.constantFrom('GET', 'POST', 'POST', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD'),
  // A number names one of the known values.
  params: fc.array(fc.tuple(fc.constantFrom(...names), fc.oneof(fc.nat(100), rubbish)), { maxLength: 8 }),
  place: fc.constantFrom('query', 'form', 'form', 'json', 'odd'),
  auth: fc.nat(5),
  cookies: fc.boolean(),
  accept: fc.constantFrom('*/*', 'text/html', 'application/json', 'application/token-introspection+jwt', 'x'),
})

async function fire({ endpoint, method, params, place, auth, cookies, accept }: Shot): Promise<Response> {
  const pairs = params.map(
    ([name, value]) => [name, typeof value === 'number' ? known[value % known.length]! : value] as [string, string],
  )
  const url = new URL(endpoints[endpoint % endpoints.length]!)
  const hasBody = !['GET', 'HEAD', 'OPTIONS'].includes(method)
  if (place === 'query' || !hasBody)
    for (const [name, value] of pairs.slice(0, 4)) url.searchParams.append(name, value.slice(0, 2000))
  const bodies = {
    query: undefined,
    form: new URLSearchParams(pairs).toString(),
    json: JSON.stringify(Object.fromEntries(pairs)),
    odd: pairs.flat().join('&=&'),
  }
  const types = {
    query: undefined,
    form: 'application/x-www-form-urlencoded',
    json: 'application/json',
    odd: 'multipart/form-data; boundary=x',
  }
  const authorization = [undefined, basic, 'Basic !!!', `Bearer ${known[3]}`, `DPoP ${known[3]}`, `Bearer ${known[6]}`][
    auth
  ]
  const headers: Record<string, string> = {
    accept,
    ...(authorization ? { authorization } : {}),
    ...(auth === 4 ? { dpop: 'e30.e30.e30' } : {}),
  }
  if (hasBody && types[place]) headers['content-type'] = types[place]
  const init: RequestInit = {
    method,
    headers,
    redirect: 'manual',
    ...(hasBody && bodies[place] !== undefined ? { body: bodies[place] } : {}),
  }
  return cookies ? await browser.fetch(url, init) : await fetch(url, init)
}

const mayLeadTo = (location: string, base: string): boolean => {
  const to = new URL(location, base)
  // Our own pages, the application's registered addresses, and the portal's.
  return to.origin === origin || to.href.startsWith('http://localhost:1/') || to.origin === stage.idp.portal
}

describe('hostile requests', () => {
  it('find no fault of ours, no way out to another host, nothing of another’s', { timeout: 180_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(shot, async one => {
        const response = await fire(one)
        const text = await response.text()
        expect(response.status, text.slice(0, 300)).toBeLessThan(500)
        const location = response.headers.get('location')
        if (location) expect(mayLeadTo(location, response.url), location).toBe(true)
        expect(response.headers.getSetCookie().join()).not.toContain('a=b')
        expect(text).not.toMatch(/\bat .*\.(ts|js):\d+/)
      }),
      {
        numRuns: Number(process.env.HOSTILE_RUNS ?? 400),
        ...(process.env.HOSTILE_SEED ? { seed: Number(process.env.HOSTILE_SEED) } : {}),
      },
    )
  })

  const null0 = '\u0000'
  it.each([
    ['a client id', { client_id: null0 }],
    ['a state', { state: null0 }],
    ['a nonce', { nonce: `a${null0}b` }],
    ['a login hint', { login_hint: null0 }],
    ['claims', { claims: '{"id_token":{"\\u0000":null}}' }],
    ['half a character in claims', { claims: '{"id_token":{"\\ud800":null}}' }],
    ['a resource', { resource: `urn:${null0}` }],
    ['an ui_locales', { ui_locales: null0 }],
  ])('that hold a null character as %s are the caller’s fault, with a session and without', async (_name, params) => {
    const config = await stage.register()
    const used = (await signIn(stage, config)).browser
    for (const visitor of [used, new TestBrowser()]) {
      const { page, params: back } = await authorize(stage, config, params as Record<string, string>, {
        browser: visitor,
      })
      expect(page?.status ?? 400, page?.html.slice(0, 300)).toBeLessThan(500)
      expect(back.get('error')).not.toBe('server_error')
    }
  })

  it('that hold a null character at the sign-in page, at registration or from a device are the caller’s fault', async () => {
    const config = await stage.register()
    const { url } = await authorizationRequest(stage, config)
    const used = new TestBrowser()
    const page = await used.follow(url)
    for (const username of [null0, `li${null0}na`, '\ud800']) {
      const { response } = await used.submitSignIn(page.url, { username, password: 'x' })
      expect(response.status).toBeLessThan(500)
    }
    const token = await stage.registrationToken()
    for (const client_name of [null0, '\ud800']) {
      const body = JSON.stringify({ redirect_uris: [redirectUri], client_name })
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
      const response = await fetch(`${stage.issuer}/clients-registrations/openid-connect`, {
        method: 'POST',
        headers,
        body,
      })
      expect(response.status, await response.text()).toBe(400)
    }
    const device = await stage.register({
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
      response_types: [],
      redirect_uris: [],
    })
    await expect(
      client.initiateDeviceAuthorization(device, { scope: 'openid', nonce: null0, login_hint: null0 }),
    ).rejects.toMatchObject({ error: 'invalid_request' })
  })

  it('leave the person signed in and the provider well', async () => {
    expect((await fetch(`${origin}/readyz`)).status).toBe(200)
    expect((await signIn(stage, await stage.register())).claims.sub).toBe('e0007')
  })
})
