import { setTimeout } from 'node:timers/promises'
import { type CryptoKey, decodeProtectedHeader, exportJWK, generateKeyPair, UnsecuredJWT } from 'jose'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import { expect } from 'vitest'
import { beginRotation } from '../../../idp/src/oidc/key-rotation.ts'
import { TestBrowser } from '../../../idp/src/oidc/testing/browser.ts'
import { startHost } from '../host.ts'
import type { Module } from '../report.ts'
import { insecure, redirectUri, registration, type Stage, secretOf } from '../stage.ts'
import { authorize, signIn } from '../visit.ts'
import { basic } from './basic.ts'
import { config as discovery } from './config.ts'

/** A key pair of an application. */
async function keyPair(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } }
}

/** Registers an application that signs its token requests. */
async function withKey(stage: Stage, metadata: Record<string, unknown> = {}): Promise<client.Configuration> {
  const { privateKey, jwk } = await keyPair('one')
  const authentication = client.PrivateKeyJwt({ key: privateKey, kid: 'one' })
  return await stage.register(
    { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] }, ...metadata },
    authentication,
  )
}

const shared = (id: string): Module => basic.find(one => one.id === id)!

const queried = `${redirectUri}?foo=bar`

/** A redirect URI that differs from the registered one: an error page and no redirect. */
const redirectRefused = (id: string, asks: string, registered: string, sent: string | undefined): Module => ({
  id,
  asks,
  run: async stage => {
    const config = await withKey(stage, { redirect_uris: [registered] })
    const url = (built: URL): URL => {
      if (sent) built.searchParams.set('redirect_uri', sent)
      else built.searchParams.delete('redirect_uri')
      return built
    }
    const answer = await authorize(stage, config, {}, { url })
    expect(answer.asked).toBe(false)
    expect(answer.page?.status).toBe(400)
  },
})

const metadataKept = (id: string, name: 'logo_uri' | 'policy_uri' | 'tos_uri', what: string): Module => ({
  id,
  asks: `\`${name}\` is taken at registration, and the sign-in page shows ${what}`,
  run: async stage => {
    const address = `https://stranger.test/${name}`
    const config = await withKey(stage, { [name]: address })
    expect(registration(config)[name]).toBe(address)
    const { response } = await new TestBrowser().follow(
      client.buildAuthorizationUrl(config, { redirect_uri: redirectUri, scope: 'openid' }),
    )
    expect(await response.text()).toContain(address)
  },
})

const byReference = (id: string, asks: string, alg: string): Module => ({
  id,
  asks,
  fails:
    '`request_uri` by reference makes a provider call addresses that a request names; pushed requests (PAR) do its work.',
  run: async stage => {
    const config = await withKey(stage)
    const host = await startHost()
    try {
      const answer = await authorize(
        stage,
        config,
        {},
        {
          url: url => {
            host.documents.set('/request.jwt', new UnsecuredJWT(Object.fromEntries(url.searchParams)).encode())
            url.searchParams.set('request_uri', `${host.url}/request.jwt#${alg}`)
            return url
          },
        },
      )
      expect(answer.params.has('code')).toBe(true)
    } finally {
      await host.stop()
    }
  },
})

/** Refresh with the key that replaced the one at registration, after the minute for which a key set may be kept. */
async function rotatedKey(stage: Stage): Promise<void> {
  const host = await startHost()
  try {
    const [first, second] = [await keyPair('one'), await keyPair('two')]
    host.documents.set('/jwks', { keys: [first.jwk] })
    const metadata = { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: `${host.url}/jwks` }
    const config = await stage.register(metadata, client.PrivateKeyJwt({ key: first.privateKey, kid: 'one' }))
    const { tokens } = await signIn(stage, config)
    host.documents.set('/jwks', { keys: [second.jwk] })
    await setTimeout(61_000)
    const renewed = await sameClient(stage, config, second.privateKey, 'two')
    expect((await client.refreshTokenGrant(renewed, tokens.refresh_token!)).access_token).toBeDefined()
  } finally {
    await host.stop()
  }
}

async function sameClient(stage: Stage, config: client.Configuration, key: CryptoKey, kid: string) {
  const id = registration(config).client_id as string
  return await client.discovery(new URL(stage.issuer), id, {}, client.PrivateKeyJwt({ key, kid }), insecure)
}

/** The 23 modules of the Dynamic plan, with an initial access token; `private_key_jwt` throughout. */
export const dynamic: Module[] = [
  {
    id: 'oidcc-idtoken-rs256',
    asks: 'an ID token signed with RS256',
    run: async stage => {
      const { tokens } = await signIn(stage, await withKey(stage, { id_token_signed_response_alg: 'RS256' }))
      expect(decodeProtectedHeader(tokens.id_token!)).toMatchObject({ alg: 'RS256' })
    },
  },
  shared('oidcc-idtoken-unsigned'),
  {
    id: 'oidcc-userinfo-rs256',
    asks: 'userinfo as a JWT signed with RS256',
    run: async stage => {
      const config = await withKey(stage, { userinfo_signed_response_alg: 'RS256' })
      const { tokens, claims } = await signIn(stage, config)
      const as = config.serverMetadata() as oauth.AuthorizationServer
      const rp = { client_id: claims.aud as string, userinfo_signed_response_alg: 'RS256' }
      const options = { [oauth.allowInsecureRequests]: true }
      const response = await oauth.userInfoRequest(as, rp, tokens.access_token, options)
      expect(response.headers.get('content-type')).toContain('application/jwt')
      const userinfo = await oauth.processUserInfoResponse(as, rp, claims.sub, response)
      expect(userinfo).toMatchObject({ sub: 'e0007', iss: stage.issuer, aud: rp.client_id })
      await oauth.validateApplicationLevelSignature(as, response, options)
    },
  },
  redirectRefused(
    'oidcc-ensure-redirect-uri-in-authorization-request',
    'a request without `redirect_uri` is an error page',
    redirectUri,
    undefined,
  ),
  {
    id: 'oidcc-redirect-uri-query-OK',
    asks: 'a registered redirect URI with a query keeps it',
    run: async stage => {
      const config = await stage.register({ redirect_uris: [queried] })
      const { params, callback, checks } = await authorize(stage, config, { redirect_uri: queried })
      expect(params.get('foo')).toBe('bar')
      // openid-client would take the query for part of the answer.
      const as = config.serverMetadata() as oauth.AuthorizationServer
      const rp = { client_id: registration(config).client_id as string }
      const response = await oauth.authorizationCodeGrantRequest(
        as,
        rp,
        oauth.ClientSecretBasic(secretOf(config)),
        oauth.validateAuthResponse(as, rp, callback as URL, checks.expectedState as string),
        queried,
        checks.pkceCodeVerifier as string,
        { [oauth.allowInsecureRequests]: true },
      )
      expect(response.status).toBe(200)
    },
  },
  redirectRefused(
    'oidcc-redirect-uri-query-mismatch',
    'another query than the registered one',
    queried,
    `${redirectUri}?foo=baz`,
  ),
  redirectRefused('oidcc-redirect-uri-query-added', 'a query added to the registered address', redirectUri, queried),
  {
    id: 'oidcc-redirect-uri-regfrag',
    asks: 'a redirect URI with a fragment is refused at registration',
    run: async stage => {
      await expect(withKey(stage, { redirect_uris: [`${redirectUri}#fragment`] })).rejects.toMatchObject({
        error: expect.stringMatching(/^invalid_(redirect_uri|client_metadata)$/),
      })
    },
  },
  {
    ...discovery[0]!,
    asks: 'discovery as in Config OP, and the response types `code`, `id_token` and `id_token token`',
    run: async stage => {
      await discovery[0]!.run(stage)
      const { response_types_supported: types } = (await withKey(stage)).serverMetadata()
      expect(types).toEqual(expect.arrayContaining(['code', 'id_token', 'id_token token']))
    },
  },
  {
    id: 'oidcc-server',
    asks: 'registration with an initial access token, then the code flow with a signed assertion',
    run: async stage => {
      const config = await withKey(stage)
      expect(registration(config)).toMatchObject({
        client_id: expect.stringMatching(/^dyn\./),
        registration_access_token: expect.any(String),
        registration_client_uri: expect.stringContaining(stage.issuer),
      })
      const { tokens, claims } = await signIn(stage, config)
      expect(await client.fetchUserInfo(config, tokens.access_token, claims.sub)).toMatchObject({ sub: 'e0007' })
    },
  },
  metadataKept('oidcc-registration-logo-uri', 'logo_uri', 'the logo'),
  metadataKept('oidcc-registration-policy-uri', 'policy_uri', 'a link to it'),
  metadataKept('oidcc-registration-tos-uri', 'tos_uri', 'a link to it'),
  {
    id: 'oidcc-registration-jwks-uri',
    asks: 'the keys of an application are read from its `jwks_uri`',
    run: async stage => {
      const host = await startHost()
      try {
        const { privateKey, jwk } = await keyPair('one')
        host.documents.set('/jwks', { keys: [jwk] })
        const metadata = { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: `${host.url}/jwks` }
        const config = await stage.register(metadata, client.PrivateKeyJwt({ key: privateKey, kid: 'one' }))
        expect((await signIn(stage, config)).claims.sub).toBe('e0007')
        expect(host.requests).toEqual(['/jwks'])
      } finally {
        await host.stop()
      }
    },
  },
  {
    id: 'oidcc-registration-sector-uri',
    asks: 'a sector file that lists every redirect URI is taken',
    run: async stage => {
      const host = await startHost(true)
      try {
        host.documents.set('/sector', [redirectUri])
        const config = await withKey(stage, { sector_identifier_uri: `${host.url}/sector` })
        expect((await signIn(stage, config)).claims.sub).toBe('e0007')
        expect(host.requests).toContain('/sector')
      } finally {
        await host.stop()
      }
    },
  },
  {
    id: 'oidcc-registration-sector-bad',
    asks: 'a sector file that lacks a redirect URI is refused',
    run: async stage => {
      const host = await startHost(true)
      try {
        host.documents.set('/sector', ['https://elsewhere.test/callback'])
        await expect(withKey(stage, { sector_identifier_uri: `${host.url}/sector` })).rejects.toMatchObject({
          error: 'invalid_client_metadata',
        })
        expect(host.requests).toEqual(['/sector'])
      } finally {
        await host.stop()
      }
    },
  },
  {
    id: 'oidcc-server-rotate-keys',
    asks: 'after a rotation the key set has the new key beside the old, and the new one signs',
    run: async stage => {
      const config = await withKey(stage)
      const before = await keyIds(config)
      const made = await beginRotation(stage.idp.service.deps.db, stage.idp.config.ENCRYPTION_KEY)
      await expect.poll(() => keyIds(config), { timeout: 20_000 }).toEqual(expect.arrayContaining([...before, ...made]))
      const fresh = await withKey(stage)
      const signs = async () => decodeProtectedHeader((await signIn(stage, fresh)).tokens.id_token!).kid
      await expect.poll(signs, { timeout: 20_000, interval: 500 }).toSatisfy((kid: string) => made.includes(kid))
      expect(await keyIds(config)).toEqual(expect.arrayContaining([...before, ...made]))
    },
  },
  {
    id: 'oidcc-refresh-token-rp-key-rotation',
    asks: 'a refresh with a key that replaced the old one at `jwks_uri`, after 60 s',
    run: rotatedKey,
  },
  byReference('oidcc-request-uri-unsigned', 'an unsigned request object by `request_uri`', 'none'),
  byReference('oidcc-request-uri-signed-rs256', 'a request object signed with RS256 by `request_uri`', 'RS256'),
  shared('oidcc-ensure-request-object-with-redirect-uri'),
  shared('oidcc-refresh-token'),
  {
    id: 'oidcc-ensure-client-assertion-with-iss-aud-succeeds',
    asks: 'a client assertion whose audience is the issuer',
    run: async stage => {
      const config = await withKey(stage)
      const key = await keyPair('two')
      const audience: string[] = []
      const authentication = client.PrivateKeyJwt(
        { key: key.privateKey, kid: 'two' },
        {
          [client.modifyAssertion]: (_header, payload) => {
            payload.aud = config.serverMetadata().issuer
            audience.push(payload.aud as string)
          },
        },
      )
      const metadata = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } }
      expect((await signIn(stage, await stage.register(metadata, authentication))).claims.sub).toBe('e0007')
      expect(audience).toEqual([stage.issuer])
    },
  },
]

async function keyIds(config: client.Configuration): Promise<string[]> {
  const { keys } = (await (await fetch(config.serverMetadata().jwks_uri!)).json()) as { keys: { kid: string }[] }
  return keys.map(key => key.kid)
}
