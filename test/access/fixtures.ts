import type { Rules } from './rules.ts'
import type { Asker, Scope } from './viewer.ts'
import type { World } from './world.ts'

/** Rules as a house might have them: reps see customers, accountants money, the boss what is secret. */
export const houseRules = (more: Partial<Rules['fields']> = {}): Rules => ({
  types: {
    Customer: ['crm:*'],
    Contact: ['crm:*'],
    Order: ['erp:*'],
    Approval: ['oa:*'],
    Step: ['oa:*'],
    Receivable: ['erp:A'],
    Receivables: ['erp:A'],
    Employee: ['*'],
  },
  fields: {
    'Customer.phone': { read: ['crm:A'], mask: { kind: 'PHONE', roles: ['crm:B'] } },
    'Customer.note': { read: ['role:r1'] },
    'Customer.score': { read: ['role:r1'] },
    'Customer.limit': { read: ['erp:A'] },
    'Order.margin': { read: ['role:r1'] },
    ...(more as Rules['fields']),
  },
})

export function asker(id: string, roles: string[], scope: Scope = 'all', business: string[] = []): Asker {
  const one = () => ({ account: true, roles: [...roles], scope })
  return { id, business, systems: { crm: one(), erp: one(), oa: one() } }
}

/** Two customers, of two owners; what is secret is said in one word. */
export const smallWorld = (): World => ({
  customers: [
    {
      customerNo: 'C1',
      name: 'Firm-one',
      level: 'gold',
      phone: '13800001111',
      email: 'a@x.example',
      note: 'note-one',
      score: 100,
      ownerId: 'crm-e1',
    },
    {
      customerNo: 'C2',
      name: 'Firm-two',
      level: 'iron',
      phone: '13800002222',
      email: 'b@x.example',
      note: 'note-two',
      score: 200,
      ownerId: 'crm-e4',
    },
  ],
  contacts: [
    { contactId: 'K1', customerNo: 'C1', name: 'Ann-one', mobile: '13900001111' },
    { contactId: 'K2', customerNo: 'C2', name: 'Ann-two', mobile: '13900002222' },
  ],
  partners: [
    { BusinessPartner: 'C1', CreditLimit: '1000.11', SalesPerson: 'erp-e1' },
    { BusinessPartner: 'C2', CreditLimit: '2000.22', SalesPerson: 'erp-e4' },
  ],
  orders: [
    {
      SalesOrder: 'S1',
      BusinessPartner: 'C1',
      NetAmount: '10.10',
      Margin: '1.01',
      Status: 'open',
      SalesPerson: 'erp-e1',
    },
    {
      SalesOrder: 'S2',
      BusinessPartner: 'C2',
      NetAmount: '900.20',
      Margin: '2.02',
      Status: 'done',
      SalesPerson: 'erp-e4',
    },
  ],
  invoices: [{ Invoice: 'I1', BusinessPartner: 'C1', OpenAmount: '30.30', Currency: 'CNY', SalesPerson: 'erp-e1' }],
  approvals: [
    {
      approvalId: 'A1',
      title: 'Title-one',
      amount: '40.40',
      requesterId: 'oa-e1',
      assigneeId: 'oa-e4',
      custId: 'C1',
      steps: [],
    },
  ],
})
