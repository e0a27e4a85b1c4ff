import type { WidgetManifest } from '../../sdk/manifest.ts'

export const claimsToCheck = {
  id: 'claims-to-check',
  version: '1.0.0',
  publisher: 'Atrium',
  order: 64,
  title: { 'zh-CN': '待审的报销', en: 'Claims to check' },
  systems: ['oa'],
  operation: 'ClaimsToCheck',
  audience: [{ system: 'oa', roles: ['Finance'] }],
  empty: { title: { 'zh-CN': '没有待审的报销', en: 'No claim to check' } },
  content: {
    kind: 'list',
    rows: 'claims.nodes',
    key: 'id',
    total: 'claims.totalCount',
    primary: { path: 'requesterName' },
    figure: { path: 'amount', format: 'money', currency: 'currency' },
    secondary: {
      path: 'category',
      labels: {
        TRAVEL: { 'zh-CN': '差旅', en: 'Travel' },
        ENTERTAINMENT: { 'zh-CN': '业务招待', en: 'Entertainment' },
        MATERIAL: { 'zh-CN': '试验材料', en: 'Material' },
        OFFICE: { 'zh-CN': '办公用品', en: 'Office' },
        TRANSPORT: { 'zh-CN': '市内交通', en: 'Transport' },
        TRAINING: { 'zh-CN': '培训', en: 'Training' },
      },
    },
    note: { path: 'submittedAt', format: 'moment' },
  },
} as const satisfies WidgetManifest
