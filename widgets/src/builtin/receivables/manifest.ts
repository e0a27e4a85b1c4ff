import type { WidgetManifest } from '../../sdk/manifest.ts'

export const receivables = {
  id: 'receivables',
  version: '1.0.0',
  publisher: 'Atrium',
  order: 60,
  title: { 'zh-CN': '应收账龄', en: 'Receivables by age' },
  systems: ['erp'],
  operation: 'Receivables',
  refreshSeconds: 120,
  audience: [{ system: 'erp', roles: ['Accountant', 'Controller', 'ReadOnly'] }],
  empty: { title: { 'zh-CN': '没有未收的款', en: 'Nothing is owed' } },
  content: {
    kind: 'kpi',
    figure: { path: 'receivables.total', format: 'money', currency: 'receivables.currency' },
    caption: {
      path: 'receivables.customers',
      before: { 'zh-CN': '共 ', en: '' },
      after: { 'zh-CN': ' 家客户', en: ' customers' },
    },
    parts: {
      rows: 'receivables.buckets',
      key: 'key',
      share: 'amount',
      bad: ['OVER_60'],
      label: {
        path: 'key',
        labels: {
          NOT_DUE: { 'zh-CN': '未到期', en: 'Not due' },
          D1_30: { 'zh-CN': '1–30 天', en: '1–30 days' },
          D31_60: { 'zh-CN': '31–60 天', en: '31–60 days' },
          OVER_60: { 'zh-CN': '60 天以上', en: 'Over 60 days' },
        },
      },
      value: { path: 'amount', format: 'money' },
    },
  },
} as const satisfies WidgetManifest
