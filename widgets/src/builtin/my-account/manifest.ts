import type { WidgetManifest } from '../../sdk/manifest.ts'

export const myAccount = {
  id: 'my-account',
  version: '1.0.0',
  publisher: 'Atrium',
  order: 92,
  title: { 'zh-CN': '我的账号', en: 'My account' },
  systems: ['idp'],
  operation: 'Shell',
  refreshSeconds: 300,
  audience: [{ system: 'erp', roles: ['BasisAdmin'] }],
  empty: { title: { 'zh-CN': '没有账号资料', en: 'No account data' } },
  content: {
    kind: 'object',
    root: 'me',
    fields: [
      { title: { 'zh-CN': '账号', en: 'User name' }, cell: { path: 'username' } },
      { title: { 'zh-CN': '工号', en: 'Employee id' }, cell: { path: 'id' } },
      { title: { 'zh-CN': '部门', en: 'Department' }, cell: { path: 'department' } },
      { title: { 'zh-CN': '岗位', en: 'Position' }, cell: { path: 'position' } },
    ],
  },
} as const satisfies WidgetManifest
