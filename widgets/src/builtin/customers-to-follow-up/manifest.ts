import type { WidgetManifest } from '../../sdk/manifest.ts'

export const customersToFollowUp = {
  id: 'customers-to-follow-up',
  version: '1.0.0',
  publisher: 'Atrium',
  order: 20,
  title: { 'zh-CN': '要跟进的客户', en: 'Customers to follow up' },
  systems: ['crm'],
  operation: 'FollowUpsDue',
  variables: { dueBefore: '$endOfWeek' },
  audience: [{ system: 'crm', roles: ['Rep', 'TeamLead'] }],
  empty: { title: { 'zh-CN': '这周没有约好的跟进', en: 'No follow-up planned this week' } },
  content: {
    kind: 'list',
    rows: 'followUps.nodes',
    key: 'id',
    total: 'followUps.totalCount',
    primary: { path: 'customerName' },
    figure: { path: 'amount', format: 'money' },
    secondary: { path: 'content' },
    note: { path: 'dueAt', format: 'due' },
  },
  actions: [
    {
      id: 'log',
      title: { 'zh-CN': '写跟进', en: 'Log follow-up' },
      operation: 'LogFollowUp',
      fromRow: { customer: 'customer.code' },
      subject: 'customerName',
      fields: [
        {
          name: 'text',
          kind: 'area',
          required: true,
          title: { 'zh-CN': '谈了什么', en: 'What was said' },
          hint: { 'zh-CN': '写进 CRM 的跟进记录', en: 'Goes into the CRM as a follow-up' },
        },
        { name: 'nextAt', kind: 'moment', title: { 'zh-CN': '下次跟进', en: 'Next follow-up' } },
        { name: 'nextText', kind: 'line', title: { 'zh-CN': '下次做什么', en: 'Next step' } },
      ],
      submit: { 'zh-CN': '写入 CRM', en: 'Save to CRM' },
      done: { 'zh-CN': '已写入 CRM', en: 'Saved to CRM' },
    },
  ],
} as const satisfies WidgetManifest
