import type { WidgetManifest } from '../../sdk/manifest.ts'

export const announcements = {
  id: 'announcements',
  version: '1.0.0',
  publisher: 'Atrium',
  order: 10,
  title: { 'zh-CN': '公告', en: 'Announcements' },
  systems: ['oa'],
  operation: 'Announcements',
  refreshSeconds: 300,
  audience: [{ system: 'oa', roles: ['Staff', 'Approver', 'Finance', 'Admin'] }],
  empty: { title: { 'zh-CN': '没有新公告', en: 'No announcements' } },
  content: {
    kind: 'list',
    look: 'news',
    rows: 'announcements.nodes',
    key: 'id',
    total: 'announcements.totalCount',
    primary: { path: 'title' },
    secondary: [
      { path: 'publishedAt', format: 'moment' },
      { when: 'mustRead', text: { 'zh-CN': '必读', en: 'Must read' } },
    ],
  },
} as const satisfies WidgetManifest
