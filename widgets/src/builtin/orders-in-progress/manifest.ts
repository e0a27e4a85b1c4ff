import type { WidgetManifest } from '../../sdk/manifest.ts'

export const ordersInProgress = {
  id: 'orders-in-progress',
  version: '1.0.0',
  publisher: 'Atrium',
  order: 30,
  title: { 'zh-CN': '在途订单', en: 'Orders in progress' },
  systems: ['erp', 'crm'],
  operation: 'OpenOrders',
  audience: [{ system: 'erp', roles: ['SalesViewer', 'OrderEntry', 'Controller', 'ReadOnly'] }],
  empty: { title: { 'zh-CN': '没有在途订单', en: 'No order in progress' } },
  content: {
    kind: 'list',
    rows: 'orders.nodes',
    key: 'number',
    total: 'orders.totalCount',
    primary: [{ path: 'number' }, { path: 'customerName' }],
    figure: { path: 'requestedDelivery', format: 'day' },
    steps: { path: 'status', of: 4, reached: { OPEN: 1, ON_HOLD: 1, IN_PRODUCTION: 2, SHIPPED: 3, INVOICED: 4 } },
    secondary: [
      {
        path: 'status',
        tones: { ON_HOLD: 'warn' },
        labels: {
          OPEN: { 'zh-CN': '未开工', en: 'Not started' },
          ON_HOLD: { 'zh-CN': '暂停', en: 'On hold' },
          IN_PRODUCTION: { 'zh-CN': '生产中', en: 'In production' },
          SHIPPED: { 'zh-CN': '已发货', en: 'Shipped' },
          INVOICED: { 'zh-CN': '已开票', en: 'Invoiced' },
        },
      },
      {
        path: 'progressPercent',
        when: 'progressPercent',
        before: { 'zh-CN': '完成 ', en: '' },
        after: { 'zh-CN': '%', en: '% done' },
      },
      { path: 'customer.level', before: { 'zh-CN': '', en: 'customer ' }, after: { 'zh-CN': ' 级客户', en: '' } },
    ],
  },
} as const satisfies WidgetManifest
