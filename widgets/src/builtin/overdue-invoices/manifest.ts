import type { WidgetManifest } from '../../sdk/manifest.ts'

export const overdueInvoices = {
  id: 'overdue-invoices',
  version: '1.0.0',
  publisher: 'Atrium',
  order: 62,
  title: { 'zh-CN': '逾期应收', en: 'Overdue invoices' },
  systems: ['erp'],
  operation: 'OverdueInvoices',
  refreshSeconds: 120,
  audience: [{ system: 'erp', roles: ['Accountant', 'Controller'] }],
  empty: { title: { 'zh-CN': '没有逾期的发票', en: 'No invoice is overdue' } },
  content: {
    kind: 'list',
    rows: 'invoices.nodes',
    key: 'number',
    total: 'invoices.totalCount',
    primary: { path: 'customerName' },
    figure: { path: 'openAmount', format: 'money', currency: 'currency' },
    secondary: [
      { path: 'number' },
      { path: 'dueDate', format: 'day', before: { 'zh-CN': '', en: 'due ' }, after: { 'zh-CN': ' 到期', en: '' } },
    ],
    note: { path: 'dueDate', format: 'due' },
  },
} as const satisfies WidgetManifest
