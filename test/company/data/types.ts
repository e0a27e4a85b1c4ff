/** The sample company as plain data: what each of its systems holds on the day `today`. */

import type {
  Invoice,
  Order,
  OrderItem,
  Partner,
  Payment,
  Product,
  ProductionOrder,
  PurchaseOrder,
  SalesTarget,
  Shipment,
  StockLevel,
  StockMovement,
  Warehouse,
} from './types-erp.ts'

export type * from './types-erp.ts'

/** Money in fen (1/100 CNY), a whole number, so that sums are exact. `yuan()` in money.ts prints it. */
export type Fen = number
/** Calendar day in Asia/Shanghai, `YYYY-MM-DD`. */
export type Day = string
/** Month in Asia/Shanghai, `YYYY-MM`. */
export type Month = string
/** Moment, ISO 8601 with the company's offset: `2026-11-21T09:30:00+08:00`. */
export type Moment = string

export type Text = { zh: string; en: string }
export type SystemId = 'crm' | 'oa' | 'erp'
export type Scope = 'none' | 'own' | 'department' | 'department_and_below' | 'all'

export type Department = { id: string; parentId: string | null; name: Text }

export type Person = {
  id: string
  username: string
  name: Text
  email: string
  phone: string
  departmentId: string
  position: Text
  managerId: string | null
  active: boolean
  locale: 'zh-CN' | 'en'
  /** The person's user id in each system; a system that is missing has no account for this person. */
  native: { crm?: string; oa?: string; erp?: string }
}

export type BusinessRole = { id: string; name: Text; group: Text }
export type Assignment = { personId: string; roleId: string; reason: string }
/** A rule without a condition holds for everybody. */
export type AssignmentRule = { roleId: string; departmentId?: string; position?: string; reason: string }
export type MappingCell = { roleId: string; system: SystemId; nativeRoles: string[]; scope: Scope }
export type NativeRole = { id: string; name: Text; scope: Scope }

// --- CRM: users are U-1001

export type CustomerLevel = 'A' | 'B' | 'C'
export type CustomerStatus = 'ACTIVE' | 'PROSPECT' | 'DORMANT'
export type Customer = {
  customerNo: string
  name: string
  shortName: string
  industry: string
  /** Province or municipality; empty in a dirty record. */
  region: string
  /** A, B or C; anything else only in a dirty record. */
  level: string
  phone: string
  email: string
  address: string
  ownerId: string
  ownerDepartment: string
  status: CustomerStatus
  createdAt: Moment
  updatedAt: Moment
  lastContactAt: Moment | null
}

export type Contact = {
  contactId: string
  customerNo: string
  name: string
  title: string
  mobile: string
  email: string
  isPrimary: boolean
}

export type Stage = 'LEAD' | 'QUALIFIED' | 'QUOTED' | 'NEGOTIATION' | 'WON' | 'LOST'
export type Opportunity = {
  oppId: string
  customerNo: string
  title: string
  stage: Stage
  amount: Fen
  currency: 'CNY'
  probability: number
  ownerId: string
  expectedClose: Day
  nextStep: string
  createdAt: Moment
  updatedAt: Moment
}

export type Channel = 'PHONE' | 'VISIT' | 'WECHAT' | 'EMAIL' | 'MEETING'
export type FollowUp = {
  followUpId: string
  customerNo: string
  ownerId: string
  dueAt: Moment
  channel: Channel
  content: string
  status: 'PLANNED' | 'DONE'
  result: string | null
  /** True where the contact led to an opportunity or moved one on. */
  converted: boolean
  opportunityAmount: Fen | null
  createdAt: Moment
  doneAt: Moment | null
}

// --- OA: users are lina

export type ApprovalKind = 'CONTRACT' | 'SPECIAL_PRICE' | 'EXPENSE' | 'LEAVE' | 'PURCHASE' | 'SEAL'
export type ApprovalState = 'PENDING' | 'APPROVED' | 'REJECTED' | 'WITHDRAWN'
export type ApprovalStep = {
  at: Moment
  userId: string
  action: 'SUBMIT' | 'APPROVE' | 'REJECT' | 'WITHDRAW' | 'FORWARD'
  comment: string
}
export type Approval = {
  approvalId: string
  kind: ApprovalKind
  title: string
  requesterId: string
  requesterName: string
  /** Department id. */
  department: string
  assigneeId: string
  state: ApprovalState
  amount: Fen | null
  currency: 'CNY'
  custId: string | null
  contractNo: string | null
  summary: string
  submittedAt: Moment
  dueAt: Moment | null
  decidedAt: Moment | null
  decidedBy: string | null
  version: number
  history: ApprovalStep[]
}

export type ContractState = 'DRAFT' | 'IN_APPROVAL' | 'SIGNED' | 'EXPIRED'
export type Contract = {
  contractNo: string
  custId: string
  custName: string
  title: string
  amount: Fen
  currency: 'CNY'
  signedOn: Day | null
  validFrom: Day
  validTo: Day
  state: ContractState
  ownerId: string
}

export type Task = {
  taskId: string
  title: string
  description: string
  assigneeId: string
  creatorId: string
  state: 'OPEN' | 'DONE'
  priority: 'LOW' | 'NORMAL' | 'HIGH'
  createdAt: Moment
  dueAt: Moment | null
  doneAt: Moment | null
}

export type Announcement = {
  announcementId: string
  title: string
  body: string
  department: string
  publishedAt: Moment
  mustRead: boolean
}

export type ClaimCategory = 'TRAVEL' | 'ENTERTAINMENT' | 'OFFICE' | 'TRANSPORT' | 'TRAINING' | 'MATERIAL'
export type Claim = {
  claimId: string
  requesterId: string
  requesterName: string
  department: string
  amount: Fen
  currency: 'CNY'
  category: ClaimCategory
  state: ApprovalState
  submittedAt: Moment
  approvalId: string
}

/** A record that is wrong on purpose, as real systems hold them, and what is wrong with it. */
export type DirtyRecord = { system: SystemId; object: string; key: string; fault: string }

export type Company = {
  today: Day
  name: Text
  departments: Department[]
  people: Person[]
  businessRoles: BusinessRole[]
  rules: AssignmentRule[]
  assignments: Assignment[]
  mapping: MappingCell[]
  nativeRoles: Record<SystemId, NativeRole[]>
  crm: { customers: Customer[]; contacts: Contact[]; opportunities: Opportunity[]; followUps: FollowUp[] }
  oa: { contracts: Contract[]; approvals: Approval[]; tasks: Task[]; announcements: Announcement[]; claims: Claim[] }
  erp: {
    partners: Partner[]
    products: Product[]
    warehouses: Warehouse[]
    stock: StockLevel[]
    movements: StockMovement[]
    orders: Order[]
    items: OrderItem[]
    invoices: Invoice[]
    payments: Payment[]
    purchaseOrders: PurchaseOrder[]
    productionOrders: ProductionOrder[]
    shipments: Shipment[]
    targets: SalesTarget[]
  }
  dirty: DirtyRecord[]
}
