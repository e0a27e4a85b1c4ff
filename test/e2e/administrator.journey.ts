import { beforeAll, expect, it } from 'vitest'
import { type Company, unique } from './company.ts'
import type { Answered } from './stranger.ts'
import { visibleText } from './visible-text.ts'
import { type Employee, patience } from './vocabulary.ts'

/** Issue's third journey: an administrator maps a role, and what follows from it. */
export function administratorJourney(company: () => Company): void {
  let admin: Employee
  let zhangWei: Employee
  let before: { version: number; customers: number }
  const comment = unique('销售代表兼任组长，试行')

  beforeAll(async () => {
    admin = await company().newEmployee()
    zhangWei = await company().newEmployee()
    await admin.signsIn('admin')
    await zhangWei.signsIn('zhang.wei')
  }, 60_000)

  // Both by the token that zhang.wei's open page works with: no sign-in lies between.
  const rolesInCrm = async (): Promise<string[]> =>
    (await company().stranger.crm(zhangWei.tokenInUse(), 'GET', '/users/me')).body.roles
  const customersInGateway = async (): Promise<number> =>
    (await company().stranger.graph(zhangWei.tokenInUse(), '{ customers(first: 1) { totalCount } }')).data.customers
      .totalCount

  it('is shown who is affected before a role is published', async () => {
    await admin.tab.goesTo('管理')
    const { matrix } = admin.tab.admin
    before = { version: await matrix.version(), customers: await customersInGateway() }
    expect(await rolesInCrm()).toEqual(['Rep'])
    expect(before.customers).toBeGreaterThan(0)

    await matrix.gives('销售代表', 'CRM', 'TeamLead')
    const preview = await matrix.preview()
    expect(preview).toMatch(/CRM.*TeamLead/)
    expect(preview).toContain('张伟')
    // Sixteen colleagues are sales representatives in the sample company; li.na, who has the role already, is not affected.
    expect(preview).toMatch(/得到权利\s*16|16\s*人/)
    expect(preview).not.toContain('李娜')
    // A draft changes nothing.
    expect(await rolesInCrm()).toEqual(['Rep'])
    expect(await customersInGateway()).toBe(before.customers)
  }, 60_000)

  it('once published, a representative signed in all along has the right in the CRM and in the gateway', async () => {
    const { stranger } = company()
    const colleague = (await stranger.crm('li.na', 'GET', '/customers?owner=U-1004,U-1005&limit=1')).body.items[0]
    const change = () =>
      stranger.crm(zhangWei.tokenInUse(), 'PATCH', `/customers/${colleague.customerNo}`, { level: colleague.level })
    expect((await change()).status).toBeGreaterThanOrEqual(403)
    const signIns = zhangWei.signInPages.length

    await admin.tab.admin.matrix.publishes(comment)
    await expect.poll(rolesInCrm, { timeout: patience }).toEqual(expect.arrayContaining(['TeamLead']))
    await expect.poll(customersInGateway, { timeout: patience }).toBeGreaterThan(before.customers)
    expect((await change()).status).toBe(200)
    await expect.poll(() => admin.tab.admin.matrix.version(), { timeout: patience }).toBe(before.version + 1)

    const crm = await zhangWei.tab.launcher.opens('CRM')
    expect(crm.header).toContain('U-1002')
    expect(crm.header).toContain('TeamLead')
    expect(zhangWei.signInPages.length).toBe(signIns)
  }, 60_000)

  it('the audit page says who did what, and when', async () => {
    await admin.tab.admin.opens('审计')
    await expect
      .poll(async () => (await admin.tab.admin.audit.rows()).filter(row => row.includes('发布角色映射')), {
        timeout: patience,
      })
      .not.toEqual([])
    const [published] = (await admin.tab.admin.audit.rows()).filter(row => row.includes('发布角色映射'))
    expect(published).toContain('管理员')
    expect(published).toMatch(/\d{1,2}:\d\d/)
    expect(published).toContain('完成')
    const { body } = await company().stranger.admin('admin', 'GET', 'audit?limit=50')
    const entry = body.items.find((item: Answered) => JSON.stringify(item.detail ?? {}).includes(comment))
    expect(entry).toMatchObject({ actor: { id: 'e0000' }, outcome: 'success' })
    expect(Date.now() - Date.parse(entry.at)).toBeLessThan(300_000)
    await expect
      .poll(async () => (await company().stranger.admin('admin', 'GET', 'audit/verify')).body.broken, {
        timeout: patience,
      })
      .toBe(null)
  }, 60_000)

  it('rolling back takes it away again', async () => {
    await admin.tab.admin.opens('角色')
    await admin.tab.admin.matrix.rollsBackTo(before.version)
    await expect.poll(rolesInCrm, { timeout: patience }).toEqual(['Rep'])
    await expect.poll(customersInGateway, { timeout: patience }).toBe(before.customers)
    expect(await visibleText(admin.tab.admin.matrix.cell('销售代表', 'CRM'))).not.toContain('TeamLead')
  }, 60_000)

  it('a sales account edits customers in the CRM and sees shipping of the ERP, but no finance', async () => {
    const { stranger } = company()
    const [own] = (await stranger.crm('zhang.wei', 'GET', '/customers?owner=U-1002&limit=1')).body.items
    const level = own.level === 'A' ? 'B' : 'A'
    const edit =
      'mutation ($code: String!, $level: String) { updateCustomer(code: $code, level: $level) { code level } }'
    const edited = await stranger.graph('zhang.wei', edit, { code: own.customerNo, level })
    expect(edited.data.updateCustomer).toEqual({ code: own.customerNo, level })
    expect((await stranger.crm('zhang.wei', 'GET', `/customers/${own.customerNo}`)).body.level).toBe(level)

    const shipping = await stranger.graph('zhang.wei', '{ shipments(first: 5) { totalCount nodes { number status } } }')
    expect(shipping.errors).toBeUndefined()
    expect(shipping.data.shipments.nodes.length).toBeGreaterThan(0)
    expect((await stranger.erp('zhang.wei', 'GET', 'Shipments?$top=1')).body.value).toHaveLength(1)

    for (const finance of ['{ invoices(first: 5) { nodes { number } } }', '{ receivables { total } }']) {
      const { data, errors } = await stranger.graph('zhang.wei', finance)
      expect(Object.values(data ?? { none: null }), finance).toEqual([null])
      if (errors) expect(errors[0].extensions.code).toBe('FORBIDDEN')
    }
    for (const set of ['Invoices', 'Payments'])
      expect((await stranger.erp('zhang.wei', 'GET', `${set}?$top=1`)).status).toBe(403)
    const costs = await stranger.graph('zhang.wei', '{ stock(first: 5) { nodes { quantity unitCost value } } }')
    for (const row of costs.data.stock.nodes) expect(row).toMatchObject({ unitCost: null, value: null })
  }, 60_000)

  it("a finance account sees the ERP's reports and the OA's claims, but no customer's private data", async () => {
    const { stranger } = company()
    const reports = await stranger.graph(
      'wang.fang',
      '{ receivables { total buckets { amount } } invoices(first: 5) { totalCount } }',
    )
    expect(reports.errors).toBeUndefined()
    expect(Number(reports.data.receivables.total)).toBeGreaterThan(0)
    expect(reports.data.invoices.totalCount).toBeGreaterThan(0)
    expect((await stranger.erp('wang.fang', 'GET', 'Invoices?$top=1')).status).toBe(200)

    const { data } = await stranger.graph('wang.fang', '{ claims(first: 5) { totalCount nodes { requesterName } } }')
    const { total } = await stranger.oa('wang.fang', 'ListClaims', { offset: 0, limit: 1 })
    expect(data.claims.totalCount).toBe(Number(total))
    expect(data.claims.nodes.length).toBe(5)

    const query = '{ customers(first: 20) { nodes { code name phone email address contacts { mobile } } } }'
    const customers = (await stranger.graph('wang.fang', query)).data.customers.nodes
    expect(customers).toHaveLength(20)
    for (const customer of customers) {
      expect(customer.name).toBeTruthy()
      const mobiles = (customer.contacts ?? []).map((contact: Answered) => contact.mobile)
      for (const personal of [customer.phone, customer.email, customer.address, ...mobiles]) {
        // Nothing, or a mask such as 138****5678.
        if (personal !== null) expect(personal).toMatch(/\*{3,}/)
      }
    }
    const { items } = (await stranger.crm('wang.fang', 'GET', '/customers?limit=20')).body
    for (const item of items) expect(item).toMatchObject({ phone: null, email: null, address: null })
  }, 60_000)
}
