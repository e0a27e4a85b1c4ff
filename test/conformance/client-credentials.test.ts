import { randomUUID } from 'node:crypto'
import { type CryptoKey, decodeJwt, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importCompany } from '../../idp/src/directory/import.ts'
import { importSchema } from '../../idp/src/directory/import-schema.ts'
import { insecure, type Stage, startStage } from './stage.ts'

const endpoint = (): string => `${stage.issuer}/protocol/openid-connect/token`
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

let stage: Stage
let key: CryptoKey
beforeAll(async () => {
  stage = await startStage()
  const pair = await generateKeyPair('ES256')
  key = pair.privateKey
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'mes-1', alg: 'ES256', use: 'sig' }
  // As an administrator registers a system: through the import.
  const document = importSchema.parse({
    applications: [
      {
        id: 'mes',
        name: { zh: '制造执行', en: 'Manufacturing' },
        url: 'http://localhost:1/mes',
        protocol: 'openapi',
        clientSecret: 'not used by this client',
        redirectUris: [],
        nativeRoles: [],
        client: { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } },
      },
    ],
  })
  await importCompany(stage.idp.service.deps, document, { id: 'test', kind: 'system' })
})
afterAll(() => stage.stop())

/** An assertion made by hand, right in everything but what `change` says. */
async function assertion(change: JWTPayload = {}, by: CryptoKey = key, kid = 'mes-1'): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: 'mes', sub: 'mes', aud: stage.issuer, jti: randomUUID(), iat: now, exp: now + 60, ...change }
  return await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid }).sign(by)
}

async function token(client_assertion: string, more: Record<string, string> = {}) {
  const body = { grant_type: 'client_credentials', client_assertion_type: assertionType, client_assertion, ...more }
  const response = await fetch(endpoint(), { method: 'POST', body: new URLSearchParams(body) })
  return { status: response.status, body: (await response.json()) as { error?: string; access_token?: string } }
}

describe('client credentials with private_key_jwt (RFC 7523)', () => {
  it('gives a system that signs its requests its own token; openid-client', async () => {
    const config = await client.discovery(
      new URL(stage.issuer),
      'mes',
      {},
      client.PrivateKeyJwt({ key, kid: 'mes-1' }),
      insecure,
    )
    const { access_token } = await client.clientCredentialsGrant(config, {
      resource: 'urn:atrium:api',
      scope: 'events:write',
    })
    expect(decodeJwt(access_token)).toMatchObject({
      sub: 'mes',
      client_id: 'mes',
      aud: 'atrium',
      scope: 'events:write',
    })
  })

  it('and oauth4webapi', async () => {
    const options = { [oauth.allowInsecureRequests]: true }
    const issuer = new URL(stage.issuer)
    const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options))
    const rp = { client_id: 'mes' }
    const response = await oauth.clientCredentialsGrantRequest(
      as,
      rp,
      oauth.PrivateKeyJwt({ key, kid: 'mes-1' }),
      { resource: 'urn:atrium:system:mes' },
      options,
    )
    const { access_token } = await oauth.processClientCredentialsResponse(as, rp, response)
    expect(decodeJwt(access_token)).toMatchObject({ sub: 'mes', aud: 'urn:atrium:system:mes', scope: 'service' })
  })

  it('gives no token for a resource that is another system’s', async () => {
    expect(await token(await assertion(), { resource: 'urn:atrium:system:crm' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_target' },
    })
    expect(await token(await assertion(), { resource: 'not a uri' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_target' },
    })
  })

  it('gives no scope beyond the client’s own', async () => {
    const answer = await token(await assertion(), { resource: 'urn:atrium:api', scope: 'admin' })
    const granted = answer.body.access_token ? (decodeJwt(answer.body.access_token).scope ?? '') : ''
    expect(granted).not.toContain('admin')
    expect(answer.status).toBeLessThan(500)
  })

  const now = Math.floor(Date.now() / 1000)
  it.each([
    ['for somebody else', { aud: 'https://elsewhere.test' }],
    ['without an audience', { aud: undefined as never }],
    ['that has expired', { exp: now - 600, iat: now - 660 }],
    ['without an end', { exp: undefined as never }],
    ['without an id', { jti: undefined as never }],
    ['of another issuer', { iss: 'crm' }],
    ['of a client that does not exist', { iss: 'nobody', sub: 'nobody' }],
    ['of a client that has a secret instead', { iss: 'crm', sub: 'crm' }],
  ])('refuses an assertion %s', async (_name, change) => {
    const answer = await token(await assertion(change))
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  })

  it('refuses an assertion signed by another key, also under the right name, and one that is not signed', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    for (const forged of [await assertion({}, privateKey), await assertion({}, privateKey, 'other')])
      expect(await token(forged)).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    const [, payload] = (await assertion()).split('.')
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`
    expect(await token(none)).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  })

  it('takes an assertion once, also when ten come at the same moment', async () => {
    const one = await assertion()
    const answers = await Promise.all(Array.from({ length: 10 }, () => token(one)))
    expect(answers.filter(answer => answer.status === 200)).toHaveLength(1)
    for (const answer of answers.filter(answer => answer.status !== 200)) {
      expect(answer.status).toBeLessThan(500)
      expect(['invalid_client', 'invalid_request']).toContain(answer.body.error)
    }
    expect(await token(one)).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  })

  it.each(['', 'a', 'a.b.c', 'e30.e30.e30', `${'A'.repeat(20_000)}.e30.x`])(
    'answers rubbish with an error of the client’s',
    async rubbish => {
      const answer = await token(rubbish)
      expect([400, 401]).toContain(answer.status)
      expect(['invalid_client', 'invalid_request']).toContain(answer.body.error)
    },
  )

  it('refuses two kinds of authentication at once', async () => {
    expect(await token(await assertion(), { client_secret: 'not used by this client' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    })
  })
})
