import type { Colleague } from './people.ts'
import type { Assignment, AssignmentRule, BusinessRole, MappingCell, NativeRole, Scope, SystemId } from './types.ts'

const group = {
  all: { zh: '全员', en: 'Everybody' },
  sales: { zh: '销售', en: 'Sales' },
  finance: { zh: '财务', en: 'Finance' },
  operations: { zh: '供应与制造', en: 'Supply and production' },
  management: { zh: '管理', en: 'Management' },
}

export const businessRoles: BusinessRole[] = [
  { id: 'employee', name: { zh: '员工', en: 'Employee' }, group: group.all },
  { id: 'sales-rep', name: { zh: '销售代表', en: 'Sales representative' }, group: group.sales },
  { id: 'sales-assistant', name: { zh: '销售助理', en: 'Sales assistant' }, group: group.sales },
  { id: 'sales-manager', name: { zh: '销售经理', en: 'Sales manager' }, group: group.sales },
  { id: 'cashier', name: { zh: '出纳', en: 'Cashier' }, group: group.finance },
  { id: 'accountant', name: { zh: '会计', en: 'Accountant' }, group: group.finance },
  { id: 'finance-manager', name: { zh: '财务经理', en: 'Finance manager' }, group: group.finance },
  { id: 'purchaser', name: { zh: '采购员', en: 'Purchaser' }, group: group.operations },
  { id: 'warehouse-keeper', name: { zh: '仓库管理员', en: 'Warehouse keeper' }, group: group.operations },
  { id: 'production-planner', name: { zh: '生产计划员', en: 'Production planner' }, group: group.operations },
  { id: 'hr-officer', name: { zh: '人事专员', en: 'HR officer' }, group: group.management },
  { id: 'general-manager', name: { zh: '总经理', en: 'General manager' }, group: group.management },
  { id: 'administrator', name: { zh: '系统管理员', en: 'Administrator' }, group: group.management },
]

export const rules: AssignmentRule[] = [
  { roleId: 'employee', reason: '全体员工' },
  { roleId: 'hr-officer', departmentId: 'hr', reason: '人力资源部全员' },
]

const ruledRoles = new Set(rules.map(rule => rule.roleId))

export const assignmentsOf = (people: Colleague[]): Assignment[] =>
  people.flatMap(person =>
    person.roleIds
      .filter(roleId => !ruledRoles.has(roleId))
      .map(roleId => ({ personId: person.id, roleId, reason: `岗位：${person.position.zh}` })),
  )

const native = (id: string, zh: string, en: string, scope: Scope): NativeRole => ({ id, name: { zh, en }, scope })

/** What each system calls its own rights, with the scope it gives by default. */
export const nativeRoles: Record<SystemId, NativeRole[]> = {
  crm: [
    native('Rep', '业务员', 'Representative', 'own'),
    native('TeamLead', '团队主管', 'Team lead', 'department_and_below'),
    native('ReadOnly', '只读', 'Read only', 'all'),
    native('Manager', '总监', 'Manager', 'all'),
    native('Admin', '管理员', 'Administrator', 'all'),
  ],
  oa: [
    native('Staff', '员工', 'Staff', 'own'),
    native('Approver', '审批人', 'Approver', 'department_and_below'),
    native('Finance', '财务', 'Finance', 'all'),
    native('Admin', '管理员', 'Administrator', 'all'),
  ],
  erp: [
    native('SalesViewer', '销售查看', 'Sales viewer', 'own'),
    native('OrderEntry', '订单录入', 'Order entry', 'department'),
    native('Buyer', '采购', 'Buyer', 'all'),
    native('Warehouse', '仓库', 'Warehouse', 'all'),
    native('Planner', '计划', 'Planner', 'all'),
    native('Accountant', '会计', 'Accountant', 'all'),
    native('Controller', '财务总监', 'Controller', 'all'),
    native('ReadOnly', '只读', 'Read only', 'all'),
    native('BasisAdmin', '系统管理', 'Basis administrator', 'none'),
  ],
}

const cell = (roleId: string, system: SystemId, roles: string, scope: Scope): MappingCell => ({
  roleId,
  system,
  nativeRoles: roles.split('+'),
  scope,
})

/** The first published matrix of business roles and systems. */
export const mapping: MappingCell[] = [
  cell('employee', 'oa', 'Staff', 'own'),
  cell('sales-rep', 'crm', 'Rep', 'own'),
  cell('sales-rep', 'erp', 'SalesViewer', 'own'),
  cell('sales-assistant', 'crm', 'Rep', 'department'),
  cell('sales-assistant', 'erp', 'OrderEntry', 'department'),
  cell('sales-manager', 'crm', 'TeamLead', 'department_and_below'),
  cell('sales-manager', 'oa', 'Approver', 'department_and_below'),
  cell('sales-manager', 'erp', 'SalesViewer', 'department_and_below'),
  cell('accountant', 'crm', 'ReadOnly', 'all'),
  cell('accountant', 'oa', 'Finance', 'all'),
  cell('accountant', 'erp', 'Accountant', 'all'),
  cell('cashier', 'erp', 'Accountant', 'all'),
  cell('finance-manager', 'crm', 'ReadOnly', 'all'),
  cell('finance-manager', 'oa', 'Approver+Finance', 'all'),
  cell('finance-manager', 'erp', 'Controller', 'all'),
  cell('purchaser', 'erp', 'Buyer', 'all'),
  cell('warehouse-keeper', 'erp', 'Warehouse', 'all'),
  cell('production-planner', 'erp', 'Planner', 'all'),
  cell('general-manager', 'crm', 'Manager', 'all'),
  cell('general-manager', 'oa', 'Approver+Finance', 'all'),
  cell('general-manager', 'erp', 'ReadOnly+Controller', 'all'),
  cell('administrator', 'crm', 'Admin', 'all'),
  cell('administrator', 'oa', 'Admin', 'all'),
  cell('administrator', 'erp', 'BasisAdmin', 'none'),
]
