import type { ComponentType } from 'react'
import type { PageRoute } from '../app/routes.tsx'
import { adminTexts } from './texts.ts'

// A page comes with the texts and the style sheet that only administrators need.
async function withTexts(page: Promise<{ Page: ComponentType }>): Promise<{ Page: ComponentType }> {
  const [loaded] = await Promise.all([page, adminTexts.load(), import('./admin.css')])
  return loaded
}

/** The administrators' pages, each a chunk of its own. */
export const adminRoutes: readonly PageRoute[] = [
  { path: '/admin/roles', title: 'admin.roles', load: () => withTexts(import('./roles/roles-page.tsx')) },
  { path: '/admin/people', title: 'admin.people', load: () => withTexts(import('./people/people-page.tsx')) },
  { path: '/admin/systems', title: 'admin.systems', load: () => withTexts(import('./systems/systems-page.tsx')) },
  { path: '/admin/audit', title: 'admin.audit', load: () => withTexts(import('./audit/audit-page.tsx')) },
].map(route => ({ ...route, address: route.path, area: 'admin', administrator: true }) as PageRoute)
