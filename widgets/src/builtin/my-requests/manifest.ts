import type { WidgetManifest } from '../../sdk/manifest.ts'

export const myRequests = {
  id: 'my-requests',
  version: '1.0.0',
  publisher: 'Atrium',
  order: 40,
  title: { 'zh-CN': '我发起的', en: 'My requests' },
  systems: ['oa'],
  operation: 'MyRequests',
  audience: [{ system: 'oa', roles: ['Staff', 'Approver', 'Finance', 'Admin'] }],
  empty: {
    title: { 'zh-CN': '你没有发起的审批', en: 'You have no requests' },
    hint: { 'zh-CN': '在 OA 里提交的会出现在这里。', en: 'What you submit in the OA appears here.' },
  },
  content: {
    kind: 'list',
    rows: 'approvals.nodes',
    key: 'id',
    total: 'approvals.totalCount',
    primary: { path: 'title' },
    figure: {
      path: 'state',
      shapes: { PENDING: 'half', APPROVED: 'on', REJECTED: 'warn', WITHDRAWN: 'off' },
      labels: {
        PENDING: { 'zh-CN': '审批中', en: 'Pending' },
        APPROVED: { 'zh-CN': '已同意', en: 'Approved' },
        REJECTED: { 'zh-CN': '被驳回', en: 'Rejected' },
        WITHDRAWN: { 'zh-CN': '已撤回', en: 'Withdrawn' },
      },
    },
    secondary: [
      { path: 'assignee.name', before: { 'zh-CN': '审批人 ', en: 'With ' } },
      { path: 'submittedAt', format: 'moment' },
    ],
    note: { path: 'amount', format: 'money', currency: 'currency' },
  },
} as const satisfies WidgetManifest
