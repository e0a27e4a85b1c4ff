import type { WidgetManifest } from '../../sdk/manifest.ts'

export const dealsInNegotiation = {
  id: 'deals-in-negotiation',
  version: '1.0.0',
  publisher: 'Atrium',
  order: 45,
  title: { 'zh-CN': '谈判中的商机', en: 'Deals in negotiation' },
  systems: ['crm'],
  operation: 'Opportunities',
  audience: [{ system: 'crm', roles: ['Rep', 'TeamLead', 'Manager'] }],
  empty: { title: { 'zh-CN': '没有谈判中的商机', en: 'No deal in negotiation' } },
  content: {
    kind: 'list',
    rows: 'opportunities.nodes',
    key: 'id',
    total: 'opportunities.totalCount',
    primary: { path: 'title' },
    figure: { path: 'amount', format: 'money', currency: 'currency' },
    secondary: [{ path: 'customer.name' }, { path: 'nextStep' }],
    note: { path: 'expectedClose', format: 'day' },
  },
} as const satisfies WidgetManifest
