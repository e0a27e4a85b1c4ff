import type { MessageKey } from '../locales/zh-CN.ts'
import type { IconName } from '../ui/icon.tsx'
import type { PageRoute } from './routes.tsx'

export interface NavigationEntry {
  area: PageRoute['area']
  label: MessageKey
  to: string
  icon: IconName
}

const everybody: readonly NavigationEntry[] = [
  { area: 'home', label: 'nav.home', to: '/', icon: 'home' },
  { area: 'inbox', label: 'nav.inbox', to: '/inbox', icon: 'inbox' },
  { area: 'boards', label: 'nav.boards', to: '/boards', icon: 'board' },
  { area: 'apps', label: 'nav.apps', to: '/apps', icon: 'grid' },
]
const administrators: NavigationEntry = { area: 'admin', label: 'nav.admin', to: '/admin/roles', icon: 'gear' }

/** The entries of the main navigation. */
export function navigation(administrator: boolean): readonly NavigationEntry[] {
  return administrator ? [...everybody, administrators] : everybody
}
