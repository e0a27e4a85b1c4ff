import { readAudit } from '@atrium/platform/audit'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { secretOf } from './testing/accounts.ts'
import { startTestIdp, type TestIdp } from './testing/idp.ts'
import { visit } from './testing/relying-party.ts'

const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'

let idp: TestIdp
beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.stop())

const exchange = async (
  parameters: Record<string, string>,
  client = 'gateway',
): Promise<{ status: number; body: Record<string, string> }> => {
  const response = await fetch(`${idp.issuer}/protocol/openid-connect/token`, {
    method: 'POST',
    headers: { Authorization: `Basic ${btoa(`${client}:${secretOf(client)}`)}` },
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: accessTokenType,
      ...parameters,
    }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, string> }
}

const accessTokenOf = async (username: string): Promise<string> =>
  (await visit(idp, 'portal', username)).tokens.access_token

describe('token exchange', () => {
  it('gives the gateway a token for one system that says who the person is there', async () => {
    const subject = await accessTokenOf('li.na')
    const { status, body } = await exchange({ subject_token: subject, audience: 'urn:atrium:system:crm' })
    expect(status).toBe(200)
    expect(body).toMatchObject({ issued_token_type: accessTokenType, token_type: 'Bearer', expires_in: 300 })
    const { payload } = await jwtVerify(
      body.access_token ?? '',
      createRemoteJWKSet(new URL(`${idp.issuer}/protocol/openid-connect/certs`)),
      {
        issuer: idp.issuer,
        audience: 'urn:atrium:system:crm',
        typ: 'at+jwt',
      },
    )
    expect(payload).toMatchObject({
      sub: 'e0007',
      client_id: 'gateway',
      act: { sub: 'gateway' },
      native_id: 'U-1001',
      sid: decodeJwt(subject).sid,
    })
    expect(payload).not.toHaveProperty('realm_access')
    const [entry] = await readAudit(idp.service.deps.db, { action: 'token.exchanged', limit: 1 })
    expect(entry).toMatchObject({
      actor: { id: 'e0007' },
      target: { id: 'crm' },
      outcome: 'success',
      detail: { client: 'gateway' },
    })
  })

  it('takes `resource` as well as `audience`', async () => {
    const { body } = await exchange({ subject_token: await accessTokenOf('li.na'), resource: 'urn:atrium:system:oa' })
    expect(decodeJwt(body.access_token ?? '')).toMatchObject({ aud: 'urn:atrium:system:oa', native_id: 'lina' })
  })

  it('is refused for a system where the person has no account, and that is recorded', async () => {
    const { status, body } = await exchange({
      subject_token: await accessTokenOf('chen.jie'),
      audience: 'urn:atrium:system:crm',
    })
    expect(status).toBe(400)
    expect(body.error).toBe('access_denied')
    const [entry] = await readAudit(idp.service.deps.db, { action: 'token.exchanged', limit: 1 })
    expect(entry).toMatchObject({ actor: { id: 'e0031' }, target: { id: 'crm' }, outcome: 'refused' })
  })

  it('is refused after the sign-out, though the token has minutes left', async () => {
    const subject = await accessTokenOf('wang.fang')
    const { db, sessions } = idp.service.deps
    await sessions.endSessions(db, { personId: 'e0021', reason: 'test', actor: { id: 'test', kind: 'system' } })
    expect((await exchange({ subject_token: subject, audience: 'urn:atrium:system:erp' })).body.error).toBe(
      'invalid_grant',
    )
  })

  it('is refused for somebody who was deactivated', async () => {
    const subject = await accessTokenOf('zhang.wei')
    const { db } = idp.service.deps
    await db.updateTable('person').set({ active: false }).where('id', '=', 'e0012').execute()
    expect((await exchange({ subject_token: subject, audience: 'urn:atrium:system:crm' })).body.error).toBe(
      'invalid_grant',
    )
    await db.updateTable('person').set({ active: true }).where('id', '=', 'e0012').execute()
  })

  it('never turns one system’s token into another’s', async () => {
    const { body } = await exchange({ subject_token: await accessTokenOf('li.na'), audience: 'urn:atrium:system:crm' })
    const second = await exchange({ subject_token: body.access_token ?? '', audience: 'urn:atrium:system:erp' })
    expect(second.body.error).toBe('invalid_grant')
  })

  it('is for the gateway only', async () => {
    const subject = await accessTokenOf('li.na')
    const { status } = await exchange({ subject_token: subject, audience: 'urn:atrium:system:oa' }, 'crm')
    expect(status).toBe(400)
  })

  it.each([
    ['an unknown system', { audience: 'urn:atrium:system:nothing' }, 'invalid_target'],
    ['our own API', { audience: 'atrium' }, 'invalid_target'],
    ['no system', {}, 'invalid_target'],
    [
      'two different systems',
      { audience: 'urn:atrium:system:crm', resource: 'urn:atrium:system:oa' },
      'invalid_target',
    ],
    ['a forged token', { audience: 'urn:atrium:system:crm', subject_token: 'a.b.c' }, 'invalid_grant'],
    ['an empty token', { audience: 'urn:atrium:system:crm', subject_token: '' }, 'invalid_request'],
    [
      'a token of another type',
      { audience: 'urn:atrium:system:crm', subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' },
      'invalid_request',
    ],
    [
      'a request for an ID token',
      { audience: 'urn:atrium:system:crm', requested_token_type: 'urn:ietf:params:oauth:token-type:id_token' },
      'invalid_request',
    ],
    ['an actor token', { audience: 'urn:atrium:system:crm', actor_token: 'x' }, 'invalid_request'],
  ])('refuses %s', async (_name, parameters, error) => {
    const { status, body } = await exchange({ subject_token: await accessTokenOf('li.na'), ...parameters })
    expect(status).toBe(400)
    expect(body.error).toBe(error)
  })
})
