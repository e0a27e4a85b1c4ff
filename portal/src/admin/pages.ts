import type { ComponentType } from 'react'
import type { MessageKey } from '../locales/zh-CN.ts'

type Loaded = { Page: ComponentType; texts?: { load(): Promise<void> } }

/** A page of the administrators: a chunk of its own, with its own texts. */
export interface AdminPage {
  path: string
  /** it has pages of its own below this path */
  nested?: true
  title: MessageKey
  load: () => Promise<Loaded>
  /** where people find it who administer nothing; the palette names it there, or for owners only their messages lead to it */
  open?: { path: string; palette: boolean }
}

/** Pages that belong together; the name of a group is `admin.group.<id>`. */
export interface AdminGroup {
  id: 'organisation' | 'systems' | 'data' | 'security' | 'audit'
  pages: readonly AdminPage[]
}

/** The administrators' pages in the order of their navigation. */
export const adminGroups: readonly AdminGroup[] = [
  {
    id: 'organisation',
    pages: [
      { path: '/admin/roles', title: 'admin.roles', load: () => import('./roles/roles-page.tsx') },
      { path: '/admin/people', title: 'admin.people', load: () => import('./people/people-page.tsx') },
    ],
  },
  {
    id: 'systems',
    pages: [
      {
        path: '/admin/systems',
        nested: true,
        title: 'admin.systems',
        load: () => import('./systems/systems-area.tsx'),
      },
      {
        path: '/admin/applications',
        nested: true,
        title: 'admin.applications',
        load: () => import('./applications/applications-area.tsx'),
      },
    ],
  },
  {
    id: 'data',
    pages: [
      {
        path: '/admin/dictionary',
        nested: true,
        title: 'nav.dictionary',
        open: { path: '/dictionary', palette: true },
        load: () => import('../dictionary/dictionary-page.tsx'),
      },
      {
        path: '/admin/quality',
        title: 'nav.quality',
        open: { path: '/quality', palette: false },
        load: () => import('./quality/quality-page.tsx'),
      },
    ],
  },
  {
    id: 'security',
    pages: [
      {
        path: '/admin/sign-in-policy',
        title: 'admin.signInPolicy',
        load: () => import('./sign-in-policy/policy-page.tsx'),
      },
      { path: '/admin/keys', title: 'admin.keys', load: () => import('./keys/keys-page.tsx') },
      { path: '/admin/deliveries', title: 'admin.deliveries', load: () => import('./deliveries/deliveries-page.tsx') },
      { path: '/admin/mails', title: 'admin.mails', load: () => import('./mails/mails-page.tsx') },
    ],
  },
  {
    id: 'audit',
    pages: [{ path: '/admin/audit', title: 'admin.audit', load: () => import('./audit/audit-page.tsx') }],
  },
]

/** All of them, for the routes and the palette. */
export const adminPages: readonly AdminPage[] = adminGroups.flatMap(group => group.pages)
