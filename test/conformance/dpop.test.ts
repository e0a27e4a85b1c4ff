import { createHash, randomUUID } from 'node:crypto'
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import * as client from 'openid-client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { registration, type Stage, secretOf, startStage } from './stage.ts'
import { authorize } from './visit.ts'

let stage: Stage
let config: client.Configuration
let userinfo: string
let tokenEndpoint: string
beforeAll(async () => {
  stage = await startStage()
  config = await stage.register({ dpop_bound_access_tokens: true })
  userinfo = config.serverMetadata().userinfo_endpoint!
  tokenEndpoint = config.serverMetadata().token_endpoint!
})
afterAll(() => stage.stop())

type Keys = { publicKey: CryptoKey; privateKey: CryptoKey }
let keys: Keys
beforeEach(async () => {
  keys = await generateKeyPair('ES256', { extractable: true })
})

async function signedIn() {
  const answer = await authorize(stage, config)
  const dpop = client.getDPoPHandle(config, keys)
  const tokens = await client.authorizationCodeGrant(config, answer.callback, answer.checks, {}, { DPoP: dpop })
  return { tokens, dpop }
}

/** A proof made by hand, right in everything but what `change` says. */
async function proof(method: string, url: string, change: JWTPayload = {}, by: Keys = keys, typ = 'dpop+jwt') {
  return await new SignJWT({ htm: method, htu: url, jti: randomUUID(), iat: Math.floor(Date.now() / 1000), ...change })
    .setProtectedHeader({ alg: 'ES256', typ, jwk: await exportJWK(by.publicKey) })
    .sign(by.privateKey)
}

const ath = (token: string): string => createHash('sha256').update(token).digest('base64url')

async function refresh(
  token: string,
  dpop: string | undefined,
): Promise<{ status: number; body: { error?: string }; nonce: string | null }> {
  const response = await fetch(tokenEndpoint, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${registration(config).client_id}:${secretOf(config)}`).toString('base64')}`,
      ...(dpop ? { dpop } : {}),
    },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token }),
  })
  return {
    status: response.status,
    body: (await response.json()) as { error?: string },
    nonce: response.headers.get('dpop-nonce'),
  }
}

describe('a token bound to a key (RFC 9449)', () => {
  it('opens userinfo with a proof of the key, by GET and POST, and is refreshed', async () => {
    const { tokens, dpop } = await signedIn()
    expect(tokens.token_type).toBe('dpop')
    expect(await client.fetchUserInfo(config, tokens.access_token, 'e0007', { DPoP: dpop })).toMatchObject({
      sub: 'e0007',
    })
    const posted = await client.fetchProtectedResource(
      config,
      tokens.access_token,
      new URL(userinfo),
      'POST',
      undefined,
      undefined,
      { DPoP: dpop },
    )
    expect(posted.status).toBe(200)
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token!, {}, { DPoP: dpop })
    expect(refreshed.token_type).toBe('dpop')
  })

  it('is no bearer token: not at userinfo, not at our own API', async () => {
    const { tokens } = await signedIn()
    for (const url of [userinfo, `${new URL(stage.issuer).origin}/admin/people`]) {
      const response = await fetch(url, { headers: { authorization: `Bearer ${tokens.access_token}` } })
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toContain('invalid_token')
    }
  })

  const wrong: [string, (token: string) => Promise<string>][] = [
    ['for another address', async token => proof('GET', `${userinfo}/x`, { ath: ath(token) })],
    ['for another method', async token => proof('POST', userinfo, { ath: ath(token) })],
    ['for another token', async () => proof('GET', userinfo, { ath: ath('another') })],
    ['without the token’s hash', async () => proof('GET', userinfo)],
    [
      'of an hour ago',
      async token => proof('GET', userinfo, { ath: ath(token), iat: Math.floor(Date.now() / 1000) - 3600 }),
    ],
    [
      'of another key',
      async token => proof('GET', userinfo, { ath: ath(token) }, await generateKeyPair('ES256', { extractable: true })),
    ],
    ['of another type', async token => proof('GET', userinfo, { ath: ath(token) }, keys, 'jwt')],
    ['without an id', async token => proof('GET', userinfo, { ath: ath(token), jti: '' })],
    ['that is rubbish', async () => 'rubbish'],
  ]
  it.each(wrong)('is refused at userinfo with a proof %s', async (_name, make) => {
    const { tokens } = await signedIn()
    const headers = { authorization: `DPoP ${tokens.access_token}`, dpop: await make(tokens.access_token) }
    const response = await fetch(userinfo, { headers })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toMatch(/^DPoP error="invalid_token"/)
  })

  it('takes a proof once, also when ten come at the same moment', async () => {
    const { tokens } = await signedIn()
    const dpop = await proof('GET', userinfo, { ath: ath(tokens.access_token) })
    const headers = { authorization: `DPoP ${tokens.access_token}`, dpop }
    const answers = await Promise.all(Array.from({ length: 10 }, () => fetch(userinfo, { headers })))
    expect(answers.map(one => one.status).sort()).toEqual([200, ...Array(9).fill(401)])
  })
})

describe('a proof at the token endpoint', () => {
  it('is taken once', async () => {
    const { tokens } = await signedIn()
    const dpop = await proof('POST', tokenEndpoint)
    const first = await refresh(tokens.refresh_token!, dpop)
    expect(first.status).toBe(200)
    const again = await refresh((first.body as { refresh_token?: string }).refresh_token!, dpop)
    expect(again).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  it.each([
    ['for another address', { htu: 'https://evil.test/token' }, 'invalid_dpop_proof'],
    ['for another method', { htm: 'GET' }, 'invalid_dpop_proof'],
    ['with an htu that is no address', { htu: 17 as never }, 'invalid_dpop_proof'],
    ['of an hour ago', { iat: Math.floor(Date.now() / 1000) - 3600 }, 'use_dpop_nonce'],
    ['with a nonce of somebody else', { nonce: 'wrong' }, 'use_dpop_nonce'],
  ])('is refused %s', async (_name, change, error) => {
    const { tokens } = await signedIn()
    const answer = await refresh(tokens.refresh_token!, await proof('POST', tokenEndpoint, change))
    expect(answer).toMatchObject({ status: 400, body: { error } })
    if (error === 'use_dpop_nonce') expect(answer.nonce).toEqual(expect.any(String))
    // A proof that failed has not used up the token.
    expect((await refresh(tokens.refresh_token!, await proof('POST', tokenEndpoint))).status).toBe(200)
  })

  it('that was refused for its age succeeds with the nonce that came with the refusal', async () => {
    const { tokens } = await signedIn()
    const old = { iat: Math.floor(Date.now() / 1000) - 3600 }
    const { nonce } = await refresh(tokens.refresh_token!, await proof('POST', tokenEndpoint, old))
    const answer = await refresh(tokens.refresh_token!, await proof('POST', tokenEndpoint, { ...old, nonce: nonce! }))
    expect(answer.status).toBe(200)
  })

  it('is demanded of a client that registered so', async () => {
    const { tokens } = await signedIn()
    expect(await refresh(tokens.refresh_token!, undefined)).toMatchObject({ status: 400 })
  })
})
