import { afterEach, beforeEach, expect, test } from 'vitest'
import { json, startServer, type TestServer } from './testing/server.ts'
import { createTokens } from './tokens.ts'

let server: TestServer
let expires = 300
let refuse = false
beforeEach(async () => {
  expires = 300
  refuse = false
  let number = 0
  server = await startServer((request, response) => {
    if (request.path.endsWith('/.well-known/openid-configuration'))
      return json(response, { token_endpoint: `${server.url}/token` })
    if (refuse) return json(response, { error: 'invalid_target' }, 400)
    number += 1
    json(response, {
      access_token: `${new URLSearchParams(request.body).get('subject_token') ?? 'service'} for ${new URLSearchParams(request.body).get('audience') ?? new URLSearchParams(request.body).get('resource')} #${number}`,
      expires_in: expires,
    })
  })
})
afterEach(() => server.stop())

const asked = () => server.requests.filter(request => request.path === '/token')
const tokensOf = () => createTokens({ issuer: server.url, clientId: 'gateway', clientSecret: 's:%&' })

test('a person’s token is exchanged once an audience (RFC 8693), also when many calls ask at once', async () => {
  const tokens = tokensOf()
  const given = await Promise.all([1, 2, 3, 4].map(() => tokens.forPerson('crm', 'urn:crm', 'e1', 'tok1')))
  expect(new Set(given)).toEqual(new Set(['tok1 for urn:crm #1']))
  expect(await tokens.forPerson('crm', 'urn:crm', 'e1', 'tok1')).toBe('tok1 for urn:crm #1')
  expect(await tokens.forPerson('oa', 'urn:oa', 'e1', 'tok1')).toBe('tok1 for urn:oa #2')
  expect(asked()).toHaveLength(2)
  expect(Object.fromEntries(new URLSearchParams(asked()[0]?.body))).toEqual({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: 'tok1',
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience: 'urn:crm',
  })
  // RFC 6749 §2.3.1: id and secret are form-encoded before they become a basic credential.
  expect(asked()[0]?.headers.authorization).toBe(`Basic ${Buffer.from('gateway:s%3A%25%26').toString('base64')}`)
  await tokens.close()
})

test('tokens are never shared between people', async () => {
  const tokens = tokensOf()
  const [one, two] = await Promise.all([
    tokens.forPerson('crm', 'urn:crm', 'e1', 'tok1'),
    tokens.forPerson('crm', 'urn:crm', 'e2', 'tok2'),
  ])
  expect([one, two].map(token => token.split(' ')[0])).toEqual(['tok1', 'tok2'])
  await tokens.close()
})

test('a token is not used in its last 30 seconds, nor after its person was forgotten', async () => {
  expires = 29
  const tokens = tokensOf()
  await tokens.forPerson('crm', 'urn:crm', 'e1', 'tok1')
  await tokens.forPerson('crm', 'urn:crm', 'e1', 'tok1')
  expect(asked()).toHaveLength(2)
  expires = 300
  await tokens.forPerson('crm', 'urn:crm', 'e1', 'tok1')
  await tokens.forPerson('crm', 'urn:crm', 'e1', 'tok1')
  expect(asked()).toHaveLength(3)
  tokens.forget('e1')
  await tokens.forPerson('crm', 'urn:crm', 'e1', 'tok1')
  expect(asked()).toHaveLength(4)
  await tokens.close()
})

test('all of them are forgotten at once, those that are on their way too', async () => {
  const tokens = tokensOf()
  await tokens.forPerson('crm', 'urn:crm', 'e1', 'tok1')
  await tokens.forService('urn:crm')
  const onTheWay = tokens.forService('urn:erp')
  tokens.forget()
  await onTheWay
  const before = asked().length
  await tokens.forPerson('crm', 'urn:crm', 'e1', 'tok1')
  await tokens.forService('urn:crm')
  await tokens.forService('urn:erp')
  expect(asked()).toHaveLength(before + 3)
  await tokens.close()
})

test('a refusal of the issuer is told as one of the system, and nothing was sent there', async () => {
  refuse = true
  const tokens = tokensOf()
  expect(await tokens.forPerson('crm', 'urn:crm', 'e1', 'tok1').catch((error: unknown) => error)).toMatchObject({
    code: 'UPSTREAM_UNAUTHENTICATED',
    system: 'crm',
    outcome: 'not_sent',
    retryable: false,
  })
  await server.stop()
  expect(await tokens.forPerson('crm', 'urn:crm', 'e1', 'tok1').catch((error: unknown) => error)).toMatchObject({
    code: 'UPSTREAM_UNAVAILABLE',
    outcome: 'not_sent',
  })
  await tokens.close()
  server = await startServer(() => {})
})
