import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestCrm, type TestCrm } from './testing/crm.ts'

let crm: TestCrm
beforeAll(async () => {
  crm = await startTestCrm()
})
afterAll(() => crm.stop())

const [LI_NA, ZHANG_WEI, WANG_FANG, ZHAO_LEI, ADMIN] = ['U-1001', 'U-1002', 'U-1003', 'U-1000', 'U-0001'] as const
const ownersOf = (rows: { ownerId: string }[]) => new Set(rows.map(row => row.ownerId))
const one = async (owner: string) => (await serviceList(`/customers?owner=${owner}&limit=1`))[0]
const serviceList = async (path: string) =>
  (await crm.call(`Bearer ${await crm.issuer.service('crm', 'gateway', 'service')}`, 'GET', path)).body.items

beforeEach(() => {
  for (const user of [LI_NA, ZHANG_WEI, WANG_FANG, ZHAO_LEI, ADMIN]) crm.give(user)
})

describe('rights in the CRM', () => {
  it('a user without a role reads nothing and is told why', async () => {
    const answer = await crm.call(ZHANG_WEI, 'GET', '/customers', undefined, { 'accept-language': 'zh' })
    expect(answer.status).toBe(403)
    expect(answer.type).toContain('application/problem+json')
    expect(answer.body).toMatchObject({ code: 'role_missing', detail: '您在 CRM 中还没有角色，请联系管理员' })
  })

  it('a Rep reads and writes the own customers only', async () => {
    crm.give(ZHANG_WEI, 'Rep')
    const { body } = await crm.call(ZHANG_WEI, 'GET', '/customers?limit=200')
    expect(ownersOf(body.items)).toEqual(new Set([ZHANG_WEI]))
    expect(body.total).toBe(body.items.length)
    expect(body.items[0].phone).toMatch(/\d/)
    const own = body.items[0].customerNo
    expect(
      (await crm.call(ZHANG_WEI, 'PATCH', `/customers/${own}`, { level: 'A', phone: '0512-67001234' })).body,
    ).toMatchObject({ level: 'A', phone: '0512-67001234' })
    const foreign = await one(LI_NA)
    expect((await crm.call(ZHANG_WEI, 'GET', `/customers/${foreign.customerNo}`)).status).toBe(404)
    expect((await crm.call(ZHANG_WEI, 'PATCH', `/customers/${foreign.customerNo}`, { level: 'A' })).status).toBe(404)
    expect(
      (await crm.call(ZHANG_WEI, 'POST', '/followups', { customerNo: foreign.customerNo, content: 'x' })).status,
    ).toBe(404)
  })

  it('a role given or taken counts from the next request, under the same token', async () => {
    const token = `Bearer ${await crm.issuer.user('crm', ZHANG_WEI)}`
    const colleague = await one('U-1005')
    expect(colleague.ownerDepartment).toBe('sales-1')
    crm.give(ZHANG_WEI, 'Rep')
    expect((await crm.call(token, 'GET', `/customers/${colleague.customerNo}`)).status).toBe(404)
    crm.give(ZHANG_WEI, 'TeamLead')
    expect((await crm.call(token, 'PATCH', `/customers/${colleague.customerNo}`, { level: 'B' })).status).toBe(200)
    crm.give(ZHANG_WEI, 'Rep')
    expect((await crm.call(token, 'PATCH', `/customers/${colleague.customerNo}`, { level: 'C' })).status).toBe(404)
  })

  it('a TeamLead has the department and below, nobody beside it', async () => {
    crm.give(LI_NA, 'TeamLead')
    const { items, total } = (await crm.call(LI_NA, 'GET', '/customers?limit=200')).body
    expect(new Set(items.map((row: { ownerDepartment: string }) => row.ownerDepartment))).toEqual(new Set(['sales-1']))
    expect(total).toBe(crm.db.prepare("SELECT count(*) AS n FROM customer WHERE owner_department = 'sales-1'").get()!.n)
    expect((await crm.call(LI_NA, 'GET', '/customers?owner=U-1013')).body).toEqual({ items: [], total: 0 })
    // The director's department lies above all three teams.
    crm.give('U-1004', 'TeamLead')
    expect((await crm.call('U-1004', 'GET', '/customers?limit=1')).body.total).toBe(400)
  })

  it('ReadOnly sees all figures, but nobody’s phone, e-mail, address or mobile, and writes nothing', async () => {
    crm.give(WANG_FANG, 'ReadOnly')
    const { items, total } = (await crm.call(WANG_FANG, 'GET', '/customers?limit=200')).body
    expect(total).toBe(400)
    for (const row of items) expect([row.phone, row.email, row.address]).toEqual([null, null, null])
    const contacts = (await crm.call(WANG_FANG, 'GET', '/contacts?customerNo=C00001,C00002')).body.items
    for (const row of contacts) expect([row.mobile, row.email]).toEqual([null, null])
    expect((await crm.call(WANG_FANG, 'PATCH', '/customers/C00001', { level: 'A' })).status).toBe(403)
    expect((await crm.call(WANG_FANG, 'POST', '/followups', { customerNo: 'C00001', content: 'x' })).status).toBe(403)
    expect((await crm.call(WANG_FANG, 'POST', '/customers', { name: '某某有限公司' })).status).toBe(403)
  })

  it('ReadOnly beside Rep shows the private data of the own customers and of no others', async () => {
    crm.give(ZHANG_WEI, 'ReadOnly', 'Rep')
    const { items } = (await crm.call(ZHANG_WEI, 'GET', '/customers?limit=200&owner=U-1002,U-1001')).body
    expect(ownersOf(items).size).toBe(2)
    for (const row of items) expect(row.address !== null, row.ownerId).toBe(row.ownerId === ZHANG_WEI)
  })

  it('a Manager changes everybody’s, and hands a customer on', async () => {
    crm.give(ZHAO_LEI, 'Manager')
    const customer = await one(LI_NA)
    const { body } = await crm.call(ZHAO_LEI, 'PATCH', `/customers/${customer.customerNo}`, { ownerId: 'U-1013' })
    expect(body).toMatchObject({ ownerId: 'U-1013', ownerDepartment: 'sales-2' })
    expect(
      (await crm.call(ZHAO_LEI, 'PATCH', `/customers/${customer.customerNo}`, { ownerId: 'U-9999' })).body.code,
    ).toBe('owner_unknown')
  })

  it('a TeamLead cannot hand a customer to another team', async () => {
    crm.give(LI_NA, 'TeamLead')
    const customer = await one(ZHANG_WEI)
    expect((await crm.call(LI_NA, 'PATCH', `/customers/${customer.customerNo}`, { ownerId: 'U-1013' })).status).toBe(
      403,
    )
    expect((await crm.call(LI_NA, 'PATCH', `/customers/${customer.customerNo}`, { ownerId: LI_NA })).body.ownerId).toBe(
      LI_NA,
    )
  })

  it('an assistant whose account was given the department reads it and changes only the own', async () => {
    crm.give('U-1010', 'Rep')
    crm.db.prepare("UPDATE crm_user SET scope = 'department' WHERE user_id = 'U-1010'").run()
    const { items } = (await crm.call('U-1010', 'GET', '/customers?limit=200')).body
    expect(new Set(items.map((row: { ownerDepartment: string }) => row.ownerDepartment))).toEqual(new Set(['sales-1']))
    expect((await crm.call('U-1010', 'PATCH', `/customers/${items[0].customerNo}`, { level: 'A' })).status).toBe(403)
  })

  it('a service account reads everything and writes nothing', async () => {
    const service = `Bearer ${await crm.issuer.service('crm', 'gateway', 'service')}`
    expect((await crm.call(service, 'GET', '/customers?limit=1')).body.total).toBe(400)
    expect((await crm.call(service, 'PATCH', '/customers/C00001', { level: 'A' })).status).toBe(403)
    expect((await crm.call(service, 'POST', '/followups', { customerNo: 'C00001', content: 'x' })).status).toBe(403)
    expect((await crm.call(service, 'GET', '/users/me')).body).toMatchObject({ kind: 'service', roles: [] })
  })

  it('only an administrator gives roles by hand', async () => {
    crm.give(ZHAO_LEI, 'Manager')
    crm.give(ADMIN, 'Admin')
    expect((await crm.call(ZHAO_LEI, 'PUT', `/users/${ZHANG_WEI}/roles`, { roles: ['Admin'] })).status).toBe(403)
    expect((await crm.call(ADMIN, 'PUT', `/users/${ZHANG_WEI}/roles`, { roles: ['TeamLead'] })).body.roles).toEqual([
      'TeamLead',
    ])
    expect((await crm.call(ADMIN, 'PUT', `/users/${ZHANG_WEI}/roles`, { roles: ['King'] })).status).toBe(400)
    expect((await crm.call(ADMIN, 'PUT', '/users/U-9999/roles', { roles: [] })).status).toBe(404)
  })

  it('reports count within the reach of the reader', async () => {
    crm.give(LI_NA, 'TeamLead')
    crm.give(ZHAO_LEI, 'Manager')
    const all = (await crm.call(ZHAO_LEI, 'GET', '/reports/pipeline')).body.stages
    const team = (await crm.call(LI_NA, 'GET', '/reports/pipeline')).body.stages
    expect(all.map((row: { stage: string }) => row.stage)).toEqual(['LEAD', 'QUALIFIED', 'QUOTED', 'NEGOTIATION'])
    for (const [index, row] of team.entries()) expect(row.count).toBeLessThan(all[index].count)
    const listed = await crm.call(LI_NA, 'GET', '/opportunities?stage=QUOTED&limit=200')
    const quoted = team.find((row: { stage: string }) => row.stage === 'QUOTED')
    expect(listed.body.total).toBe(quoted.count)
    const cents = listed.body.items.reduce(
      (sum: bigint, row: { amount: string }) => sum + BigInt(row.amount.replace('.', '')),
      0n,
    )
    expect(quoted.amount.replace('.', '')).toBe(String(cents))
  })
})

describe('a token at the CRM', () => {
  const refused = async (token: string | null, code: string) => {
    const answer = await crm.call(token && `Bearer ${token}`, 'GET', '/customers')
    expect(answer.status).toBe(401)
    expect(answer.body.code).toBe(code)
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
  }
  const claims = { aud: 'urn:atrium:system:crm', sub: 'e0012', native_id: ZHANG_WEI }

  it('is refused when it is missing, forged, expired, unlimited, for another system, or of nobody here', async () => {
    await refused(null, 'token_missing')
    await refused('nonsense', 'token_invalid')
    await refused(await crm.issuer.sign(claims, { forged: true }), 'token_invalid')
    await refused(await crm.issuer.sign(claims, { exp: Math.floor(Date.now() / 1000) - 60 }), 'token_expired')
    await refused(await crm.issuer.sign(claims, { exp: null }), 'token_invalid')
    await refused(await crm.issuer.sign({ ...claims, aud: 'urn:atrium:system:erp' }), 'token_invalid')
    await refused(await crm.issuer.sign({ ...claims, iss: 'http://localhost:1/realms/other' }), 'token_invalid')
    await refused(await crm.issuer.sign({ aud: claims.aud, sub: 'e0012' }), 'account_missing')
    // A client that writes a person's id into its own subject is still no person.
    await refused(
      await crm.issuer.sign({ aud: claims.aud, sub: 'e0012', client_id: 'gateway', scope: 'service' }),
      'account_missing',
    )
  })

  it('of an unknown or inactive user is refused by the CRM’s own store', async () => {
    expect((await crm.call('U-9999', 'GET', '/customers')).body.code).toBe('account_inactive')
    crm.give(ZHANG_WEI, 'Rep')
    crm.db.prepare('UPDATE crm_user SET active = 0 WHERE user_id = ?').run(ZHANG_WEI)
    expect((await crm.call(ZHANG_WEI, 'GET', '/customers')).body.code).toBe('account_inactive')
    crm.db.prepare('UPDATE crm_user SET active = 1 WHERE user_id = ?').run(ZHANG_WEI)
  })
})
