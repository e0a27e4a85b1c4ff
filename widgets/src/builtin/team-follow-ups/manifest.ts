import type { WidgetManifest } from '../../sdk/manifest.ts'

export const teamFollowUps = {
  id: 'team-follow-ups',
  version: '1.0.0',
  publisher: 'Atrium',
  order: 22,
  title: { 'zh-CN': '团队要跟进的客户', en: 'Customers the team follows up' },
  systems: ['crm'],
  operation: 'TeamFollowUps',
  variables: { dueBefore: '$endOfToday' },
  audience: [{ system: 'crm', roles: ['TeamLead'] }],
  empty: { title: { 'zh-CN': '今天没有到期的跟进', en: 'No follow-up due today' } },
  content: {
    kind: 'list',
    rows: 'followUps.nodes',
    key: 'id',
    total: 'followUps.totalCount',
    primary: [{ path: 'customerName' }, { path: 'owner.name', tones: {} }],
    figure: { path: 'amount', format: 'money' },
    secondary: { path: 'content' },
    note: { path: 'dueAt', format: 'due' },
  },
} as const satisfies WidgetManifest
