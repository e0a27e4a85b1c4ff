import { setClock } from '@atrium/platform/clock'
import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { smallCompany } from '../admin/testing/company.ts'
import { startDirectory, until } from '../admin/testing/idp.ts'
import { turnGrants } from '../roles/temporary.ts'
import { startReceiver } from './scim-receiver.fixture.ts'
import { startProvisioning } from './start.ts'

let crm: Awaited<ReturnType<typeof startReceiver>>
let erp: Awaited<ReturnType<typeof startReceiver>>
let gateway: Awaited<ReturnType<typeof startReceiver>>
let idp: Awaited<ReturnType<typeof startDirectory>>
let admin: ReturnType<typeof idp.as>
let provisioning: ReturnType<typeof startProvisioning>

beforeAll(async () => {
  ;[crm, erp, gateway] = await Promise.all([startReceiver(), startReceiver(), startReceiver()])
  idp = await startDirectory({ gatewayUrl: gateway.url })
  provisioning = startProvisioning(idp.deps)
  await idp.importCompany(smallCompany({ scimUrls: { crm: crm.scimUrl, erp: erp.scimUrl } }))
  admin = idp.as('e0000')
  await settled()
})
afterAll(async () => {
  await provisioning.stop()
  await idp.stop()
  await Promise.all([crm, erp, gateway].map(one => one.stop()))
})
afterEach(() => {
  setClock()
  crm.state.mood = 'well'
  erp.state.mood = 'well'
})

const effects = async () =>
  (await admin.get('/admin/roles/effects')).body.items as {
    system: string
    state: string
    pending: number
    done: number
    failed: number
    lastError: string | null
  }[]
const effectOf = async (system: string) => (await effects()).find(effect => effect.system === system)!
const settled = () => until(async () => (await effects()).every(effect => effect.pending === 0))
const publish = async (role: string, system: string, nativeRoles: string[]) => {
  await admin.put(`/admin/roles/draft/cells/${role}/${system}`, { nativeRoles })
  return await admin.post('/admin/roles/draft/publish', { comment: '' })
}

test('an import pushes every account with its roles, department and manager to its system', async () => {
  expect(crm.user('U-1002')).toMatchObject({
    schemas: expect.arrayContaining(['urn:ietf:params:scim:schemas:core:2.0:User']),
    userName: 'U-1002',
    externalId: 'e0012',
    displayName: '张伟',
    active: true,
    roles: [{ value: 'Rep' }],
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'sales-1' },
    'urn:atrium:scim:native': {
      names: { zh: '张伟', en: 'Zhang Wei' },
      departmentPath: ['hx', 'sales', 'sales-1'],
      managerNativeId: 'U-1001',
    },
  })
  // Nobody gets a right for having an account: without a role the account stays off, and is not even made.
  expect(erp.user('00017')).toBeUndefined()
  const post = crm.requests.find(request => request.method === 'POST')!
  expect(post.contentType).toBe('application/scim+json')
  expect(decodeJwt(post.authorization!.slice(7))).toMatchObject({
    sub: 'idp',
    client_id: 'idp',
    aud: 'urn:atrium:system:crm',
    scope: 'scim',
  })
})

test('the gateway hears of every change by a structured CloudEvent with our token', async () => {
  await until(async () => gateway.events.length > 0)
  expect(gateway.events[0]).toMatchObject({
    specversion: '1.0',
    source: '/atrium/idp',
    type: 'atrium.roles.published',
    data: { version: 1 },
  })
  const request = gateway.requests.find(one => one.url === '/events')!
  expect(request.contentType).toBe('application/cloudevents+json')
  expect(decodeJwt(request.authorization!.slice(7))).toMatchObject({ aud: 'atrium', scope: 'events:write' })
  await admin.post('/admin/people/e0012/assignments', { roleId: 'purchaser', reason: '兼职' })
  await until(async () =>
    gateway.events.some(
      event => event.type === 'atrium.directory.changed' && JSON.stringify(event.data) === '{"personIds":["e0012"]}',
    ),
  )
  const { assignments } = (await admin.get('/admin/people/e0012')).body
  await admin.delete(`/admin/people/e0012/assignments/${assignments[0].id}`)
  await settled()
})

test('publishing pushes only the accounts that change, and their state can be watched until it is done', async () => {
  crm.state.mood = 'down'
  const before = crm.requests.length
  const { body } = await publish('sales-rep', 'crm', ['TeamLead'])
  expect(body.effects.find((effect: { system: string }) => effect.system === 'crm')).toMatchObject({
    state: 'pending',
    pending: 1,
  })
  await until(async () => (await effectOf('crm')).lastError === 'answered 503: maintenance')
  crm.state.mood = 'well'
  await until(async () => (await effectOf('crm')).state === 'done')
  expect(await effectOf('crm')).toMatchObject({ pending: 0, done: 1, failed: 0, lastError: null })
  expect(crm.roles('U-1002')).toEqual(['TeamLead'])
  expect(crm.requests.slice(before).every(request => request.url.includes('U-1002') || request.method === 'PUT')).toBe(
    true,
  )
})

test('a system that hangs holds up nobody else', async () => {
  crm.state.mood = 'hanging'
  await admin.put('/admin/roles/draft/cells/sales-rep/crm', { nativeRoles: ['Rep'] })
  await admin.put('/admin/roles/draft/cells/sales-rep/erp', { nativeRoles: ['Buyer'] })
  await admin.post('/admin/roles/draft/publish', { comment: '' })
  await until(async () => erp.roles('00018')?.includes('Buyer'))
  expect((await effectOf('crm')).state).toBe('pending')
  crm.state.mood = 'well'
  crm.hangUp()
  await until(async () => crm.roles('U-1002')?.includes('Rep'))
})

test('after many publications in a hurry a slow system holds what was published last', async () => {
  crm.state.mood = 'slow'
  const rounds = [['TeamLead'], ['Rep'], ['ReadOnly', 'Rep'], ['TeamLead'], ['Rep']]
  for (const nativeRoles of rounds) expect((await publish('sales-rep', 'crm', nativeRoles)).status).toBe(200)
  await settled()
  expect(crm.roles('U-1002')).toEqual(['Rep'])
  expect((await admin.post('/admin/roles/drift/compare')).body.items).toEqual([])
})

test('what a system refuses for good is failed with its words, and goes when an administrator retries', async () => {
  erp.state.mood = 'refusing'
  await publish('sales-rep', 'erp', ['SalesViewer'])
  await until(async () => (await effectOf('erp')).state === 'failed')
  expect((await effectOf('erp')).lastError).toBe('answered 400: displayName is too long')
  const [dead] = (await admin.get('/admin/deliveries?topic=provisioning&state=dead')).body.items
  expect(dead).toMatchObject({
    topic: 'provisioning:erp',
    target: 'erp',
    state: 'dead',
    lastError: 'answered 400: displayName is too long',
  })
  erp.state.mood = 'well'
  expect((await admin.post(`/admin/deliveries/${dead.id}/retry`)).status).toBe(204)
  await until(async () => (await effectOf('erp')).state === 'done')
  expect(erp.roles('00018')).toEqual(['SalesViewer'])
  expect(await admin.post(`/admin/deliveries/${dead.id}/retry`)).toMatchObject({
    status: 409,
    body: { code: 'already_delivered' },
  })
})

test('HTML in the place of JSON is a failure that is tried again, not a success', async () => {
  erp.state.mood = 'html'
  await publish('sales-rep', 'erp', ['Buyer'])
  await until(async () => (await effectOf('erp')).lastError === 'answered 200 with something that is not JSON')
  erp.state.mood = 'well'
  await until(async () => (await effectOf('erp')).state === 'done')
  expect(erp.roles('00018')).toEqual(['Buyer'])
})

test('an account whose creation got no answer is not created twice', async () => {
  erp.state.mood = 'lost-answer'
  await admin.put('/admin/people/e0002/identities/erp', { nativeId: '00002' })
  await admin.post('/admin/people/e0002/assignments', { roleId: 'accountant', reason: '代班' })
  await until(async () => (await effectOf('erp')).state === 'done' && erp.user('00002'))
  expect(erp.count('00002')).toBe(1)
  expect(erp.roles('00002')).toEqual(['Accountant'])
})

test('a role given by hand is shown as drift, survives a push, and goes only when an administrator says so', async () => {
  crm.byHand('U-1002', { roles: [{ value: 'Rep' }, { value: 'Admin' }] })
  crm.byHand('stranger', { roles: [{ value: 'Admin' }] })
  const { body } = await admin.post('/admin/roles/drift/compare')
  expect(body.items).toHaveLength(2)
  expect(body.items).toContainEqual(
    expect.objectContaining({
      system: 'crm',
      nativeId: 'U-1002',
      kind: 'added_roles',
      person: { id: 'e0012', name: { zh: '张伟', en: 'Zhang Wei' } },
      expected: { roles: ['Rep'], active: true },
      actual: { roles: ['Admin', 'Rep'], active: true },
    }),
  )
  expect(body.items).toContainEqual(
    expect.objectContaining({ nativeId: 'stranger', kind: 'unknown_account', person: null }),
  )
  expect(body.checks.map((check: { system: string }) => check.system)).toEqual(['crm', 'erp'])
  expect((await admin.get('/admin/roles')).body.drift).toBe(2)

  await publish('sales-rep', 'crm', ['TeamLead'])
  await settled()
  expect(crm.roles('U-1002')).toEqual(['Admin', 'TeamLead'])

  expect((await admin.post('/admin/roles/accounts/crm/U-1002/push', { overwrite: true })).status).toBe(204)
  await until(async () => crm.roles('U-1002')?.join() === 'TeamLead')
  crm.remove('stranger')
  await settled()
  expect((await admin.post('/admin/roles/drift/compare')).body.items).toEqual([])
  expect((await admin.get('/admin/audit?action=provisioning.drift.overwritten')).body.items).toHaveLength(1)
})

test('drift is told from what is missing, taken away, switched on or off, and from a system that does not answer', async () => {
  crm.byHand('U-1001', { roles: [] })
  crm.byHand('U-1003', { active: false })
  crm.remove('U-0001')
  const { items } = (await admin.post('/admin/roles/drift/compare')).body
  expect(items.map((drift: { nativeId: string; kind: string }) => [drift.nativeId, drift.kind]).toSorted()).toEqual([
    ['U-0001', 'missing_account'],
    ['U-1001', 'removed_roles'],
    ['U-1003', 'deactivated'],
  ])
  crm.state.mood = 'down'
  const { body } = await admin.post('/admin/roles/drift/compare')
  expect(body.items).toHaveLength(3)
  expect(body.checks.find((check: { system: string }) => check.system === 'crm')).toMatchObject({
    error: 'answered 503: maintenance',
  })
  crm.state.mood = 'well'
  for (const nativeId of ['U-0001', 'U-1001', 'U-1003'])
    await admin.post(`/admin/roles/accounts/crm/${nativeId}/push`, { overwrite: true })
  await settled()
  expect((await admin.post('/admin/roles/drift/compare')).body.items).toEqual([])
})

test('whoever leaves is switched off in every system with no role left, also one given by hand, and comes back as before', async () => {
  crm.byHand('U-1003', { roles: [{ value: 'ReadOnly' }, { value: 'Admin' }] })
  expect((await admin.post('/admin/people/e0021/deactivate')).status).toBe(200)
  await until(async () => crm.user('U-1003')?.active === false && erp.user('00021')?.active === false)
  expect(crm.roles('U-1003')).toEqual([])
  expect((await admin.get('/admin/audit?action=provisioning.hand_given_roles_removed')).body.items[0]).toMatchObject({
    target: { id: 'e0021' },
    detail: { system: 'crm', roles: ['Admin'] },
  })
  expect(await admin.post('/admin/people/e0021/deactivate')).toMatchObject({
    status: 409,
    body: { code: 'already_inactive' },
  })
  expect((await admin.get('/admin/people/e0021')).body.rights.systems.crm).toEqual({
    id: 'U-1003',
    roles: [],
    scope: 'none',
  })
  await admin.post('/admin/people/e0021/activate')
  await until(async () => crm.user('U-1003')?.active === true)
  expect(crm.roles('U-1003')).toEqual(['ReadOnly'])
})

test('an identity that is taken away is switched off in its system; one that is taken is refused', async () => {
  expect(await admin.put('/admin/people/e0031/identities/crm', { nativeId: 'U-1002' })).toMatchObject({
    status: 409,
    body: { code: 'native_id_taken', detail: expect.stringContaining('Zhang Wei') },
  })
  await admin.put('/admin/people/e0012/identities/crm', { nativeId: 'U-2000' })
  await until(async () => crm.user('U-2000')?.active === true && crm.user('U-1002')?.active === false)
  await admin.put('/admin/people/e0012/identities/crm', { nativeId: 'U-1002' })
  await until(async () => crm.user('U-1002')?.active === true && crm.user('U-2000')?.active === false)
})

test('a temporary grant is announced before it ends, ends by itself, and each happens once', async () => {
  const until_ = new Date(Date.now() + 10 * 86_400_000)
  await admin.post('/admin/people/e0031/assignments', { roleId: 'accountant', until: until_, reason: '代班' })
  await until(async () => erp.roles('00031')?.includes('Accountant'))
  setClock(() => new Date(until_.getTime() - 2 * 86_400_000))
  await until(async () => gateway.events.some(event => event.type === 'atrium.grant.ending'))
  expect(gateway.events.find(event => event.type === 'atrium.grant.ending')).toMatchObject({
    data: { personIds: ['e0031'], roleId: 'accountant', until: expect.any(String) },
  })
  expect(erp.roles('00031')).toContain('Accountant')
  setClock(() => until_)
  await until(async () => !erp.roles('00031')?.includes('Accountant'))
  expect(await turnGrants(idp.db)).toEqual({ started: 0, warned: 0, ended: 0 })
  const actions = (await admin.get('/admin/audit?action=role.grant.&target=e0031')).body.items.map(
    (entry: { action: string }) => entry.action,
  )
  expect(actions).toEqual(['role.grant.ended', 'role.grant.ending'])
})
