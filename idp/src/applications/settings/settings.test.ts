import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { script, scriptSecret } from '../../admin/testing/script.ts'
import { startTestIdp, type TestIdp } from '../../oidc/testing/idp.ts'

let idp: TestIdp
let admin: Awaited<ReturnType<typeof script>>
// biome-ignore lint/suspicious/noExplicitAny: the document is looked at as any client would
let discovery: any
beforeAll(async () => {
  idp = await startTestIdp({ env: { BOOTSTRAP_CLIENT_SECRET: scriptSecret } })
  admin = await script(idp)
  discovery = await (await fetch(`${idp.issuer}/.well-known/openid-configuration`)).json()
})
afterAll(() => idp.stop())

async function settingsOf(id: string, changes: object) {
  const made = await admin('POST', '/admin/applications', {
    id,
    name: { zh: '应用', en: 'Application' },
    url: 'https://app.example.com/',
    kind: 'web',
    authentication: 'client_secret_basic',
    redirectUris: ['https://app.example.com/callback'],
    ...changes,
  })
  expect(made.status, JSON.stringify(made.body)).toBe(201)
  const answer = await admin('GET', `/admin/applications/${id}/settings`)
  expect(answer.status).toBe(200)
  // Whatever is shown again holds no secret.
  if (made.body.secret) expect(JSON.stringify(answer.body)).not.toContain(made.body.secret)
  const items = answer.body.items as {
    target: string
    title: { zh: string; en: string }
    language: string
    text: string
  }[]
  return {
    secret: made.body.secret as string,
    text: (target: string) => items.find(one => one.target === target)?.text ?? '',
    items,
  }
}

const targets = (items: { target: string }[]) => items.map(one => one.target)

test('an application with a secret gets settings for the products it may be, each with the addresses that discovery tells', async () => {
  const { items, text } = await settingsOf('web', {})
  expect(targets(items)).toEqual(['oidc', 'keycloak', 'mod_auth_openidc', 'spring', 'oauth2_proxy', 'grafana'])
  for (const one of items) {
    expect(one.text, one.target).toContain('<client-secret>')
    expect(one.title.zh && one.title.en).toBeTruthy()
  }
  for (const endpoint of [
    'authorization_endpoint',
    'token_endpoint',
    'userinfo_endpoint',
    'end_session_endpoint',
    'jwks_uri',
  ])
    expect(text('oidc')).toContain(`: ${discovery[endpoint]}`)
  expect(text('oidc')).toContain(`Issuer: ${discovery.issuer}\n`)
  expect(text('grafana')).toContain(`api_url = ${discovery.userinfo_endpoint}`)
  expect(text('mod_auth_openidc')).toContain('OIDCRedirectURI https://app.example.com/callback')
  expect((await fetch(/OIDCProviderMetadataURL (\S+)/.exec(text('mod_auth_openidc'))?.[1] ?? '')).status).toBe(200)
})

test('keycloak.json leads Keycloak’s libraries to the issuer', async () => {
  const { text } = await settingsOf('kc', {})
  const json = JSON.parse(text('keycloak'))
  expect(`${json['auth-server-url']}realms/${json.realm}`).toBe(idp.issuer)
  expect(json).toMatchObject({ resource: 'kc', credentials: { secret: '<client-secret>' } })
  const page = await settingsOf('kc-page', { kind: 'browser', authentication: 'none' })
  expect(targets(page.items)).toEqual(['oidc', 'keycloak'])
  expect(JSON.parse(page.text('keycloak'))).toMatchObject({ resource: 'kc-page', 'public-client': true })
  expect(page.text('oidc')).not.toContain('secret')
})

test('what a product would trip over is said in its settings', async () => {
  const es = await settingsOf('es', {})
  expect(es.text('spring')).toMatch(/RS256.*choose RS256/)
  expect(es.text('grafana')).toContain('/login/generic_oauth: register that address')
  const rs = await settingsOf('rs', {
    idTokenAlg: 'RS256',
    redirectUris: ['https://app.example.com/login/oauth2/code/sso'],
  })
  expect(rs.text('spring')).not.toContain('#')
  expect(rs.text('spring')).toMatch(/registration:\n {10}sso:/)
  const { text } = await settingsOf('graf', { redirectUris: ['https://app.example.com/login/generic_oauth'] })
  expect(text('grafana')).not.toContain('#')
})

test('who must push requests, bind tokens or sign with a key gets the standard’s settings only', async () => {
  expect(targets((await settingsOf('par', { par: true })).items)).toEqual(['oidc'])
  const bound = await settingsOf('dpop', { dpop: true })
  expect(targets(bound.items)).toEqual(['oidc'])
  expect(bound.text('oidc')).toContain('DPoP: required')
})

test('Odoo gets what its built-in sign-in asks for', async () => {
  const { items, text } = await settingsOf('odoo', {
    kind: 'legacy_implicit',
    authentication: 'none',
    redirectUris: ['http://odoo.intranet:8069/auth_oauth/signin'],
  })
  expect(targets(items)).toEqual(['odoo', 'oidc'])
  expect(text('odoo')).toContain(`UserInfo URL: ${discovery.userinfo_endpoint}`)
  expect(text('odoo')).not.toContain('register that address')
})

const run = promisify(execFile)
const command = (text: string) => text.split('\n').find(line => line.startsWith('curl ')) ?? ''

test('the requests in the settings work as they stand, once the secret is filled in', async () => {
  const machine = await settingsOf('batch', { kind: 'machine', url: '', redirectUris: [] })
  const filled = command(machine.text('oidc')).replace('<client-secret>', machine.secret)
  const token = JSON.parse((await run('sh', ['-c', filled.replace('curl', 'curl -s')])).stdout)
  expect(token).toMatchObject({ token_type: 'Bearer', scope: 'events:write' })
  const device = await settingsOf('kiosk', { kind: 'device', authentication: 'none', url: '', redirectUris: [] })
  const code = JSON.parse((await run('sh', ['-c', command(device.text('oidc')).replace('curl', 'curl -s')])).stdout)
  expect(code).toMatchObject({ user_code: expect.any(String), verification_uri: expect.stringContaining(idp.issuer) })
})

test('there are none for an application that does not exist', async () => {
  expect((await admin('GET', '/admin/applications/nothing/settings')).body.code).toBe('unknown_application')
})
