import type { WidgetManifest } from '../../sdk/manifest.ts'

export const stockBelowMinimum = {
  id: 'stock-below-minimum',
  version: '1.0.0',
  publisher: 'Atrium',
  order: 15,
  title: { 'zh-CN': '低于安全库存', en: 'Stock below minimum' },
  systems: ['erp'],
  operation: 'StockBelowMinimum',
  refreshSeconds: 30,
  size: 'third',
  audience: [{ system: 'erp', roles: ['Buyer', 'Warehouse', 'Planner'] }],
  empty: { title: { 'zh-CN': '没有低于安全线的库存', en: 'Nothing is below its minimum' } },
  content: {
    kind: 'table',
    rows: 'stock.nodes',
    key: 'id',
    total: 'stock.totalCount',
    columns: [
      { title: { 'zh-CN': '产品', en: 'Product' }, cell: { path: 'description' } },
      { title: { 'zh-CN': '仓库', en: 'Store' }, cell: { path: 'warehouse' } },
      { title: { 'zh-CN': '现有', en: 'On hand' }, align: 'end', cell: { path: 'quantity', format: 'number' } },
      { title: { 'zh-CN': '安全线', en: 'Minimum' }, align: 'end', cell: { path: 'minimum', format: 'number' } },
    ],
  },
} as const satisfies WidgetManifest
