import type { WidgetManifest } from '../../sdk/manifest.ts'

export const teamThisMonth = {
  id: 'team-this-month',
  version: '1.0.0',
  publisher: 'Atrium',
  order: 50,
  title: { 'zh-CN': '团队本月', en: 'Team this month' },
  systems: ['crm', 'erp'],
  operation: 'Kpis',
  variables: { board: 'sales' },
  audience: [{ system: 'crm', roles: ['TeamLead'] }],
  empty: { title: { 'zh-CN': '还没有团队的指标', en: 'No figures for the team yet' } },
  content: { kind: 'kpi', goals: { rows: 'kpis' } },
} as const satisfies WidgetManifest
