import type { ComponentType } from 'react'
import type { PageRoute } from '../app/routes.tsx'
import { accountTexts } from './texts.ts'

// A page comes with the texts and the style sheet that only these pages need.
async function withTexts(page: Promise<{ Page: ComponentType }>): Promise<{ Page: ComponentType }> {
  const [loaded] = await Promise.all([page, accountTexts.load(), import('./account.css')])
  return loaded
}

/** A person's own pages, each a chunk of its own. */
export const accountRoutes: readonly PageRoute[] = [
  { path: '/account', title: 'account.profile', load: () => withTexts(import('./profile/profile-page.tsx')) },
  {
    path: '/account/security',
    title: 'account.security',
    load: () => withTexts(import('./security/security-page.tsx')),
  },
  {
    path: '/account/sessions',
    title: 'account.sessions',
    load: () => withTexts(import('./sessions/sessions-page.tsx')),
  },
  { path: '/account/history', title: 'account.history', load: () => withTexts(import('./history/history-page.tsx')) },
].map(route => ({ ...route, address: route.path, area: 'account' }) as PageRoute)
