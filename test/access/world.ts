/** The records of a small company in three systems, as plain data; every text and number in it occurs once. */
export interface World {
  customers: CustomerRow[]
  contacts: ContactRow[]
  partners: PartnerRow[]
  orders: OrderRow[]
  invoices: InvoiceRow[]
  approvals: ApprovalRow[]
}

export type CustomerRow = {
  customerNo: string
  name: string
  level: string
  phone: string
  email: string
  note: string
  score: number
  ownerId: string
}
export type ContactRow = { contactId: string; customerNo: string; name: string; mobile: string }
export type PartnerRow = { BusinessPartner: string; CreditLimit: string; SalesPerson: string }
export type OrderRow = {
  SalesOrder: string
  BusinessPartner: string
  NetAmount: string
  Margin: string
  Status: string
  SalesPerson: string
}
export type InvoiceRow = {
  Invoice: string
  BusinessPartner: string
  OpenAmount: string
  Currency: string
  SalesPerson: string
}
export type ApprovalRow = {
  approvalId: string
  title: string
  amount: string
  requesterId: string
  assigneeId: string
  custId: string
  steps: { userId: string; comment: string }[]
}

export type SystemId = 'crm' | 'erp' | 'oa'
export const systemIds = ['crm', 'erp', 'oa'] as const

/** An employee: where they stand and who they are in each system. */
export interface Employee {
  id: string
  zh: string
  en: string
  email: string
  /** from the root to their own department */
  path: string[]
}

const employee = (n: number, path: string[]): Employee => ({
  id: `e${n}`,
  zh: `员工${n}`,
  en: `Employee ${n}`,
  email: `person-${n}@house.example`,
  path,
})

/** Two departments, one below another, and one apart. */
export const employees: Employee[] = [
  employee(1, ['d', 'd1']),
  employee(2, ['d', 'd1']),
  employee(3, ['d', 'd1', 'd11']),
  employee(4, ['d', 'd2']),
  employee(5, ['d', 'd2']),
]

/** The user id of an employee in a system. */
export const nativeId = (system: SystemId, person: string): string => `${system}-${person}`
