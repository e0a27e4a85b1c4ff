import { setTimeout } from 'node:timers/promises'
import { createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT, UnsecuredJWT } from 'jose'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import { expect } from 'vitest'
import { TestBrowser } from '../../../idp/src/oidc/testing/browser.ts'
import type { Module } from '../report.ts'
import { redirectUri, registration, type Stage, secretOf } from '../stage.ts'
import { type Answer, authorizationRequest, authorize, open, signIn } from '../visit.ts'

const person = { sub: 'e0007', preferred_username: 'li.na', name: '李娜' }

/** A scope that brings claims, asked for and read at userinfo. */
function scope(
  id: string,
  asked: string,
  expected: Record<string, unknown>,
  absent: string[],
  instead?: string,
): Module {
  return {
    id,
    asks: `\`scope=${asked}\` is granted and brings its claims`,
    ...(instead ? { instead } : {}),
    run: async stage => {
      const config = await stage.register()
      const { tokens } = await signIn(stage, config, { scope: asked })
      const userinfo = await client.fetchUserInfo(config, tokens.access_token, person.sub)
      expect(userinfo).toMatchObject({ ...person, ...expected })
      for (const name of absent) expect(userinfo).not.toHaveProperty(name)
    },
  }
}

/** A parameter that must do no harm. */
function harmless(id: string, asks: string, params: Record<string, string>, more?: (answer: Answer) => void): Module {
  return {
    id,
    asks,
    run: async stage => {
      const answer = await signIn(stage, await stage.register(), params)
      expect(answer.claims.sub).toBe(person.sub)
      more?.(answer)
    },
  }
}

async function twice(stage: Stage, params: Record<string, string>, options: { wait?: number } = {}) {
  const config = await stage.register()
  const first = await signIn(stage, config)
  if (options.wait) await setTimeout(options.wait)
  const second = await authorize(stage, config, params, { browser: first.browser })
  return { config, first, second }
}

async function finish(config: client.Configuration, answer: Answer) {
  const tokens = await client.authorizationCodeGrant(config, answer.callback, answer.checks)
  return tokens.claims()!
}

const silent = (id: string, asks: string, params: Record<string, string>, wait?: number): Module => ({
  id,
  asks,
  run: async stage => {
    const { config, first, second } = await twice(stage, params, wait ? { wait } : {})
    expect(second.asked).toBe(false)
    const claims = await finish(config, second)
    expect(claims).toMatchObject({ sub: first.claims.sub })
    if (params.max_age) expect(claims.auth_time).toEqual(expect.any(Number))
  },
})

/** A code used again, at once or after `wait` ms: refused, and what it had given is taken back. */
const codeReuse = (id: string, asks: string, wait: number, revoked: boolean): Module => ({
  id,
  asks,
  run: async stage => {
    const config = await stage.register()
    const answer = await authorize(stage, config)
    const again = answer.callback instanceof Request ? answer.callback.clone() : answer.callback
    const tokens = await client.authorizationCodeGrant(config, answer.callback, answer.checks)
    await setTimeout(wait)
    await expect(client.authorizationCodeGrant(config, again, answer.checks)).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    if (!revoked) return
    await expect(client.fetchUserInfo(config, tokens.access_token, person.sub)).rejects.toMatchObject({ status: 401 })
    await expect(client.refreshTokenGrant(config, tokens.refresh_token!)).rejects.toMatchObject({
      error: 'invalid_grant',
    })
  },
})

/** The request that a whole flow makes, refused at the authorization endpoint with an error that reaches the application. */
async function refused(stage: Stage, change: (url: URL) => URL, errors: string[]): Promise<void> {
  const answer = await authorize(stage, await stage.register(), {}, { url: change })
  expect(answer.asked).toBe(false)
  expect(errors).toContain(answer.params.get('error'))
  expect(answer.params.get('state')).toBe(answer.checks.expectedState)
  expect(answer.params.has('code')).toBe(false)
}

const changed = (change: (params: URLSearchParams) => void) => (url: URL) => {
  change(url.searchParams)
  return url
}

/** The 38 modules of the Basic OP plan, in its order. With `response_mode=form_post` they are those of Form Post. */
export const basic: Module[] = [
  {
    id: 'oidcc-server',
    asks: 'code flow: code, state, `iss`, tokens, ID token checked to the last claim, userinfo of the same person',
    run: async stage => {
      const config = await stage.register()
      const { tokens, claims, params } = await signIn(stage, config)
      expect(params.get('iss')).toBe(stage.issuer)
      expect(tokens.token_type.toLowerCase()).toBe('bearer')
      expect(claims).toMatchObject({ iss: stage.issuer, sub: person.sub, aud: registration(config).client_id })
      expect(claims.exp - claims.iat).toBeGreaterThan(0)
      expect(await client.fetchUserInfo(config, tokens.access_token, claims.sub)).toMatchObject(person)
    },
  },
  {
    id: 'oidcc-response-type-missing',
    asks: 'a request without `response_type` is an error, never a sign-in',
    run: stage =>
      refused(
        stage,
        changed(params => params.delete('response_type')),
        ['invalid_request', 'unsupported_response_type'],
      ),
  },
  {
    id: 'oidcc-idtoken-signature',
    asks: 'the ID token is signed by a key of the JWK set, which `kid` names',
    run: async stage => {
      const config = await stage.register()
      const { tokens } = await signIn(stage, config)
      const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri!))
      const { protectedHeader } = await jwtVerify(tokens.id_token!, keys, { issuer: stage.issuer })
      expect(protectedHeader).toMatchObject({ alg: 'RS256', kid: expect.any(String) })
    },
  },
  {
    id: 'oidcc-idtoken-unsigned',
    asks: 'an unsigned ID token, where a provider offers one',
    instead: 'Refused at registration: an ID token that anybody can write is not issued.',
    run: async stage => {
      expect((await stage.register()).serverMetadata().id_token_signing_alg_values_supported).not.toContain('none')
      await expect(stage.register({ id_token_signed_response_alg: 'none' })).rejects.toMatchObject({
        error: 'invalid_client_metadata',
      })
    },
  },
  {
    id: 'oidcc-userinfo-get',
    asks: 'userinfo by GET with the token in the header',
    run: async stage => {
      const config = await stage.register()
      const { tokens, claims } = await signIn(stage, config)
      const as = config.serverMetadata() as oauth.AuthorizationServer
      const response = await oauth.userInfoRequest(as, { client_id: claims.aud as string }, tokens.access_token, {
        [oauth.allowInsecureRequests]: true,
      })
      expect(
        await oauth.processUserInfoResponse(as, { client_id: claims.aud as string }, claims.sub, response),
      ).toMatchObject(person)
    },
  },
  {
    id: 'oidcc-userinfo-post-header',
    asks: 'userinfo by POST with the token in the header',
    run: async stage => {
      const config = await stage.register()
      const { tokens } = await signIn(stage, config)
      const endpoint = new URL(config.serverMetadata().userinfo_endpoint!)
      const response = await client.fetchProtectedResource(config, tokens.access_token, endpoint, 'POST')
      expect(await response.json()).toMatchObject(person)
    },
  },
  {
    id: 'oidcc-userinfo-post-body',
    asks: 'userinfo by POST with the token in the form',
    run: async stage => {
      const config = await stage.register()
      const { tokens } = await signIn(stage, config)
      const body = new URLSearchParams({ access_token: tokens.access_token })
      const response = await fetch(config.serverMetadata().userinfo_endpoint!, { method: 'POST', body })
      expect(response.status).toBe(200)
      expect(await response.json()).toMatchObject(person)
    },
  },
  {
    id: 'oidcc-ensure-request-without-nonce-succeeds-for-code-flow',
    asks: 'a code flow without `nonce` works, and its ID token has none',
    run: async stage => {
      const { claims } = await signIn(stage, await stage.register(), {}, { nonce: false })
      expect(claims).not.toHaveProperty('nonce')
    },
  },
  scope('oidcc-scope-profile', 'openid profile', { locale: 'zh-CN' }, ['email', 'phone_number']),
  scope('oidcc-scope-email', 'openid email', { email: 'li.na@example.test', email_verified: true }, ['phone_number']),
  scope(
    'oidcc-scope-address',
    'openid address',
    {},
    ['address'],
    'The directory keeps no postal addresses; the scope is not offered, and ignored without harm.',
  ),
  scope('oidcc-scope-phone', 'openid phone', { phone_number: '+86 138 0000 0007' }, ['email']),
  scope(
    'oidcc-scope-all',
    'openid profile email address phone',
    { email: 'li.na@example.test', phone_number: '+86 138 0000 0007' },
    ['address'],
    'All but `address`, as above.',
  ),
  scope('oidcc-ensure-other-scope-order-succeeds', 'email openid', { email: 'li.na@example.test' }, []),
  harmless('oidcc-display-page', '`display=page`', { display: 'page' }, answer => expect(answer.asked).toBe(true)),
  harmless('oidcc-display-popup', '`display=popup`', { display: 'popup' }, answer => expect(answer.asked).toBe(true)),
  {
    id: 'oidcc-prompt-login',
    asks: '`prompt=login` asks for the password again, and `auth_time` says so',
    run: async stage => {
      const config = await stage.register()
      const first = await signIn(stage, config, { max_age: '10000' })
      await setTimeout(1100)
      const second = await authorize(stage, config, { prompt: 'login' }, { browser: first.browser })
      expect(second.asked).toBe(true)
      const claims = await finish(config, second)
      expect(claims.sub).toBe(first.claims.sub)
      expect(claims.auth_time).toBeGreaterThan(first.claims.auth_time!)
    },
  },
  {
    id: 'oidcc-prompt-none-not-logged-in',
    asks: '`prompt=none` without a session is `login_required`',
    run: stage =>
      refused(
        stage,
        changed(params => params.set('prompt', 'none')),
        ['login_required'],
      ),
  },
  silent('oidcc-prompt-none-logged-in', '`prompt=none` with a session signs in without a page', { prompt: 'none' }),
  {
    id: 'oidcc-max-age-1',
    asks: '`max_age=1` after more than a second asks again, and `auth_time` says so',
    run: async stage => {
      const config = await stage.register()
      const first = await signIn(stage, config, { max_age: '10000' })
      await setTimeout(2100)
      const second = await authorize(stage, config, { max_age: '1' }, { browser: first.browser })
      expect(second.asked).toBe(true)
      expect((await finish(config, second)).auth_time).toBeGreaterThan(first.claims.auth_time!)
    },
  },
  silent('oidcc-max-age-10000', '`max_age=10000` is content with the session, and tells `auth_time`', {
    max_age: '10000',
  }),
  harmless('oidcc-ensure-request-with-unknown-parameter-succeeds', 'a parameter nobody knows', { extra: 'foobar' }),
  {
    id: 'oidcc-id-token-hint',
    asks: '`prompt=none` with `id_token_hint` signs the same person in',
    run: async stage => {
      const config = await stage.register()
      const first = await signIn(stage, config)
      const params = { prompt: 'none', id_token_hint: first.tokens.id_token! }
      const second = await authorize(stage, config, params, { browser: first.browser })
      expect(second.asked).toBe(false)
      expect((await finish(config, second)).sub).toBe(first.claims.sub)
    },
  },
  {
    id: 'oidcc-login-hint',
    asks: '`login_hint` does no harm; here it fills in the name',
    run: async stage => {
      const config = await stage.register()
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid',
        login_hint: 'zhang.wei',
      })
      const { response } = await new TestBrowser().follow(url)
      expect(await response.text()).toContain('value="zhang.wei"')
      expect((await signIn(stage, config, { login_hint: 'li.na' })).claims.sub).toBe(person.sub)
    },
  },
  {
    id: 'oidcc-ui-locales',
    asks: '`ui_locales` does no harm; here the page speaks that language',
    run: async stage => {
      const config = await stage.register()
      for (const [locale, lang] of [
        ['en', 'en'],
        ['zh-CN', 'zh-CN'],
        ['se', 'zh-CN'],
      ]) {
        const url = client.buildAuthorizationUrl(config, {
          redirect_uri: redirectUri,
          scope: 'openid',
          ui_locales: locale!,
        })
        const { response } = await new TestBrowser({ 'accept-language': 'zh-CN' }).follow(url)
        expect(await response.text()).toContain(`<html lang="${lang}">`)
      }
      await signIn(stage, config, { ui_locales: 'en' })
    },
  },
  harmless('oidcc-claims-locales', '`claims_locales`', { claims_locales: 'se' }),
  harmless(
    'oidcc-ensure-request-with-acr-values-succeeds',
    '`acr_values`: signs in, and the ID token says what was reached',
    { acr_values: '1 2' },
    answer => expect((answer as Awaited<ReturnType<typeof signIn>>).claims.acr).toBe('1'),
  ),
  codeReuse('oidcc-codereuse', 'a code works once', 0, false),
  codeReuse('oidcc-codereuse-30seconds', 'a code used again after 30 s; the tokens it gave are dead', 30_000, true),
  {
    id: 'oidcc-ensure-registered-redirect-uri',
    asks: 'a redirect URI that is not registered is an error page, never a redirect',
    run: async stage => {
      const foreign = changed(params => params.set('redirect_uri', 'http://localhost:1/elsewhere'))
      const answer = await authorize(stage, await stage.register(), {}, { url: foreign })
      expect(answer.page?.status).toBe(400)
      expect(answer.page?.html).toContain('redirect_uri')
    },
  },
  {
    id: 'oidcc-ensure-post-request-succeeds',
    asks: 'the authorization endpoint takes POST',
    run: async stage => {
      const config = await stage.register()
      const { claims } = await signIn(stage, config, {}, { post: true })
      expect(claims.sub).toBe(person.sub)
    },
  },
  {
    id: 'oidcc-server-client-secret-post',
    asks: 'the code flow with `client_secret_post`',
    run: async stage => {
      const config = await stage.register({ token_endpoint_auth_method: 'client_secret_post' })
      const { callback, checks } = await authorize(stage, config)
      const as = config.serverMetadata() as oauth.AuthorizationServer
      const rp: oauth.Client = { client_id: registration(config).client_id as string }
      const parameters = oauth.validateAuthResponse(
        as,
        rp,
        callback instanceof Request ? new URLSearchParams(await callback.text()) : callback,
        checks.expectedState as string,
      )
      const insecure = { [oauth.allowInsecureRequests]: true }
      const post = oauth.ClientSecretPost(secretOf(config))
      const response = await oauth.authorizationCodeGrantRequest(
        as,
        rp,
        post,
        parameters,
        redirectUri,
        checks.pkceCodeVerifier as string,
        insecure,
      )
      const result = await oauth.processAuthorizationCodeResponse(as, rp, response, {
        expectedNonce: checks.expectedNonce as string,
        requireIdToken: true,
      })
      expect(oauth.getValidatedIdTokenClaims(result)?.sub).toBe(person.sub)
    },
  },
  {
    id: 'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported',
    asks: 'a request object by `request_uri`, or `request_uri_not_supported`',
    instead: 'Refused as unsupported: only `request_uri`s that this provider itself gave out (PAR) are taken.',
    run: stage =>
      refused(
        stage,
        changed(params => params.set('request_uri', 'https://example.test/request.jwt')),
        ['request_uri_not_supported'],
      ),
  },
  {
    id: 'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported',
    asks: 'an unsigned request object, or an error that says it is not taken',
    instead: 'Refused: `none` is not among the offered algorithms; signed request objects are taken.',
    run: async stage => {
      const config = await stage.register()
      expect(config.serverMetadata().request_object_signing_alg_values_supported).not.toContain('none')
      const answer = await authorize(stage, config, {}, { url: url => withRequest(url, unsigned(url)) })
      expect(['invalid_request_object', 'request_not_supported']).toContain(answer.params.get('error'))
    },
  },
  {
    id: 'oidcc-claims-essential',
    asks: '`claims` asks userinfo for an essential claim',
    run: async stage => {
      const config = await stage.register()
      const claims = JSON.stringify({ userinfo: { name: { essential: true }, email: null } })
      const { tokens } = await signIn(stage, config, { claims })
      const userinfo = await client.fetchUserInfo(config, tokens.access_token, person.sub)
      expect(userinfo).toMatchObject({ name: person.name, email: 'li.na@example.test' })
      expect(userinfo).not.toHaveProperty('phone_number')
    },
  },
  {
    id: 'oidcc-ensure-request-object-with-redirect-uri',
    asks: 'the redirect URI of a signed request object counts, not the one beside it',
    run: async stage => {
      const { publicKey, privateKey } = await generateKeyPair('ES256')
      const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }
      const config = await stage.register({ jwks: { keys: [jwk] }, request_object_signing_alg: 'ES256' })
      const clientId = registration(config).client_id as string
      const { url, checks } = await authorizationRequest(stage, config)
      const request = await new SignJWT(Object.fromEntries(url.searchParams))
        .setProtectedHeader({ alg: 'ES256', kid: 'one' })
        .setIssuer(clientId)
        .setAudience(stage.issuer)
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(privateKey)
      const outer = withRequest(url, request)
      outer.searchParams.set('redirect_uri', 'http://localhost:1/elsewhere')
      const answer = await open(new TestBrowser(), outer, checks)
      const at = answer.callback instanceof Request ? answer.callback.url : answer.callback.href
      expect(at.startsWith(redirectUri)).toBe(true)
      expect((await finish(config, answer)).sub).toBe(person.sub)
    },
  },
  {
    id: 'oidcc-refresh-token',
    asks: 'a refresh token gives the same person’s tokens, and only to its own client',
    run: async stage => {
      const config = await stage.register()
      const other = await stage.register()
      const { tokens, claims } = await signIn(stage, config, { scope: 'openid offline_access', prompt: 'consent' })
      await expect(client.refreshTokenGrant(other, tokens.refresh_token!)).rejects.toMatchObject({
        error: 'invalid_grant',
      })
      const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token!)
      expect(refreshed.claims()).toMatchObject({ sub: claims.sub, iss: claims.iss, aud: claims.aud })
      expect(refreshed.access_token).not.toBe(tokens.access_token)
    },
  },
  harmless('oidcc-ensure-request-with-valid-pkce-succeeds', 'PKCE with `S256`', {}, answer =>
    expect(answer.checks.pkceCodeVerifier).toEqual(expect.any(String)),
  ),
]

function withRequest(url: URL, request: string): URL {
  const next = new URL(url)
  next.searchParams.set('request', request)
  return next
}

function unsigned(url: URL): string {
  return new UnsecuredJWT(Object.fromEntries(url.searchParams)).encode()
}
