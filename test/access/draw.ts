import fc from 'fast-check'
import type { Asker, Scope } from './viewer.ts'
import { employees, nativeId, type World } from './world.ts'

/** One of several values, drawn by fast-check, so that a counterexample is made smaller. */
export type Pick = <T>(from: readonly T[]) => T
export type Whole = (min: number, max: number) => number

export function drawing(g: fc.GeneratorValue): { pick: Pick; whole: Whole } {
  const whole: Whole = (min, max) => g(fc.integer, { min, max })
  return { whole, pick: from => from[whole(0, from.length - 1)] as never }
}

const scopes: Scope[] = [
  'none',
  'none',
  'own',
  'department',
  'department_and_below',
  'department_and_below',
  'all',
  'all',
]

export function drawAsker(pick: Pick): Asker {
  const one = (): Asker['systems']['crm'] => ({
    account: pick([true, true, true, true, false]),
    roles: pick([[], ['A'], ['B'], ['A', 'B'], ['A', 'B'], ['C']]),
    scope: pick(scopes),
  })
  return {
    id: pick(employees).id,
    business: pick([[], ['r1'], ['r2'], ['r1', 'r2']]),
    systems: { crm: one(), erp: one(), oa: one() },
  }
}

/** Records whose every value occurs once: what turns up in an answer says where it came from. */
export function drawWorld(pick: Pick, whole: Whole): World {
  let serial = whole(1000, 8000)
  const next = (): number => {
    serial += 1
    return serial
  }
  const amount = (): string =>
    `${whole(0, 1) * 600}${next()}`
      .slice(-7)
      .replace(/^0+/, '')
      .concat(`.${whole(10, 99)}`)
  const owner = (system: 'crm' | 'erp' | 'oa'): string => nativeId(system, pick(employees).id)
  const customers = Array.from({ length: 6 }, (_, index) => ({
    customerNo: `C${index + 1}`,
    name: `Firm-${next()}`,
    level: pick(['gold', 'iron']),
    phone: `138${String(next()).padStart(4, '0')}${next()}`,
    email: `mail${next()}@firm.example`,
    note: `note-${next()}`,
    score: whole(1, 6) * 100 + index,
    ownerId: owner('crm'),
  }))
  const codes = [...customers.map(one => one.customerNo), 'C9']
  return {
    customers,
    contacts: Array.from({ length: 8 }, (_, index) => ({
      contactId: `K${index + 1}`,
      customerNo: pick(codes),
      name: `Ann-${next()}`,
      mobile: `139${String(next()).padStart(4, '0')}${next()}`,
    })),
    partners: customers.map(one => ({
      BusinessPartner: one.customerNo,
      CreditLimit: amount(),
      SalesPerson: owner('erp'),
    })),
    orders: Array.from({ length: 10 }, (_, index) => ({
      SalesOrder: `S${index + 1}`,
      BusinessPartner: pick(codes),
      NetAmount: amount(),
      Margin: amount(),
      Status: pick(['open', 'done']),
      SalesPerson: owner('erp'),
    })),
    invoices: Array.from({ length: 8 }, (_, index) => ({
      Invoice: `I${index + 1}`,
      BusinessPartner: pick(codes),
      OpenAmount: amount(),
      Currency: 'CNY',
      SalesPerson: owner('erp'),
    })),
    approvals: Array.from({ length: 7 }, (_, index) => ({
      approvalId: `A${index + 1}`,
      title: `Title-${next()}`,
      amount: amount(),
      requesterId: owner('oa'),
      assigneeId: owner('oa'),
      custId: pick(codes),
      steps: Array.from({ length: whole(0, 2) }, () => ({ userId: owner('oa'), comment: `said-${next()}` })),
    })),
  }
}
