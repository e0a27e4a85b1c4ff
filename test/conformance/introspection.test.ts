import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { relyingParty, visit } from '../../idp/src/oidc/testing/relying-party.ts'
import { registration, type Stage, secretOf, startStage } from './stage.ts'
import { signIn } from './visit.ts'

let stage: Stage
let config: client.Configuration
beforeAll(async () => {
  stage = await startStage()
  config = await stage.register()
})
afterAll(() => stage.stop())

const endpoint = (): string => config.serverMetadata().introspection_endpoint!

async function ask(token: string, headers: Record<string, string> = {}, as = config) {
  const basic = Buffer.from(`${registration(as).client_id}:${secretOf(as)}`).toString('base64')
  return await fetch(endpoint(), {
    method: 'POST',
    headers: { authorization: `Basic ${basic}`, ...headers },
    body: new URLSearchParams({ token }),
  })
}

describe('introspection (RFC 7662)', () => {
  it('tells the client of its own access and refresh token', async () => {
    const { tokens, claims } = await signIn(stage, config)
    expect(await client.tokenIntrospection(config, tokens.access_token)).toMatchObject({
      active: true,
      sub: claims.sub,
      client_id: registration(config).client_id,
      token_type: 'Bearer',
      iss: stage.issuer,
      exp: expect.any(Number),
    })
    expect(await client.tokenIntrospection(config, tokens.refresh_token!)).toMatchObject({
      active: true,
      sub: claims.sub,
    })
  })

  it('tells a system of tokens made for it, and the gateway of the portal’s', async () => {
    const portal = await visit(stage.idp, 'portal', 'li.na')
    const gateway = await relyingParty(stage.idp, 'gateway')
    expect(await client.tokenIntrospection(gateway, portal.tokens.access_token)).toMatchObject({
      active: true,
      sub: 'e0007',
    })
    const exchanged = await client.genericGrantRequest(gateway, 'urn:ietf:params:oauth:grant-type:token-exchange', {
      subject_token: portal.tokens.access_token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience: 'urn:atrium:system:crm',
    })
    const crm = await relyingParty(stage.idp, 'crm')
    expect(await client.tokenIntrospection(crm, exchanged.access_token)).toMatchObject({
      active: true,
      native_id: 'U-1001',
      act: { sub: 'gateway' },
    })
    const oa = await relyingParty(stage.idp, 'oa')
    expect(await client.tokenIntrospection(oa, exchanged.access_token)).toEqual({ active: false })
  })

  it('says of another client’s token only that it is not active', async () => {
    const other = await stage.register()
    const { tokens } = await signIn(stage, config)
    for (const token of [tokens.access_token, tokens.refresh_token!])
      expect(await client.tokenIntrospection(other, token)).toEqual({ active: false })
  })

  it('says of a token whose session has ended that it is not active', async () => {
    const { tokens } = await signIn(stage, config, {}, { username: 'wang.fang' })
    const { db, sessions } = stage.idp.service.deps
    await sessions.endSessions(db, { personId: 'e0021', reason: 'test', actor: { id: 'test', kind: 'system' } })
    expect(await client.tokenIntrospection(config, tokens.access_token)).toEqual({ active: false })
  })

  it.each([
    'rubbish',
    'a.b.c',
    'e30.e30.e30',
    `eyJhbGciOiJub25lIn0.${Buffer.from('{"sub":"e0000","client_id":"portal"}').toString('base64url')}.`,
  ])('says of %s that it is not active', async token => {
    const response = await ask(token)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ active: false })
  })

  it('is refused to strangers, whatever the token', async () => {
    const { tokens } = await signIn(stage, config)
    const wrong = `Basic ${Buffer.from(`${registration(config).client_id}:guess`).toString('base64')}`
    for (const headers of [{ authorization: wrong }, {}] as Record<string, string>[]) {
      const response = await fetch(endpoint(), {
        method: 'POST',
        headers,
        body: new URLSearchParams({ token: tokens.access_token }),
      })
      expect([400, 401]).toContain(response.status)
      expect(JSON.stringify(await response.json())).not.toContain('active')
    }
  })
})

describe('introspection as a JWT (RFC 9701)', () => {
  const accept = { accept: 'application/token-introspection+jwt' }

  it.each(['access_token', 'refresh_token'] as const)('is signed for who asked about an %s', async kind => {
    const { tokens, claims } = await signIn(stage, config)
    const response = await ask(tokens[kind]!, accept)
    expect(response.headers.get('content-type')).toContain('application/token-introspection+jwt')
    const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri!))
    const { payload, protectedHeader } = await jwtVerify(await response.text(), keys, {
      issuer: stage.issuer,
      typ: 'token-introspection+jwt',
    })
    expect(protectedHeader.alg).toBe('RS256')
    expect(payload.token_introspection).toMatchObject({ active: true, sub: claims.sub })
    if (kind === 'access_token') expect(payload.aud).toBe(registration(config).client_id)
  })

  it('is signed with the algorithm the client registered', async () => {
    const es = await stage.register({ introspection_signed_response_alg: 'ES256' })
    const { tokens } = await signIn(stage, es)
    const response = await ask(tokens.access_token, accept, es)
    const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri!))
    const { protectedHeader } = await jwtVerify(await response.text(), keys)
    expect(protectedHeader.alg).toBe('ES256')
  })
})
