import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestCrm, type TestCrm } from './testing/crm.ts'

let crm: TestCrm
beforeAll(async () => {
  crm = await startTestCrm()
})
afterAll(() => crm.stop())

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const NATIVE = 'urn:atrium:scim:native'
const account = (change: object = {}) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', ENTERPRISE, NATIVE],
  userName: 'U-2001',
  externalId: 'e0900',
  displayName: '新同事',
  name: { formatted: '新同事' },
  active: true,
  emails: [{ value: 'new@huaxin.example', type: 'work', primary: true }],
  roles: [{ value: 'Rep' }],
  [ENTERPRISE]: { employeeNumber: 'e0900', department: 'sales-1' },
  [NATIVE]: {
    names: { zh: '新同事', en: 'New' },
    departmentPath: ['hx', 'sales', 'sales-1'],
    managerNativeId: 'U-1001',
  },
  ...change,
})

describe('provisioning the CRM by SCIM', () => {
  it('finds nobody, creates, finds, changes roles and department, switches off', async () => {
    const search = () => crm.scim('GET', `/Users?filter=${encodeURIComponent('userName eq "U-2001"')}`)
    expect((await search()).body).toMatchObject({ totalResults: 0, Resources: [] })

    const created = await crm.scim('POST', '/Users', account())
    expect(created.status).toBe(201)
    expect(created.type).toContain('application/scim+json')
    expect(created.headers.get('location')).toBe(`${crm.url}/scim/v2/Users/U-2001`)
    expect((await search()).body.Resources[0]).toMatchObject({
      id: 'U-2001',
      externalId: 'e0900',
      active: true,
      roles: [{ value: 'Rep' }],
      meta: { version: 'W/"1"' },
    })
    expect((await crm.call('U-2001', 'GET', '/customers')).body).toEqual({ items: [], total: 0 })

    await crm.scim('PUT', '/Users/U-2001', account({ id: 'U-2001', roles: [{ value: 'TeamLead' }] }))
    expect((await crm.call('U-2001', 'GET', '/customers')).body.total).toBeGreaterThan(50)
    await crm.scim(
      'PUT',
      '/Users/U-2001',
      account({
        roles: [{ value: 'TeamLead' }],
        [ENTERPRISE]: { department: 'hr' },
        [NATIVE]: { departmentPath: ['hx', 'hr'] },
      }),
    )
    expect((await crm.call('U-2001', 'GET', '/customers')).body.total).toBe(0)

    await crm.scim('PUT', '/Users/U-2001', account({ active: false, roles: [] }))
    expect((await crm.call('U-2001', 'GET', '/customers')).body.code).toBe('account_inactive')
    expect((await search()).body.Resources[0]).toMatchObject({ active: false, roles: [] })
  })

  it('patches single attributes', async () => {
    await crm.scim('POST', '/Users', account({ userName: 'U-2002', externalId: 'e0902' }))
    const patch = (...Operations: object[]) =>
      crm.scim('PATCH', '/Users/U-2002', { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations })
    expect((await patch({ op: 'add', path: 'roles', value: [{ value: 'ReadOnly' }] })).body.roles).toEqual([
      { value: 'ReadOnly' },
      { value: 'Rep' },
    ])
    expect((await patch({ op: 'remove', path: 'roles[value eq "Rep"]' })).body.roles).toEqual([{ value: 'ReadOnly' }])
    expect((await patch({ op: 'Replace', value: { active: false } })).body).toMatchObject({
      active: false,
      roles: [{ value: 'ReadOnly' }],
    })
    expect((await patch({ op: 'replace', path: 'password', value: 'x' })).body).toMatchObject({
      status: '400',
      scimType: 'invalidPath',
    })
    expect((await patch({ op: 'replace', path: 'roles', value: [{ value: 'King' }] })).body).toMatchObject({
      status: '400',
      scimType: 'invalidValue',
    })
    expect((await crm.scim('GET', '/Users/U-2002')).body).toMatchObject({
      active: false,
      roles: [{ value: 'ReadOnly' }],
      [ENTERPRISE]: { department: 'sales-1' },
    })
  })

  it('lists all accounts page by page, each once', async () => {
    const seen: string[] = []
    for (let startIndex = 1; ; startIndex += 7) {
      const { body } = await crm.scim('GET', `/Users?startIndex=${startIndex}&count=7`)
      seen.push(...body.Resources.map((user: { userName: string }) => user.userName))
      if (startIndex + 7 > body.totalResults) break
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toEqual(expect.arrayContaining(['U-0001', 'U-1000', 'U-1001', 'U-1002', 'U-1003']))
    expect(seen).not.toContain(undefined)
  })

  it('refuses doubles, strangers, unknown roles, stale versions and what is no SCIM, in SCIM’s words', async () => {
    const error = (answer: { status: number; body: object }, status: number, detail: RegExp) => {
      expect(answer.status).toBe(status)
      expect(answer.body).toMatchObject({
        schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
        status: String(status),
        detail: expect.stringMatching(detail),
      })
    }
    error(await crm.scim('POST', '/Users', account({ userName: 'U-1001' })), 409, /exists/)
    error(await crm.scim('POST', '/Users', account({ userName: 'U-2003', externalId: 'e0007' })), 409, /U-1001/)
    error(
      await crm.scim(
        'POST',
        '/Users',
        account({ userName: 'U-2003', externalId: 'e0903', roles: [{ value: 'SuperUser' }] }),
      ),
      400,
      /SuperUser/,
    )
    error(await crm.scim('GET', '/Users/U-2003'), 404, /U-2003/)
    error(await crm.scim('PUT', '/Users/U-1001', account(), { 'if-match': 'W/"999"' }), 412, /changed/)
    error(await crm.scim('PUT', '/Users/U-1001', account({ externalId: 'e0007' })), 400, /cannot change/)
    error(await crm.scim('POST', '/Users', '{"userName":'), 400, /./)
    error(await crm.scim('POST', '/Users', { displayName: 'without a name' }), 400, /userName/)
    error(await crm.scim('GET', `/Users?filter=${encodeURIComponent('emails pr')}`), 400, /eq/)
    error(await crm.scim('GET', '/Users?count=many'), 400, /whole numbers/)
  })

  it('lets in only clients that may provision', async () => {
    const as = async (token: Promise<string>) =>
      (
        await crm.scim('POST', '/Users', account({ userName: 'U-2004', externalId: 'e0904' }), {
          authorization: `Bearer ${await token}`,
        })
      ).status
    expect(await as(crm.issuer.user('crm', 'U-0001'))).toBe(403)
    expect(await as(crm.issuer.service('crm', 'oa', 'service'))).toBe(403)
    expect(await as(crm.issuer.service('erp', 'idp', 'scim'))).toBe(401)
    expect(await as(crm.issuer.service('crm', 'gateway', 'service'))).toBe(201)
  })
})
