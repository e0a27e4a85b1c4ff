import { randomBytes } from 'node:crypto'
import { currentTrace } from '@atrium/platform/log'
import { preferredLanguage } from '@atrium/platform/problem'
import type { Kysely } from 'kysely'
import type { Access } from '../access/permissions.ts'
import type { Viewer } from '../access/person.ts'
import type { Database } from '../database/schema.ts'
import type { Credential, Systems } from '../systems/types.ts'
import type { Locale, RequestContext } from './context.ts'
import { createLoaders } from './loaders.ts'
import type { Connectors } from './rows.ts'
import { SourceNotes } from './source-notes.ts'

export interface RequestDeps {
  db: Kysely<Database>
  systems: Systems
  connectors: Connectors
  permissions: (viewer: Viewer) => Access
  zone: string
  budgetMs: number
}

/** Makes the context of one request: its own budget of time, its own caches, its own notes. */
export function createContext(deps: RequestDeps, viewer: Viewer, locale: Locale): RequestContext {
  const context: RequestContext = {
    viewer,
    locale,
    deadline: Date.now() + deps.budgetMs,
    traceId: currentTrace()?.traceId ?? randomBytes(16).toString('hex'),
    sources: new SourceNotes(),
    db: deps.db,
    systems: deps.systems,
    access: deps.permissions(viewer),
    loaders: createLoaders(deps.connectors, deps.zone, () => context),
    credential: credentialOf(viewer),
  }
  return context
}

/** zh-CN unless the header ranks English first. */
export function localeOf(acceptLanguage: string | undefined): Locale {
  return preferredLanguage(acceptLanguage) === 'en' ? 'en' : 'zh-CN'
}

function credentialOf(viewer: Viewer): Credential {
  // An application that asks for itself holds no rights over business data: it gets the credential of nobody.
  return viewer.kind === 'person'
    ? { kind: 'person', personId: viewer.person.id, accessToken: viewer.accessToken }
    : { kind: 'bearer', token: '' }
}
