import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startHost } from './host.ts'
import { redirectUri, registration, type Stage, secretOf, startStage } from './stage.ts'
import { signIn } from './visit.ts'

let stage: Stage
let endpoint: string
beforeAll(async () => {
  stage = await startStage()
  endpoint = `${stage.issuer}/clients-registrations/openid-connect`
})
afterAll(() => stage.stop())

const usual = { redirect_uris: [redirectUri] }

async function send(token: string | undefined, body: string, url = endpoint, method = 'POST') {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    ...(method === 'GET' || method === 'DELETE' ? {} : { body }),
  })
  const text = await response.text()
  return { status: response.status, body: (text ? JSON.parse(text) : {}) as Record<string, unknown> }
}

const register = async (metadata: object, token?: string) =>
  await send(token ?? (await stage.registrationToken()), JSON.stringify(metadata))

describe('registration with an initial access token (RFC 7591)', () => {
  it.each([
    ['none', undefined],
    ['an unknown one', 'guess'],
    ['one that looks like a JWT', 'e30.e30.e30'],
  ])('is refused with %s', async (_name, token) => {
    const answer = await send(token, JSON.stringify(usual))
    expect([400, 401]).toContain(answer.status)
    expect(['invalid_request', 'invalid_token']).toContain(answer.body.error)
  })

  it('is refused with a token whose time is over, and with a person’s access token', async () => {
    const token = await stage.registrationToken()
    const { db } = stage.idp.service.deps
    const late = { payload: JSON.stringify({ kind: 'InitialAccessToken', iat: 1, exp: 2, policies: ['registered'] }) }
    await db.updateTable('oidc_model').set(late).where('model', '=', 'InitialAccessToken').execute()
    expect(await register(usual, token)).toMatchObject({ status: 401, body: { error: 'invalid_token' } })
    const { tokens } = await signIn(stage, await stage.register())
    expect(await register(usual, tokens.access_token)).toMatchObject({ status: 401, body: { error: 'invalid_token' } })
  })

  it.each([
    ['token exchange', { ...usual, grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange'] }],
    ['an unknown grant', { ...usual, grant_types: ['password'] }],
    ['a script as redirect URI', { redirect_uris: ['javascript:alert(1)'] }],
    ['redirect URIs that are no list', { redirect_uris: redirectUri }],
    ['redirect URIs of null', { redirect_uris: [null] }],
    ['no redirect URI', { redirect_uris: [] }],
    [
      'a private key among the public ones',
      { ...usual, jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd' }] } },
    ],
    ['keys that are none', { ...usual, jwks: { keys: 'none' } }],
    ['a signing algorithm nobody has', { ...usual, id_token_signed_response_alg: 'HS1' }],
    ['a scope nobody has', { ...usual, scope: 'openid admin' }],
    ['both kinds of keys', { ...usual, jwks_uri: 'http://localhost:1/jwks', jwks: { keys: [] } }],
    [
      'a logout address inside the network',
      { ...usual, backchannel_logout_uri: 'http://169.254.169.254/latest/meta-data' },
    ],
    ['a key set inside the network', { ...usual, jwks_uri: 'http://127.0.0.1:5432/' }],
    ['a key set with credentials in its address', { ...usual, jwks_uri: 'http://user:pass@localhost/' }],
    ['a sector file inside the network', { ...usual, sector_identifier_uri: 'https://[::1]/sector' }],
    ['an address of another kind', { ...usual, jwks_uri: 'file:///etc/passwd' }],
  ])('refuses %s', async (_name, metadata) => {
    const answer = await register(metadata)
    expect(answer.status).toBe(400)
    expect(['invalid_client_metadata', 'invalid_redirect_uri']).toContain(answer.body.error)
  })

  it.each(['', '{', '[]', 'null', '"x"', '17', `{"client_name":"${'x'.repeat(80_000)}"}`])(
    'answers a body of rubbish with an error of the client’s',
    async body => {
      const answer = await send(await stage.registrationToken(), body)
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.status).toBeLessThan(500)
    },
  )

  it('does not follow a redirect of an allowed host to one that is not', async () => {
    const host = await startHost()
    const { createServer } = await import('node:http')
    const server = createServer((_request, response) =>
      response.writeHead(302, { location: `${host.url.replace('localhost', '127.0.0.1')}/jwks` }).end(),
    )
    await new Promise<void>(resolve => server.listen(0, 'localhost', resolve))
    const { port } = server.address() as { port: number }
    try {
      const { generateKeyPair } = await import('jose')
      const { privateKey } = await generateKeyPair('ES256')
      const metadata = { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: `http://localhost:${port}/jwks` }
      const config = await stage.register(metadata, client.PrivateKeyJwt(privateKey))
      await expect(signIn(stage, config)).rejects.toMatchObject({ error: expect.stringMatching(/^invalid_client/) })
      expect(host.requests).toEqual([])
    } finally {
      server.close()
      await host.stop()
    }
  })

  it('gives a client that is no system: nothing of the API, nothing of another system', async () => {
    const config = await stage.register({ grant_types: ['client_credentials'], response_types: [], redirect_uris: [] })
    for (const resource of ['urn:atrium:api', 'urn:atrium:system:crm'])
      await expect(client.clientCredentialsGrant(config, { resource })).rejects.toMatchObject({
        error: 'invalid_target',
      })
  })

  it('stores neither secrets nor tokens that open anything, and survives a restart', async () => {
    const token = await stage.registrationToken()
    const answer = await register(usual, token)
    const { db } = stage.idp.service.deps
    const rows = [
      await db.selectFrom('registered_client').selectAll().execute(),
      await db.selectFrom('oidc_model').selectAll().execute(),
    ]
    const text = JSON.stringify(rows)
    for (const secret of [token, answer.body.client_secret, answer.body.registration_access_token]) {
      expect(secret).toEqual(expect.any(String))
      expect(text).not.toContain(secret as string)
    }
    await stage.idp.restart()
    const again = await send(
      answer.body.registration_access_token as string,
      '',
      answer.body.registration_client_uri as string,
      'GET',
    )
    expect(again).toMatchObject({ status: 200, body: { client_secret: answer.body.client_secret } })
  })
})

describe('management of a registration (RFC 7592)', () => {
  it('reads, changes and removes it; afterwards nothing of it works', async () => {
    const config = await stage.register()
    const {
      registration_client_uri: uri,
      registration_access_token: token,
      client_id,
    } = registration(config) as Record<string, string>
    expect(await send(token, '', uri, 'GET')).toMatchObject({
      status: 200,
      body: { client_id, client_name: 'A stranger' },
    })
    const changed = await send(
      token,
      JSON.stringify({ ...usual, client_id, client_secret: secretOf(config), client_name: 'Renamed' }),
      uri,
      'PUT',
    )
    expect(changed).toMatchObject({ status: 200, body: { client_name: 'Renamed' } })
    const rotated = changed.body.registration_access_token as string
    expect((await send(token, '', uri, 'GET')).status).toBe(401)
    expect((await send(rotated, '', uri, 'DELETE')).status).toBe(204)
    expect((await send(rotated, '', uri, 'GET')).status).toBe(401)
    await expect(signIn(stage, config)).rejects.toThrow()
  })

  it('is nobody else’s business, and keeps to the same rules', async () => {
    const [one, other] = [registration(await stage.register()), registration(await stage.register())] as Record<
      string,
      string
    >[]
    expect(await send(other!.registration_access_token, '', one!.registration_client_uri, 'GET')).toMatchObject({
      status: 401,
      body: { error: 'invalid_token' },
    })
    const forbidden = { ...usual, client_id: one!.client_id, jwks_uri: 'http://127.0.0.1:5432/' }
    expect(
      await send(one!.registration_access_token, JSON.stringify(forbidden), one!.registration_client_uri, 'PUT'),
    ).toMatchObject({
      status: 400,
      body: { error: 'invalid_client_metadata' },
    })
  })
})
