import type { WidgetManifest } from '../../sdk/manifest.ts'

export const shipments = {
  id: 'shipments',
  version: '1.0.0',
  publisher: 'Atrium',
  order: 36,
  title: { 'zh-CN': '发货', en: 'Shipments' },
  systems: ['erp'],
  operation: 'Shipments',
  audience: [{ system: 'erp', roles: ['Warehouse', 'SalesViewer', 'OrderEntry'] }],
  empty: { title: { 'zh-CN': '最近没有发货', en: 'No recent shipment' } },
  content: {
    kind: 'timeline',
    rows: 'shipments.nodes',
    key: 'number',
    time: { path: 'shippedOn', format: 'day' },
    primary: { path: 'orderNumber' },
    secondary: [{ path: 'carrier' }, { path: 'number' }],
    stamp: {
      path: 'status',
      shapes: { IN_TRANSIT: 'half', DELIVERED: 'on', PLANNED: 'off', DELAYED: 'warn' },
      labels: {
        IN_TRANSIT: { 'zh-CN': '在途', en: 'In transit' },
        DELIVERED: { 'zh-CN': '已签收', en: 'Delivered' },
        PLANNED: { 'zh-CN': '待发', en: 'Planned' },
        DELAYED: { 'zh-CN': '延误', en: 'Delayed' },
      },
    },
  },
} as const satisfies WidgetManifest
