import type { WidgetManifest } from '../../sdk/manifest.ts'

export const mySystems = {
  id: 'my-systems',
  version: '1.0.0',
  publisher: 'Atrium',
  order: 90,
  title: { 'zh-CN': '我的系统', en: 'My systems' },
  systems: ['idp'],
  operation: 'Shell',
  refreshSeconds: 300,
  audience: [{ system: 'erp', roles: ['BasisAdmin'] }],
  empty: { title: { 'zh-CN': '你还不能打开任何系统', en: 'No system is open to you yet' } },
  content: { kind: 'links', rows: 'apps', key: 'id', label: { path: 'name' }, url: 'url', note: { path: 'id' } },
} as const satisfies WidgetManifest
