import { sql } from '@atrium/platform/database'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expireOnce } from '../../idp/src/oidc/expiry.ts'
import { type Stage, secretOf, startStage } from './stage.ts'
import { signIn } from './visit.ts'

let stage: Stage
let config: client.Configuration
beforeAll(async () => {
  stage = await startStage()
  config = await stage.register()
})
afterAll(() => stage.stop())

const userinfo = (token: string) => client.fetchUserInfo(config, token, client.skipSubjectCheck)
const active = async (token: string) => (await client.tokenIntrospection(config, token)).active
const revoke = async (token: string, as = config) => {
  const { client_id } = as.clientMetadata()
  return await fetch(as.serverMetadata().revocation_endpoint!, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${client_id}:${secretOf(as)}`)}` },
    body: new URLSearchParams({ token }),
  })
}

describe('revocation (RFC 7009)', () => {
  it('ends the one access token that was given back, on every replica, and no other', async () => {
    const { tokens } = await signIn(stage, config)
    const next = await client.refreshTokenGrant(config, tokens.refresh_token!)
    expect(await active(tokens.access_token)).toBe(true)
    await client.tokenRevocation(config, tokens.access_token, { token_type_hint: 'access_token' })
    for (let n = 0; n < 2; n++) {
      await expect(userinfo(tokens.access_token)).rejects.toMatchObject({ status: 401 })
      expect(await active(tokens.access_token)).toBe(false)
      expect(await userinfo(next.access_token)).toHaveProperty('sub')
    }
    expect((await client.refreshTokenGrant(config, next.refresh_token!)).access_token).toBeTypeOf('string')
    // Again, and rubbish: as good as revoked.
    for (const token of [tokens.access_token, 'rubbish']) expect((await revoke(token)).status).toBe(200)
  })

  it('ends what came with a refresh token, its access tokens too', async () => {
    const { tokens } = await signIn(stage, config)
    await client.tokenRevocation(config, tokens.refresh_token!)
    await expect(client.refreshTokenGrant(config, tokens.refresh_token!)).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    await expect(userinfo(tokens.access_token)).rejects.toMatchObject({ status: 401 })
    expect(await active(tokens.access_token)).toBe(false)
  })

  it('leaves the token of another client as it is, and tells nothing', async () => {
    const { tokens } = await signIn(stage, config)
    const other = await stage.register()
    for (const token of [tokens.access_token, tokens.refresh_token!])
      expect((await revoke(token, other)).status).toBe(200)
    expect(await active(tokens.access_token)).toBe(true)
    expect((await client.refreshTokenGrant(config, tokens.refresh_token!)).access_token).toBeTypeOf('string')
  })

  it('says so of a token that it cannot revoke, and refuses a stranger', async () => {
    const { tokens } = await signIn(stage, config)
    const idToken = await revoke(tokens.id_token!)
    expect([idToken.status, await idToken.json()]).toMatchObject([400, { error: 'unsupported_token_type' }])
    const stranger = await fetch(config.serverMetadata().revocation_endpoint!, {
      method: 'POST',
      body: new URLSearchParams({ token: tokens.access_token }),
    })
    expect(stranger.status).toBe(400)
    expect(await active(tokens.access_token)).toBe(true)
  })

  it('closes the administrators’ API to a token that was given back', async () => {
    const origin = new URL(stage.issuer).origin
    const secret = stage.idp.config.BOOTSTRAP_CLIENT_SECRET!
    const admin = await client.discovery(new URL(stage.issuer), 'bootstrap', {}, client.ClientSecretBasic(secret), {
      execute: [client.allowInsecureRequests],
    })
    const { access_token } = await client.clientCredentialsGrant(admin, { resource: 'urn:atrium:api', scope: 'admin' })
    const keys = () => fetch(`${origin}/admin/keys`, { headers: { authorization: `Bearer ${access_token}` } })
    expect((await keys()).status).toBe(200)
    await client.tokenRevocation(admin, access_token)
    for (let n = 0; n < 2; n++) expect((await keys()).status).toBe(401)
  })

  it('is forgotten when the token would have expired anyway', async () => {
    const { db } = stage.idp.service.deps
    await sql`update revoked_access_token set expires_at = now() - interval '1 minute'`.execute(db)
    await expireOnce(db)
    expect(await db.selectFrom('revoked_access_token').selectAll().execute()).toEqual([])
  })
})
