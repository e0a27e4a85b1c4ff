import { describe, expect, it } from 'vitest'
import { addDays, monthOf } from './calendar.ts'
import { generateCompany } from './generate.ts'
import type { Company, Scope } from './types.ts'

const today = '2026-11-22'
const company = generateCompany({ today })
const { crm, oa, erp } = company

const sum = <T>(rows: T[], value: (row: T) => number) => rows.reduce((total, row) => total + value(row), 0)
const unique = <T>(rows: T[], key: (row: T) => unknown) => new Set(rows.map(key)).size === rows.length
const dirtyKeys = new Set(company.dirty.map(record => record.key))

describe('the sample company', () => {
  it('is the same in every run and costs less than a second of CPU', () => {
    const before = process.cpuUsage()
    const again = generateCompany({ today })
    const { user, system } = process.cpuUsage(before)
    expect(JSON.stringify(again)).toBe(JSON.stringify(company))
    expect(user + system).toBeLessThan(1_000_000)
  })

  it('has the size the design names', () => {
    expect(company.people.length).toBe(80)
    expect(company.departments.filter(({ parentId }) => parentId === 'hx').length).toBe(8)
    expect([
      crm.customers.length,
      crm.opportunities.length,
      erp.orders.length,
      erp.products.length,
      erp.warehouses.length,
    ]).toEqual([400, 1200, 2000, 300, 3])
  })

  it('keeps every key unique', () => {
    expect(unique(company.people, row => row.id) && unique(company.people, row => row.username)).toBe(true)
    for (const system of ['crm', 'oa', 'erp'] as const)
      expect(
        unique(
          company.people.filter(row => row.native[system]),
          row => row.native[system],
        ),
        system,
      ).toBe(true)
    expect(unique(crm.customers, row => row.customerNo) && unique(crm.contacts, row => row.contactId)).toBe(true)
    expect(unique(crm.opportunities, row => row.oppId) && unique(crm.followUps, row => row.followUpId)).toBe(true)
    expect(unique(oa.approvals, row => row.approvalId) && unique(oa.contracts, row => row.contractNo)).toBe(true)
    expect(unique(erp.orders, row => row.salesOrder) && unique(erp.items, row => `${row.salesOrder}/${row.item}`)).toBe(
      true,
    )
    expect(
      unique(erp.stock, row => `${row.product}/${row.warehouse}`) && unique(erp.movements, row => row.movement),
    ).toBe(true)
    expect(unique(erp.invoices, row => row.invoice) && unique(erp.payments, row => row.payment)).toBe(true)
    expect(
      unique(erp.purchaseOrders, row => row.purchaseOrder) && unique(erp.productionOrders, row => row.productionOrder),
    ).toBe(true)
  })

  it('knows the people of the demonstration by their fixed numbers', () => {
    const numbers = Object.fromEntries(
      company.people.map(row => [row.username, [row.id, row.name.zh, row.native.crm, row.native.oa, row.native.erp]]),
    )
    expect(numbers).toMatchObject({
      admin: ['e0000', '管理员', 'U-0001', 'admin', '00000'],
      'zhao.lei': ['e0001', '赵磊', 'U-1000', 'zhaolei', '00001'],
      'li.na': ['e0007', '李娜', 'U-1001', 'lina', '00017'],
      'zhang.wei': ['e0012', '张伟', 'U-1002', 'zhangwei', '00018'],
      'wang.fang': ['e0021', '王芳', 'U-1003', 'wangfang', '00021'],
      'chen.jie': ['e0031', '陈杰', undefined, 'chenjie', '00031'],
    })
    const byName = new Map(company.people.map(row => [row.username, row]))
    expect(byName.get('zhang.wei')!.managerId).toBe(byName.get('li.na')!.id)
    expect(company.people.filter(row => !row.managerId).map(row => row.username)).toEqual(['zhao.lei'])
    const given = company.assignments.filter(row => row.personId === 'e0031').map(row => row.roleId)
    expect(given.sort()).toEqual(['purchaser', 'warehouse-keeper'])
  })

  it('maps every business role only to native roles that the system has', () => {
    const scopes: Scope[] = ['none', 'own', 'department', 'department_and_below', 'all']
    for (const cell of company.mapping) {
      expect(company.businessRoles.map(role => role.id)).toContain(cell.roleId)
      expect(company.nativeRoles[cell.system].map(role => role.id)).toEqual(expect.arrayContaining(cell.nativeRoles))
      expect(scopes).toContain(cell.scope)
    }
    expect(company.mapping.find(cell => cell.roleId === 'sales-rep' && cell.system === 'crm')).toMatchObject({
      nativeRoles: ['Rep'],
      scope: 'own',
    })
  })

  it('refers only to what exists, apart from the records spoilt on purpose', () => {
    const customers = new Set(crm.customers.map(row => row.customerNo))
    const users = (system: 'crm' | 'oa' | 'erp') => new Set(company.people.map(row => row.native[system]))
    const [crmUsers, oaUsers, erpUsers] = [users('crm'), users('oa'), users('erp')]
    for (const row of [...crm.customers, ...crm.opportunities, ...crm.followUps]) {
      expect(customers.has(row.customerNo)).toBe(true)
      expect(crmUsers.has(row.ownerId)).toBe(true)
    }
    for (const row of oa.approvals) {
      expect(oaUsers.has(row.requesterId) && oaUsers.has(row.assigneeId)).toBe(true)
      if (row.custId) expect(customers.has(row.custId)).toBe(true)
      if (row.contractNo) expect(oa.contracts.some(contract => contract.contractNo === row.contractNo)).toBe(true)
    }
    const approvals = new Map(oa.approvals.map(row => [row.approvalId, row]))
    for (const row of oa.claims) expect(approvals.get(row.approvalId)?.state).toBe(row.state)
    for (const row of oa.contracts) if (!dirtyKeys.has(row.contractNo)) expect(customers.has(row.custId)).toBe(true)
    const orders = new Set(erp.orders.map(row => row.salesOrder))
    const products = new Set(erp.products.map(row => row.product))
    for (const row of [...erp.items, ...erp.invoices, ...erp.shipments]) expect(orders.has(row.salesOrder)).toBe(true)
    for (const row of [...erp.items, ...erp.stock, ...erp.movements, ...erp.purchaseOrders, ...erp.productionOrders])
      expect(products.has(row.product)).toBe(true)
    for (const row of [...erp.orders, ...erp.invoices])
      if (!dirtyKeys.has('invoice' in row ? row.invoice : '')) expect(erpUsers.has(row.salesPerson)).toBe(true)
  })

  it('adds up: items to orders, payments to invoices, movements to stock', () => {
    const items = Map.groupBy(erp.items, row => row.salesOrder)
    for (const order of erp.orders)
      expect(sum(items.get(order.salesOrder)!, row => row.netAmount)).toBe(order.netAmount)
    const payments = Map.groupBy(erp.payments, row => row.invoice)
    for (const invoice of erp.invoices) {
      expect(invoice.grossAmount - sum(payments.get(invoice.invoice) ?? [], row => row.amount)).toBe(invoice.openAmount)
      expect(invoice.status).toBe(
        invoice.openAmount === 0 ? 'PAID' : invoice.openAmount === invoice.grossAmount ? 'OPEN' : 'PARTIAL',
      )
    }
    const movements = Map.groupBy(erp.movements, row => `${row.product}/${row.warehouse}`)
    for (const level of erp.stock) {
      let running = 0
      for (const movement of movements.get(`${level.product}/${level.warehouse}`)!) {
        running += movement.quantity
        expect(running).toBeGreaterThanOrEqual(0)
      }
      expect(running).toBe(level.quantity)
    }
  })

  it.each(['2026-11-22', '2026-03-01', '2028-02-29', '2027-01-01', '2026-12-31'])(
    'holds no past that lies in the future on %s',
    day => {
      checkTime(generateCompany({ today: day }))
    },
  )

  it.each(['2026-11-22', '2026-03-01', '2027-01-01', '2026-06-30'])(
    'sold 80 to 95 % of this month’s target on %s',
    day => {
      const { orders, targets } = generateCompany({ today: day }).erp
      const sold = sum(
        orders.filter(row => monthOf(row.orderDate) === monthOf(day)),
        row => row.netAmount,
      )
      const target = targets.find(row => row.month === monthOf(day))!.amount
      expect(sold / target).toBeGreaterThan(0.8)
      expect(sold / target).toBeLessThan(0.95)
    },
  )

  it('gives everybody of the demonstration something to do', () => {
    const waiting = (user: string) => oa.approvals.filter(row => row.state === 'PENDING' && row.assigneeId === user)
    expect(waiting('lina').length).toBeGreaterThanOrEqual(5)
    expect(waiting('lina').some(row => row.kind === 'CONTRACT' && row.contractNo)).toBe(true)
    expect(waiting('zhaolei').length).toBeGreaterThanOrEqual(3)
    expect(waiting('wangfang').filter(row => row.kind === 'EXPENSE').length).toBeGreaterThanOrEqual(3)
    const due = (user: string) =>
      crm.followUps.filter(row => row.status === 'PLANNED' && row.ownerId === user && row.dueAt.startsWith(today))
    expect(due('U-1001').length).toBeGreaterThanOrEqual(2)
    expect(due('U-1002').length).toBeGreaterThanOrEqual(3)
    expect(erp.stock.some(row => row.planner === '00031' && row.quantity < row.minimumQuantity)).toBe(true)
    for (const user of ['00017', '00018'])
      expect(erp.invoices.some(row => row.salesPerson === user && row.openAmount > 0 && row.dueDate < today)).toBe(true)
  })

  it('names each record it spoilt', () => {
    expect(company.dirty.length).toBeGreaterThanOrEqual(12)
    expect(crm.opportunities.find(row => row.probability > 100)?.oppId).toBe(
      company.dirty.find(row => row.object === 'Opportunity')!.key,
    )
    for (const { system, object, key } of company.dirty) {
      const where = JSON.stringify({ crm, oa, erp }[system])
      expect(where.includes(`"${key}"`), `${object} ${key}`).toBe(true)
    }
  })
})

function checkTime({ today: day, crm, oa, erp }: Company) {
  const morning = `${day}T00:00:00+08:00`
  const customers = new Map(crm.customers.map(row => [row.customerNo, row]))
  for (const row of [...crm.customers, ...crm.opportunities])
    expect(row.createdAt <= row.updatedAt && row.updatedAt < morning, JSON.stringify(row)).toBe(true)
  for (const row of crm.followUps) {
    expect(row.createdAt < morning && (row.doneAt ?? '') < morning).toBe(true)
    expect(
      row.createdAt.slice(0, 10) >= customers.get(row.customerNo)!.createdAt.slice(0, 10) || row.status === 'PLANNED',
    ).toBe(true)
  }
  for (const row of crm.opportunities)
    expect(row.createdAt.slice(0, 10) >= customers.get(row.customerNo)!.createdAt.slice(0, 10)).toBe(true)
  for (const row of oa.approvals) {
    expect(row.submittedAt < morning && (row.decidedAt ?? '') < morning, JSON.stringify(row)).toBe(true)
    if (row.decidedAt) expect(row.decidedAt > row.submittedAt).toBe(true)
    expect(row.version).toBe(row.history.length)
  }
  for (const row of oa.tasks) expect(row.createdAt < morning && (row.doneAt ?? '') < morning).toBe(true)
  for (const row of erp.orders) expect(row.orderDate <= day && row.orderDate > addDays(day, -560)).toBe(true)
  const ordered = new Map(erp.orders.map(row => [row.salesOrder, row.orderDate]))
  for (const row of erp.shipments)
    expect(row.shippedOn <= day && row.shippedOn >= ordered.get(row.salesOrder)!).toBe(true)
  const invoiced = new Map(erp.invoices.map(row => [row.invoice, row.invoiceDate]))
  for (const row of erp.invoices) expect(row.invoiceDate <= day && row.dueDate > row.invoiceDate).toBe(true)
  for (const row of erp.payments)
    expect(row.postingDate <= day && row.postingDate >= invoiced.get(row.invoice)!).toBe(true)
  for (const row of erp.movements) expect(row.postingDate < day).toBe(true)
  for (const row of erp.stock) expect(row.updatedAt < morning).toBe(true)
}
