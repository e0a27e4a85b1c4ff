import type { ComponentType } from 'react'
import { accountRoutes } from '../account/routes.ts'
import { type AdminPage, adminPages } from '../admin/pages.ts'
import type { MessageKey } from '../locales/zh-CN.ts'

/** A page of the portal. All but the first one shown are loaded when they are opened. */
export interface PageRoute {
  /** react-router's path pattern */
  path: string
  /** name in the document's title and in the palette */
  title: MessageKey
  load: () => Promise<{ Page: ComponentType }>
  /** where the palette goes for this page; left out for pages that need a parameter */
  address?: string
  /** part of the portal that is marked in the navigation */
  area: 'home' | 'inbox' | 'boards' | 'apps' | 'account' | 'admin'
  administrator?: boolean
}

export const routes: readonly PageRoute[] = [
  { path: '/', title: 'nav.home', address: '/', area: 'home', load: () => import('../home/home-page.tsx') },
  {
    path: '/inbox',
    title: 'nav.inbox',
    address: '/inbox',
    area: 'inbox',
    load: () => import('../inbox/inbox-page.tsx'),
  },
  { path: '/inbox/:id', title: 'nav.inbox', area: 'inbox', load: () => import('../inbox/inbox-page.tsx') },
  {
    path: '/boards',
    title: 'nav.boards',
    address: '/boards',
    area: 'boards',
    load: () => import('../boards/board-page.tsx'),
  },
  { path: '/boards/:board', title: 'nav.boards', area: 'boards', load: () => import('../boards/board-page.tsx') },
  { path: '/apps', title: 'nav.apps', address: '/apps', area: 'apps', load: () => import('../launcher/apps-page.tsx') },
  ...accountRoutes,
  // In the first chunk: pages that only a later chunk knows of would have the libraries they share with this one cut out.
  ...adminPages.flatMap(page => [
    pageRoute(page, page.path, !page.open?.palette, { area: 'admin', administrator: true }),
    ...(page.open ? [pageRoute(page, page.open.path, page.open.palette, { area: 'apps' })] : []),
  ]),
]

function pageRoute(
  page: AdminPage,
  path: string,
  palette: boolean,
  more: Pick<PageRoute, 'area' | 'administrator'>,
): PageRoute {
  return {
    path: page.nested ? `${path}/*` : path,
    ...(palette && { address: path }),
    title: page.title,
    load: async () => (await import('../admin/open-page.ts')).openAdminPage(page),
    ...more,
  }
}
