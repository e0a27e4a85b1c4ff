import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Stage, startStage } from './stage.ts'
import { authorize, signIn } from './visit.ts'

let stage: Stage
let config: client.Configuration
beforeAll(async () => {
  stage = await startStage()
  config = await stage.register()
})
afterAll(() => stage.stop())

/** As keycloak-js asks for a level. */
const keycloak = (values: string[], essential: boolean) => JSON.stringify({ id_token: { acr: { values, essential } } })

describe('how surely a person was recognised', () => {
  it('is told by `acr`, whether it was wished for or demanded', async () => {
    const ways: Record<string, string>[] = [
      { acr_values: '1' },
      { claims: keycloak(['1'], true) },
      { claims: keycloak(['1', '2'], true) },
    ]
    for (const params of ways) {
      const { claims } = await signIn(stage, config, params)
      expect(claims.acr).toBe('1')
    }
  })

  it('of a session that is there already needs no second password', async () => {
    const first = await signIn(stage, config)
    const answer = await authorize(stage, config, { claims: keycloak(['1'], true) }, { browser: first.browser })
    expect(answer.asked).toBe(false)
    expect(answer.params.has('code')).toBe(true)
  })

  it('at a level nobody can reach is an error at once when it is demanded, and not a page without end', async () => {
    for (const prompt of [{}, { prompt: 'none' }] as Record<string, string>[]) {
      const answer = await authorize(stage, config, { claims: keycloak(['3'], true), ...prompt })
      expect(answer.asked).toBe(false)
      expect(answer.params.get('error')).toBe('unmet_authentication_requirements')
      expect(answer.params.get('state')).toBe(answer.checks.expectedState)
    }
  })

  it('at a level that somebody without a second factor has not got is the one that was reached when it is only wished for', async () => {
    const { claims } = await signIn(stage, config, { claims: keycloak(['2'], false) })
    expect(claims.acr).toBe('1')
  })

  it.each([
    '{',
    '[]',
    '{}',
    '{"id_token":"x"}',
    '{"id_token":{"acr":{"essential":true,"values":"2"}}}',
    '{"id_token":{"acr":17}}',
    '{"id_token":{"__proto__":{"essential":true}}}',
  ])('asked for by %s is answered to the application, never by a fault', async claims => {
    const answer = await authorize(stage, config, { claims })
    expect(answer.page?.status ?? 302).toBeLessThan(500)
    expect(answer.params.has('code') || answer.params.get('error') === 'invalid_request').toBe(true)
  })
})

describe('the claims parameter', () => {
  it('asks for single claims at userinfo, also after a refresh, and for no other', async () => {
    const claims = JSON.stringify({ userinfo: { email: null }, id_token: { auth_time: { essential: true } } })
    const visit = await signIn(stage, config, { claims })
    expect(visit.claims.auth_time).toEqual(expect.any(Number))
    const refreshed = await client.refreshTokenGrant(config, visit.tokens.refresh_token!)
    for (const { access_token } of [visit.tokens, refreshed]) {
      const userinfo = await client.fetchUserInfo(config, access_token, 'e0007')
      expect(userinfo).toMatchObject({ email: 'li.na@example.test' })
      expect(userinfo).not.toHaveProperty('phone_number')
    }
  })

  it('for another person’s subject is not answered with this one', async () => {
    const first = await signIn(stage, config)
    const claims = JSON.stringify({ id_token: { sub: { value: 'e0021' } } })
    const answer = await authorize(stage, config, { claims, prompt: 'none' }, { browser: first.browser })
    expect(answer.params.get('error')).toBe('login_required')
  })
})

describe('resource indicators (RFC 8707)', () => {
  it('give a client its own resource and no other', async () => {
    for (const resource of [
      'urn:atrium:api',
      'urn:atrium:system:crm',
      'https://elsewhere.test/',
      'no uri',
      'urn:atrium:api#x',
    ]) {
      const answer = await authorize(stage, config, { resource })
      expect(answer.asked, resource).toBe(false)
      expect(answer.params.get('error'), resource).toBe('invalid_target')
    }
  })
})
