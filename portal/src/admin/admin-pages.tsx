import { type ComponentType, lazy } from 'react'
import { adminTexts } from './texts.ts'

const page = (load: () => Promise<{ default: ComponentType }>) =>
  lazy(async () => {
    const [loaded] = await Promise.all([load(), adminTexts.load(), import('./admin.css')])
    return loaded
  })

/** The administrators' pages by the last part of their address, each a chunk of its own. */
export const adminPages = {
  roles: page(() => import('./roles/roles-page.tsx')),
  people: page(() => import('./people/people-page.tsx')),
  systems: page(() => import('./systems/systems-page.tsx')),
  audit: page(() => import('./audit/audit-page.tsx')),
} as const
