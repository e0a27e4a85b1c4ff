/*
 * What the three systems and the inbox of the benchmark hold: every gateway that is measured answers from the same records.
 * Values are made from their number, so that the process that fills the database and the one that serves the systems agree.
 */
const customers = 200
export const ordersEach = 5
const contractsEach = 2
const approvals = 20
export const messages = 20

const two = (value: number): string => String(value).padStart(2, '0')
export const codeOf = (index: number): string => `C${String(index + 1).padStart(5, '0')}`
const range = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))

export const customerRows = range(customers, index => ({
  code: codeOf(index),
  name: `华信客户第 ${index} 有限公司`,
  shortName: `客户${index}`,
  industry: '机械',
  region: '华东',
  level: 'A',
  phone: `1380000${String(index).padStart(4, '0')}`,
  email: `c${index}@example.com`,
  address: '上海市浦东新区世纪大道 100 号',
  ownerId: 'U-1001',
  status: 'ACTIVE',
  createdAt: '2025-01-01T09:00:00+08:00',
  lastContactAt: '2026-01-01T09:00:00+08:00',
}))

export const orderRows = range(customers, customer =>
  range(ordersEach, n => ({
    number: `SO-2026-${customer}-${n}`,
    customer: codeOf(customer),
    customerName: `华信客户第 ${customer} 有限公司`,
    orderDate: `2026-0${1 + n}-1${n}`,
    requestedDelivery: '2026-09-01',
    netAmount: `${1000 + customer * 10 + n}.50`,
    currency: 'CNY',
    status: 'A',
    deliveryStatus: 'OPEN',
    progressPercent: 10 * n,
    salesPerson: '00017',
  })),
).flat()

export const contractRows = range(customers, customer =>
  range(contractsEach, n => ({
    number: `HT-${customer}-${n}`,
    customer: codeOf(customer),
    title: '年度供货合同',
    amount: `${100_000 + customer}.00`,
    currency: 'CNY',
    signedOn: '2026-01-01',
    validFrom: '2026-01-01',
    validTo: '2026-12-31',
    state: 'SIGNED',
    ownerId: 'lina',
  })),
).flat()

export const approvalRows = range(approvals, index => ({
  id: `AP-2026-${index}`,
  kind: '采购',
  title: `采购申请：备件第 ${index} 批`,
  requesterId: 'lina',
  requesterName: '李娜',
  assigneeId: 'zhaolei',
  state: 'PENDING',
  amount: `${5000 + index}.00`,
  currency: 'CNY',
  summary: '设备检修所需备件，供应商已比价三家',
  submittedAt: `2026-10-${two(1 + index)}T09:30:00+08:00`,
  dueAt: `2026-11-${two(1 + index)}T18:00:00+08:00`,
  decidedAt: null,
  customer: null,
  contract: null,
  history: [],
}))

export const messageRows = range(messages, index => ({
  seq: index + 1,
  system: 'oa',
  type: 'oa.approval.assigned',
  kind: 'APPROVAL',
  priority: 'NORMAL',
  title: `请审批：备件采购第 ${index} 批`,
  summary: '设备检修所需备件，供应商已比价三家',
  threadKey: `AP-2026-${index}`,
  createdAt: `2026-10-${two(1 + index)}T01:30:00.000Z`,
  dueAt: `2099-11-${two(1 + index)}T10:00:00.000Z`,
  overdue: false,
  read: false,
}))
