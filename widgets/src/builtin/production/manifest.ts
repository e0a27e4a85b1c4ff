import type { WidgetManifest } from '../../sdk/manifest.ts'

export const production = {
  id: 'production',
  version: '1.0.0',
  publisher: 'Atrium',
  order: 34,
  title: { 'zh-CN': '生产进度', en: 'Production' },
  systems: ['erp'],
  operation: 'ProductionOrders',
  audience: [{ system: 'erp', roles: ['Planner', 'ReadOnly'] }],
  empty: { title: { 'zh-CN': '没有在制的生产订单', en: 'No production order is open' } },
  content: {
    kind: 'list',
    rows: 'productionOrders.nodes',
    key: 'number',
    total: 'productionOrders.totalCount',
    primary: [{ path: 'number' }, { path: 'product.name' }],
    figure: { path: 'progressPercent', after: { 'zh-CN': '%', en: '%' } },
    secondary: [
      {
        path: 'completed',
        format: 'number',
        before: { 'zh-CN': '完成 ', en: '' },
        after: { 'zh-CN': '', en: ' done' },
      },
      { path: 'quantity', format: 'number', before: { 'zh-CN': '共 ', en: 'of ' } },
    ],
    note: { path: 'plannedFinish', format: 'day' },
  },
} as const satisfies WidgetManifest
