import { afterAll, beforeAll, expect, test } from 'vitest'
import { smallCompany } from '../admin/testing/company.ts'
import { startDirectory } from '../admin/testing/idp.ts'

let idp: Awaited<ReturnType<typeof startDirectory>>
let reader: ReturnType<typeof idp.as>
let admin: ReturnType<typeof idp.as>
beforeAll(async () => {
  idp = await startDirectory()
  await idp.importCompany()
  reader = idp.as('client:gateway scim:read')
  admin = idp.as('e0000')
})
afterAll(() => idp.stop())

const users = async (filter: string) => await reader.get(`/scim/v2/Users?filter=${encodeURIComponent(filter)}`)
const ids = async (filter: string) => {
  const { status, body } = await users(filter)
  expect(status, JSON.stringify(body)).toBe(200)
  return (body.Resources as { id: string }[]).map(user => user.id)
}
const newest = async () => {
  const { body } = await reader.get('/scim/v2/Users?sortBy=meta.lastModified&sortOrder=descending&count=1')
  return body.Resources[0].meta.lastModified as string
}

test('a user shows who they are in the company and in each system', async () => {
  const { body, headers } = await reader.get('/scim/v2/Users/e0012')
  expect(headers.get('content-type')).toContain('application/scim+json')
  expect(body).toMatchObject({
    schemas: [
      'urn:ietf:params:scim:schemas:core:2.0:User',
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
      'urn:atrium:scim:native',
    ],
    id: 'e0012',
    externalId: 'e0012',
    userName: 'zhang.wei',
    displayName: '张伟',
    active: true,
    emails: [{ value: 'zhang.wei@example.test', type: 'work', primary: true }],
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': {
      department: '销售一部',
      manager: { value: 'e0007' },
    },
    'urn:atrium:scim:native': {
      names: { zh: '张伟', en: 'Zhang Wei' },
      position: { zh: '销售代表', en: 'Sales representative' },
      departmentId: 'sales-1',
      departmentPath: ['hx', 'sales', 'sales-1'],
      departmentNames: { zh: '销售一部', en: 'Sales 1' },
      businessRoles: ['employee', 'sales-rep'],
      systems: {
        crm: { id: 'U-1002', roles: ['Rep'], scope: 'own' },
        oa: { id: 'zhangwei', roles: ['Staff'], scope: 'own' },
        erp: { id: '00018', roles: ['SalesViewer'], scope: 'own' },
      },
    },
    meta: { resourceType: 'User', location: 'http://localhost:3001/scim/v2/Users/e0012' },
  })
  expect(JSON.stringify(body)).not.toMatch(/password|argon2/)
  expect((await reader.get('/scim/v2/Users/e0012', { 'if-none-match': body.meta.version })).status).toBe(304)
})

test.each([
  ['userName eq "LI.NA"', ['e0007']],
  ['externalId eq "e0012"', ['e0012']],
  ['externalId eq "E0012"', []],
  ['displayName sw "张"', ['e0012']],
  ['userName co "." and not (userName sw "li")', ['e0002', 'e0012', 'e0021', 'e0031']],
  ['active eq false', []],
  ['phoneNumbers pr', []],
  ['emails eq "li.na@example.test"', ['e0007']],
  ['emails[type eq "work" and value sw "chen"]', ['e0031']],
  ['emails.value ew "@example.test" and userName sw "w"', ['e0021']],
  ['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "e0007"', ['e0012']],
  [
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq null and active eq true',
    ['e0000', 'e0002', 'e0007', 'e0021', 'e0031'],
  ],
  ['urn:atrium:scim:native:departmentPath eq "sales"', ['e0007', 'e0012']],
  ['urn:atrium:scim:native:businessRoles eq "administrator"', ['e0000', 'e0002']],
  ['urn:ietf:params:scim:schemas:core:2.0:User:userName eq "admin"', ['e0000']],
  ['meta.lastModified gt "2999-01-01T00:00:00Z"', []],
  ['displayName co "%"', []],
  [`userName eq "x' or true --"`, []],
])('the filter %s finds whom it says', async (filter, expected) => {
  expect(await ids(filter)).toEqual(expected)
})

test.each([
  ['passwordHash pr', 'cannot be filtered'],
  ['meta.lastModified gt "yesterday"', 'compared by eq, ne, gt, ge, lt or le with a time'],
  ['active gt true', 'compared by eq or ne with true or false'],
  ['userName eq 5', 'put the value in double quotes'],
  ['userName[type eq "work"]', 'has one value'],
  ['emails.display eq "x"', 'cannot be filtered'],
  ['userName ??', 'cannot be read'],
])('the filter %s is refused in SCIM’s own form', async (filter, reason) => {
  const { status, body } = await users(filter)
  expect(status).toBe(400)
  expect(body).toMatchObject({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: '400',
    scimType: 'invalidFilter',
  })
  expect(body.detail).toContain(reason)
})

test('pages neither overlap nor leave gaps, and tell the total', async () => {
  const seen: string[] = []
  for (const startIndex of [1, 3, 5, 7]) {
    const { body } = await reader.get(`/scim/v2/Users?startIndex=${startIndex}&count=2`)
    expect(body).toMatchObject({ totalResults: 6, startIndex, itemsPerPage: body.Resources.length })
    seen.push(...body.Resources.map((user: { id: string }) => user.id))
  }
  expect(seen).toEqual(['e0000', 'e0002', 'e0007', 'e0012', 'e0021', 'e0031'])
  expect((await reader.get('/scim/v2/Users?count=0')).body).toMatchObject({ totalResults: 6, itemsPerPage: 0 })
  expect(await reader.get('/scim/v2/Users?count=many')).toMatchObject({
    status: 400,
    body: { scimType: 'invalidValue' },
  })
  const { body } = await reader.get('/scim/v2/Users?attributes=userName&count=1')
  expect(Object.keys(body.Resources[0]).toSorted()).toEqual(['id', 'meta', 'schemas', 'userName'])
})

const changes: [string, () => Promise<unknown>, string[]][] = [
  [
    'a granted role',
    () => admin.post('/admin/people/e0031/assignments', { roleId: 'sales-rep', reason: '帮忙' }),
    ['e0031'],
  ],
  [
    'a new rule',
    () => admin.post('/admin/roles/rules', { roleId: 'accountant', departmentId: 'sales', reason: '试点' }),
    ['e0007', 'e0012'],
  ],
  [
    'a published mapping',
    async () => {
      await admin.put('/admin/roles/draft/cells/purchaser/oa', { nativeRoles: ['Approver'] })
      await admin.post('/admin/roles/draft/publish', { comment: '' })
    },
    ['e0031'],
  ],
  ['a native identity', () => admin.put('/admin/people/e0002/identities/erp', { nativeId: '00002' }), ['e0002']],
  ['a deactivation', () => admin.post('/admin/people/e0021/deactivate'), ['e0021']],
  [
    'a renamed department above',
    () =>
      idp.importCompany({
        departments: [{ id: 'sales-1', parentId: 'sales', name: { zh: '华东销售部', en: 'Sales East' } }],
      }),
    ['e0012'],
  ],
  ['the same import again', () => idp.importCompany({ people: smallCompany().people.slice(0, 2) }), []],
  [
    'a draft that nobody published',
    () => admin.put('/admin/roles/draft/cells/employee/oa', { nativeRoles: ['Admin'] }),
    [],
  ],
]
test.each(changes)(
  '%s moves meta.lastModified of exactly the people whose resource it changes',
  async (_, change, expected) => {
    const since = await newest()
    await change()
    expect((await ids(`meta.lastModified gt "${since}"`)).toSorted()).toEqual(expected)
  },
)

test('readers that poll while others write miss no change', async () => {
  const seen = new Set<string>()
  let since = await newest()
  let writing = true
  const writer = Promise.all(
    ['e0000', 'e0002', 'e0007', 'e0012', 'e0031'].map((id, i) =>
      admin
        .put(`/admin/people/${id}/identities/crm`, { nativeId: `N-${i}` })
        .then(answer => expect(answer.status).toBe(204)),
    ),
  ).finally(() => {
    writing = false
  })
  for (let last = false; !last; ) {
    last = !writing
    const { body } = await users(`meta.lastModified gt "${since}"`)
    for (const user of body.Resources) seen.add(user.id)
    since = body.Resources.at(-1)?.meta.lastModified ?? since
  }
  await writer
  expect([...seen].toSorted()).toEqual(['e0000', 'e0002', 'e0007', 'e0012', 'e0031'])
})

test('business roles are groups with the members of this moment', async () => {
  const { body } = await reader.get(`/scim/v2/Groups?filter=${encodeURIComponent('displayName eq "系统管理员"')}`)
  expect(body.Resources).toMatchObject([
    { id: 'administrator', members: [{ value: 'e0000', display: '管理员' }, { value: 'e0002' }] },
  ])
  expect((await reader.get('/scim/v2/Groups/administrator')).body.meta.resourceType).toBe('Group')
  expect((await reader.get('/scim/v2/Groups')).body.totalResults).toBe(6)
})

test('the service describes itself, and says no to what it does not do', async () => {
  expect((await reader.get('/scim/v2/ServiceProviderConfig')).body).toMatchObject({
    filter: { supported: true },
    patch: { supported: false },
  })
  expect((await reader.get('/scim/v2/ResourceTypes')).body.Resources.map((type: { id: string }) => type.id)).toEqual([
    'User',
    'Group',
  ])
  const schemas = (await reader.get('/scim/v2/Schemas')).body.Resources as { id: string }[]
  for (const { id } of schemas) expect((await reader.get(`/scim/v2/Schemas/${id}`)).status).toBe(200)
  expect(await reader.get('/scim/v2/Users/nobody')).toMatchObject({ status: 404, body: { status: '404' } })
  expect(await reader.get('/scim/v2/Devices')).toMatchObject({ status: 404, body: { status: '404' } })
  expect(await reader.post('/scim/v2/Users', { userName: 'x' })).toMatchObject({ status: 405, body: { status: '405' } })
  const stranger = await fetch(`${idp.url}/scim/v2/Users`)
  expect(stranger.status).toBe(401)
  expect(await stranger.json()).toMatchObject({ schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'] })
})
