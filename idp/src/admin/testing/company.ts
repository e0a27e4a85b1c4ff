import type { z } from 'zod'
import type { importSchema } from '../../directory/import-schema.ts'

/** A small company, as a test imports it: three systems, four departments, six people. */
export function smallCompany(o: { scimUrls?: Record<string, string> } = {}): z.input<typeof importSchema> & {
  people: NonNullable<z.input<typeof importSchema>['people']>
} {
  const application = (
    id: string,
    nativeRoles: [string, 'none' | 'own' | 'department' | 'department_and_below' | 'all'][],
  ) => ({
    id,
    name: { zh: `${id} 系统`, en: `The ${id}` },
    url: `http://localhost:1/${id}`,
    protocol: 'openapi',
    clientSecret: `secret-of-the-${id}-system`,
    redirectUris: [`http://localhost:1/${id}/oidc/callback`],
    backchannelLogoutUri: `http://localhost:1/${id}/oidc/backchannel-logout`,
    nativeRoles: nativeRoles.map(([role, scope]) => ({ id: role, name: { zh: role, en: role }, scope })),
    provisioning: o.scimUrls?.[id] ? { scimUrl: o.scimUrls[id], audience: `urn:atrium:system:${id}` } : null,
  })
  const role = (id: string, zh: string, en: string, group: { zh: string; en: string }) => ({
    id,
    name: { zh, en },
    group,
  })
  const sales = { zh: '销售', en: 'Sales' }
  const others = { zh: '管理', en: 'Management' }
  const person = (
    id: string,
    username: string,
    name: { zh: string; en: string },
    departmentId: string,
    position: { zh: string; en: string },
    managerId: string | null,
    native: Record<string, string>,
  ) => ({
    id,
    username,
    name,
    email: `${username}@example.test`,
    departmentId,
    position,
    managerId,
    active: true,
    native,
  })
  return {
    departments: [
      { id: 'sales-1', parentId: 'sales', name: { zh: '销售一部', en: 'Sales 1' } },
      { id: 'hx', parentId: null, name: { zh: '华信机械', en: 'Huaxin Machinery' } },
      { id: 'sales', parentId: 'hx', name: { zh: '销售部', en: 'Sales' } },
      { id: 'finance', parentId: 'hx', name: { zh: '财务部', en: 'Finance' } },
    ],
    people: [
      person(
        'e0000',
        'admin',
        { zh: '管理员', en: 'Administrator' },
        'hx',
        { zh: '系统管理员', en: 'System administrator' },
        null,
        { crm: 'U-0001', oa: 'admin', erp: '00000' },
      ),
      person(
        'e0002',
        'sun.li',
        { zh: '孙立', en: 'Sun Li' },
        'hx',
        { zh: '安全管理员', en: 'Security administrator' },
        null,
        { oa: 'sunli' },
      ),
      person('e0007', 'li.na', { zh: '李娜', en: 'Li Na' }, 'sales', { zh: '销售经理', en: 'Sales manager' }, null, {
        crm: 'U-1001',
        oa: 'lina',
        erp: '00017',
      }),
      person(
        'e0012',
        'zhang.wei',
        { zh: '张伟', en: 'Zhang Wei' },
        'sales-1',
        { zh: '销售代表', en: 'Sales representative' },
        'e0007',
        { crm: 'U-1002', oa: 'zhangwei', erp: '00018' },
      ),
      person('e0021', 'wang.fang', { zh: '王芳', en: 'Wang Fang' }, 'finance', { zh: '会计', en: 'Accountant' }, null, {
        crm: 'U-1003',
        oa: 'wangfang',
        erp: '00021',
      }),
      person('e0031', 'chen.jie', { zh: '陈杰', en: 'Chen Jie' }, 'hx', { zh: '采购员', en: 'Purchaser' }, null, {
        oa: 'chenjie',
        erp: '00031',
      }),
    ],
    businessRoles: [
      role('employee', '员工', 'Employee', others),
      role('sales-manager', '销售经理', 'Sales manager', sales),
      role('sales-rep', '销售代表', 'Sales representative', sales),
      role('accountant', '会计', 'Accountant', { zh: '财务', en: 'Finance' }),
      role('purchaser', '采购员', 'Purchaser', { zh: '采购', en: 'Purchasing' }),
      role('administrator', '系统管理员', 'Administrator', others),
    ],
    rules: [
      { roleId: 'employee', reason: '每位员工' },
      { roleId: 'sales-rep', departmentId: 'sales', position: '销售代表', reason: '按职位' },
    ],
    assignments: [
      { personId: 'e0000', roleId: 'administrator', reason: '首位管理员' },
      { personId: 'e0002', roleId: 'administrator', reason: '第二位管理员' },
      { personId: 'e0007', roleId: 'sales-manager', reason: '任命' },
      { personId: 'e0021', roleId: 'accountant', reason: '任命' },
      { personId: 'e0031', roleId: 'purchaser', reason: '任命' },
    ],
    applications: [
      application('crm', [
        ['Rep', 'own'],
        ['TeamLead', 'department_and_below'],
        ['ReadOnly', 'all'],
        ['Admin', 'all'],
      ]),
      application('oa', [
        ['Staff', 'own'],
        ['Approver', 'department_and_below'],
        ['Admin', 'all'],
      ]),
      application('erp', [
        ['SalesViewer', 'own'],
        ['Buyer', 'all'],
        ['Accountant', 'all'],
        ['BasisAdmin', 'none'],
      ]),
    ],
    mapping: [
      { roleId: 'employee', system: 'oa', nativeRoles: ['Staff'], scope: 'own' },
      { roleId: 'sales-rep', system: 'crm', nativeRoles: ['Rep'], scope: 'own' },
      { roleId: 'sales-rep', system: 'erp', nativeRoles: ['SalesViewer'], scope: 'own' },
      { roleId: 'sales-manager', system: 'crm', nativeRoles: ['TeamLead'], scope: 'department_and_below' },
      { roleId: 'sales-manager', system: 'oa', nativeRoles: ['Approver'], scope: 'department_and_below' },
      { roleId: 'accountant', system: 'crm', nativeRoles: ['ReadOnly'], scope: 'all' },
      { roleId: 'accountant', system: 'erp', nativeRoles: ['Accountant'], scope: 'all' },
      { roleId: 'purchaser', system: 'erp', nativeRoles: ['Buyer'], scope: 'all' },
      { roleId: 'administrator', system: 'crm', nativeRoles: ['Admin'], scope: 'all' },
    ],
    separationRules: [
      {
        id: 'SoD-07',
        name: { zh: '采购与付款分离', en: 'Buying apart from paying' },
        first: { system: 'erp', nativeRole: 'Buyer' },
        second: { system: 'erp', nativeRole: 'Accountant' },
      },
    ],
  }
}
