import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addSignIns } from '../applications/use.ts'
import { startDirectory } from './testing/idp.ts'

let idp: Awaited<ReturnType<typeof startDirectory>>
beforeAll(async () => {
  idp = await startDirectory()
  await idp.importCompany()
})
afterAll(() => idp.stop())

const path = '/admin/applications'
const web = (changes: object = {}) => ({
  name: { zh: '工单系统', en: 'Tickets' },
  url: 'https://tickets.example.com/',
  kind: 'web',
  authentication: 'client_secret_basic',
  redirectUris: ['https://tickets.example.com/callback'],
  ...changes,
})
const create = (id: string, changes: object = {}) =>
  idp.as('client:bootstrap admin').post(path, { id, ...web(changes) })
const any = { 'if-match': '*' }
const publicKey = (type: 'ec' | 'rsa', options: object) =>
  generateKeyPairSync(type as 'ec', options as { namedCurve: string }).publicKey.export({ format: 'jwk' })
const keys = { keys: [{ ...publicKey('ec', { namedCurve: 'P-256' }), kid: 'k1', alg: 'ES256', use: 'sig' }] }

test('an application is registered by a script, its secret shown once and sealed at rest', async () => {
  const made = await create('tickets', {
    backchannelLogoutUri: 'https://tickets.example.com/logout',
    idTokenAlg: 'RS256',
  })
  expect(made.status).toBe(201)
  expect(made.body.secret).toMatch(/^[\w-]{43}$/)
  expect(made.body.application).toMatchObject({
    id: 'tickets',
    kind: 'web',
    idTokenAlg: 'RS256',
    jwks: null,
    warnings: [],
  })
  const read = await idp.as('e0000').get(`${path}/tickets`)
  expect(read.body).toEqual(made.body.application)
  const row = await idp.db.selectFrom('application').selectAll().where('id', '=', 'tickets').executeTakeFirstOrThrow()
  expect(JSON.stringify(row)).not.toContain(made.body.secret)
  const { items } = (await idp.as('e0000').get('/admin/audit?action=application.&target=tickets')).body
  expect(items).toMatchObject([
    { action: 'application.created', actor: { id: 'bootstrap' }, detail: { after: { kind: 'web' } } },
  ])
  expect(JSON.stringify(items)).not.toContain(made.body.secret)
  expect(await create('tickets')).toMatchObject({ status: 409, body: { code: 'id_taken' } })
})

test('every kind is stored as what it is, and read back as it was given', async () => {
  const given = {
    spa: { kind: 'browser', authentication: 'none', dpop: true, par: true },
    signed: { authentication: 'private_key_jwt', jwks: keys },
    batch: { kind: 'machine', url: '', redirectUris: [] },
    kiosk: { kind: 'device', authentication: 'none', url: '', redirectUris: [] },
    phone: {
      kind: 'device',
      authentication: 'none',
      url: '',
      redirectUris: ['com.example.app:/callback', 'http://127.0.0.1/cb'],
    },
    odoo: {
      kind: 'legacy_implicit',
      authentication: 'none',
      redirectUris: ['http://odoo.intranet:8069/auth_oauth/signin'],
    },
  }
  for (const [id, changes] of Object.entries(given)) {
    const made = await create(id, changes)
    expect(made, `${id} ${JSON.stringify(made.body)}`).toMatchObject({
      status: 201,
      body: { application: { id, ...changes } },
    })
    expect(made.body.secret === null, id).toBe(id !== 'batch')
  }
  const listed = (await idp.as('e0000').get(path)).body.items
  expect(listed.find((one: { id: string }) => one.id === 'odoo')).toMatchObject({
    kind: 'legacy_implicit',
    signIns30d: 0,
  })
  expect(listed.find((one: { id: string }) => one.id === 'crm')).toMatchObject({ kind: 'web', provisioned: false })
  // What only signs people in has no column in the matrix of roles.
  const { systems } = (await idp.as('e0000').get('/admin/roles')).body
  expect(systems.map((one: { id: string }) => one.id)).toEqual(['crm', 'erp', 'oa'])
})

test('an address without TLS is possible on the internal network, with a warning, and nowhere else', async () => {
  const inside = ['http://10.1.2.3/cb', 'http://tickets/cb', 'http://tickets.corp/cb', 'http://[fd00::1]/cb']
  const made = await create('inside', { redirectUris: [...inside, 'http://localhost:9000/cb'] })
  expect(made.status).toBe(201)
  expect(made.body.application.warnings).toHaveLength(4)
  expect(made.body.application.warnings[0].zh).toMatch(/10\.1\.2\.3.*TLS/)
})

test.each([
  ['http://tickets.example.com/cb', 'insecure_address'],
  ['http://8.8.8.8/cb', 'insecure_address'],
  ['https://tickets.example.com/cb#part', 'fragment'],
  ['https://tickets.example.com/cb#', 'fragment'],
  ['https://*.example.com/cb', 'wildcard'],
  ['https://tickets.example.com/*', 'wildcard'],
  ['https://user:word@tickets.example.com/cb', 'credentials'],
  ['/callback', 'not_absolute'],
  ['tickets.example.com', 'not_absolute'],
  ['https://tickets.example.com/c b', 'not_absolute'],
  ['https:\\\\tickets.example.com\\cb', 'not_absolute'],
  ['javascript:alert(1)', 'scheme_not_allowed'],
  ['data:text/html,x', 'scheme_not_allowed'],
  ['com.example.app:/callback', 'scheme_not_allowed'],
  ['file:///etc/passwd', 'scheme_not_allowed'],
])('the redirect address %s is refused: %s', async (address, code) => {
  const refused = await create('bad', { redirectUris: [address] })
  expect(refused).toMatchObject({
    status: 422,
    body: { code: 'application_refused', faults: [{ path: 'redirectUris.0', code }] },
  })
  expect(refused.body.faults[0].detail.zh).toMatch(/[\u4e00-\u9fff]/)
})

const rsa1024 = publicKey('rsa', { modulusLength: 1024 })
test.each<[string, object, string, string]>([
  ['no address', { redirectUris: [] }, 'redirectUris', 'missing'],
  ['no start page', { url: '' }, 'url', 'missing'],
  ['a start page that is code', { url: 'javascript:alert(1)' }, 'url', 'scheme_not_allowed'],
  ['an address twice', { redirectUris: ['https://a.example/', 'https://a.example/'] }, 'redirectUris.1', 'duplicate'],
  ['a page with a secret', { kind: 'browser' }, 'authentication', 'not_for_kind'],
  ['a server without one', { authentication: 'none' }, 'authentication', 'not_for_kind'],
  [
    'an own scheme without a domain',
    { kind: 'device', authentication: 'none', redirectUris: ['myapp:/cb'] },
    'redirectUris.0',
    'scheme_not_own',
  ],
  ['a machine people sign in to', { kind: 'machine' }, 'redirectUris', 'not_for_kind'],
  [
    'a page that is told of sign-outs',
    { kind: 'browser', authentication: 'none', backchannelLogoutUri: 'https://a.example/' },
    'backchannelLogoutUri',
    'not_for_kind',
  ],
  ['a bad logout address', { backchannelLogoutUri: 'https://a.example/#x' }, 'backchannelLogoutUri', 'fragment'],
  [
    'bound tokens by the implicit flow',
    { kind: 'legacy_implicit', authentication: 'none', dpop: true },
    'dpop',
    'not_for_kind',
  ],
  ['pushed requests of a machine', { kind: 'machine', redirectUris: [], par: true }, 'par', 'not_for_kind'],
  ['keys without their use', { jwks: keys }, 'jwks', 'not_for_kind'],
  ['a key’s use without keys', { authentication: 'private_key_jwt' }, 'jwks', 'missing'],
  [
    'keys twice',
    { authentication: 'private_key_jwt', jwks: keys, jwksUri: 'https://a.example/jwks' },
    'jwksUri',
    'not_for_kind',
  ],
  [
    'a private key',
    { authentication: 'private_key_jwt', jwks: { keys: [{ ...keys.keys[0], d: 'secret' }] } },
    'jwks',
    'private_key',
  ],
  ['a short key', { authentication: 'private_key_jwt', jwks: { keys: [rsa1024] } }, 'jwks', 'unusable_key'],
  [
    'a key that is none',
    { authentication: 'private_key_jwt', jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'A', y: 'B' }] } },
    'jwks',
    'unusable_key',
  ],
  [
    'keys at a host that is not called',
    { authentication: 'private_key_jwt', jwksUri: 'https://keys.example.com/jwks' },
    'jwksUri',
    'host_not_allowed',
  ],
])('%s is refused', async (_, changes, field, code) => {
  expect(await create('bad', changes)).toMatchObject({ status: 422, body: { faults: [{ path: field, code }] } })
  expect((await idp.as('e0000').get(`${path}/bad`)).status).toBe(404)
})

test.each<[object, string]>([
  [{ id: 'Tickets' }, 'body.id'],
  [{ id: '-x' }, 'body.id'],
  [{ id: 'x'.repeat(64) }, 'body.id'],
  [{ id: 'dyn.x' }, 'body.id'],
  [{ name: { zh: '', en: 'x' } }, 'body.name.zh'],
  [{ name: 'x' }, 'body.name'],
  [{ name: { zh: 'x\u0000', en: 'x' } }, 'body.name.zh'],
  [{ kind: 'saml' }, 'body.kind'],
  [{ authentication: 'client_secret_jwt' }, 'body.authentication'],
  [{ redirectUris: 'https://a.example/' }, 'body.redirectUris'],
  [{ redirectUris: Array.from({ length: 51 }, (_, i) => `https://a.example/${i}`) }, 'body.redirectUris'],
  [{ redirectUris: [`https://a.example/${'x'.repeat(2000)}`] }, 'body.redirectUris.0'],
  [{ idTokenAlg: 'none' }, 'body.idTokenAlg'],
  [{ idTokenAlg: 'HS256' }, 'body.idTokenAlg'],
  [{ dpop: 'yes' }, 'body.dpop'],
  [{ jwks: { keys: [] } }, 'body.jwks.keys'],
  [{ jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } }, 'body.jwks.keys.0.kty'],
  [{ secret: 'chosen' }, 'body'],
])('%o is not as the document says', async (changes, place) => {
  const refused = await idp.as('e0000').post(path, { id: 'bad', ...web(), ...changes })
  expect(refused).toMatchObject({ status: 400, body: { code: 'bad_request' } })
  expect(refused.body.errors[0].path).toBe(place)
})

test.each(['portal', 'gateway', 'bootstrap', 'idp', 'atrium'])('%s is Atrium’s own id', async id => {
  expect(await create(id)).toMatchObject({ status: 409, body: { code: 'reserved_id' } })
})

test('a change keeps secret, roles and provisioning, and the log holds before and after', async () => {
  const before = await idp.db.selectFrom('application').selectAll().where('id', '=', 'crm').executeTakeFirstOrThrow()
  const changed = await idp.as('e0000').put(`${path}/crm`, web({ name: { zh: '客户系统', en: 'Customers' } }), any)
  expect(changed).toMatchObject({ status: 200, body: { id: 'crm', name: { en: 'Customers' } } })
  const after = await idp.db.selectFrom('application').selectAll().where('id', '=', 'crm').executeTakeFirstOrThrow()
  for (const column of ['secret_sealed', 'native_roles', 'provisioning', 'protocol'] as const)
    expect(after[column]).toEqual(before[column])
  const { items } = (await idp.as('e0000').get('/admin/audit?action=application.changed&target=crm')).body
  expect(items[0].detail).toMatchObject({ before: { name: { en: 'The crm' } }, after: { name: { en: 'Customers' } } })
  expect((await idp.as('e0000').put(`${path}/nothing`, web(), any)).body.code).toBe('unknown_application')
  expect((await idp.as('e0000').put(`${path}/crm`, web({ redirectUris: ['http://evil.example/'] }), any)).status).toBe(
    422,
  )
})

test('of ten who change what they saw one does; the others are told, and nobody’s change is lost', async () => {
  const admin = idp.as('e0000')
  const made = await create('shared')
  const seen = { 'if-match': made.headers.get('etag') ?? '' }
  expect(seen['if-match']).toBe((await admin.get(`${path}/shared`)).headers.get('etag'))
  const names = Array.from({ length: 10 }, (_, n) => ({ zh: `第${n}个`, en: `Number ${n}` }))
  const answers = await Promise.all(names.map(name => admin.put(`${path}/shared`, web({ name }), seen)))
  expect(answers.map(one => one.status).sort()).toEqual([200, ...Array(9).fill(412)])
  const refused = answers.find(one => one.status === 412)?.body
  expect(refused).toMatchObject({ code: 'application_changed' })
  expect(refused.detail).toMatch(/changed by somebody else/)
  const now = await admin.get(`${path}/shared`)
  const won = names[answers.findIndex(one => one.status === 200)]
  expect(now.body).toMatchObject({ name: won, revision: 2, updatedBy: { id: 'e0000' } })
  expect((await admin.get('/admin/audit?action=application.changed&target=shared')).body.items).toHaveLength(1)

  expect(await admin.put(`${path}/shared`, web())).toMatchObject({
    status: 428,
    body: { code: 'precondition_required' },
  })
  expect((await admin.delete(`${path}/shared`, seen)).status).toBe(412)
  const latest = { 'if-match': now.headers.get('etag') ?? '' }
  // Sign-ins are counted, and a secret is renewed, without anybody's change becoming stale.
  await admin.post(`${path}/shared/secret`)
  expect((await admin.put(`${path}/shared`, web(), latest)).status).toBe(200)
  expect((await admin.delete(`${path}/shared`)).status).toBe(204)
})

test('the import makes a change stale only where it changes something', async () => {
  const etag = async () => (await idp.as('e0000').get(`${path}/oa`)).headers.get('etag')
  const before = await etag()
  await idp.importCompany()
  expect(await etag()).toBe(before)
  expect((await idp.as('e0000').put(`${path}/oa`, web(), { 'if-match': before ?? '' })).status).toBe(200)
  await idp.importCompany()
  expect(await etag()).toBe('"3"')
})

test('an application that comes to need a secret has none that anybody knows, until it is renewed', async () => {
  await create('becomes', { kind: 'browser', authentication: 'none' })
  expect((await idp.as('e0000').post(`${path}/becomes/secret`)).body.code).toBe('no_secret')
  await idp.as('e0000').put(`${path}/becomes`, web(), any)
  const first = (await idp.as('e0000').post(`${path}/becomes/secret`)).body.secret
  const second = (await idp.as('e0000').post(`${path}/becomes/secret`)).body.secret
  expect(first).toMatch(/^[\w-]{43}$/)
  expect(second).not.toBe(first)
  expect((await idp.as('e0000').post(`${path}/nothing/secret`)).status).toBe(404)
})

test('what is in use stays, and what uses it is named; what is not goes with all it was granted', async () => {
  const refused = await idp.as('e0000').delete(`${path}/erp`)
  expect(refused).toMatchObject({ status: 409, body: { code: 'application_in_use' } })
  const uses = Object.fromEntries(
    refused.body.uses.map((one: { kind: string; detail: { en: string } }) => [one.kind, one.detail.en]),
  )
  expect(uses).toMatchObject({
    roles: expect.stringContaining('会计'),
    accounts: expect.stringMatching(/^\d+ people/),
    separation: 'the separation rules SoD-07',
  })
  await create('goes')
  await idp.db
    .insertInto('oidc_model')
    .values({
      model: 'Grant',
      id_hash: 'g',
      payload: JSON.stringify({ clientId: 'goes' }),
      expires_at: new Date(Date.now() + 60_000),
    })
    .execute()
  expect((await idp.as('e0000').delete(`${path}/goes`)).status).toBe(204)
  expect(await idp.db.selectFrom('oidc_model').select('id_hash').where('id_hash', '=', 'g').execute()).toEqual([])
  expect((await idp.as('e0000').delete(`${path}/goes`)).body.code).toBe('unknown_application')
})

test('ten administrators who register one id at once make one application', async () => {
  const answers = await Promise.all(Array.from({ length: 10 }, () => create('race')))
  expect(answers.map(one => one.status).sort()).toEqual([201, ...Array(9).fill(409)])
})

test('use is counted by day, over 30 days, from any number of replicas', async () => {
  await Promise.all(
    [1, 2, 3].map(n =>
      addSignIns(
        idp.db,
        new Map([
          ['oa', n],
          ['crm', 1],
        ]),
      ),
    ),
  )
  await idp.db.insertInto('application_use').values({ client_id: 'oa', day: '2020-01-01', sign_ins: 1000 }).execute()
  expect((await idp.as('e0000').get(`${path}/oa`)).body).toMatchObject({ signIns30d: 6, liveSessions: 0 })
})
