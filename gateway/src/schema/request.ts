import { randomBytes } from 'node:crypto'
import { currentTrace } from '@atrium/platform/log'
import { preferredLanguage } from '@atrium/platform/problem'
import type { Kysely } from 'kysely'
import type { Access } from '../access/permissions.ts'
import { rightsIn, type Viewer } from '../access/person.ts'
import type { ReadLog } from '../access/read-log.ts'
import { ReadNotes } from '../access/read-notes.ts'
import type { Database } from '../database/schema.ts'
import { CallNotes } from '../observing/call-notes.ts'
import type { Collector } from '../quality/collector.ts'
import type { Credential, Systems } from '../systems/types.ts'
import type { Locale, RequestContext } from './context.ts'
import { createLoaders } from './loaders.ts'
import type { Connectors } from './rows.ts'
import { SourceNotes } from './source-notes.ts'
import { TimeShares } from './time-shares.ts'

export interface RequestDeps {
  db: Kysely<Database>
  systems: Systems
  connectors: Connectors
  permissions: (viewer: Viewer) => Access
  /** where sensitive reads are recorded; without it they are not */
  readLog?: ReadLog
  zone: string
  budgetMs: number
  /** where faults of records are counted */
  quality?: Pick<Collector, 'note' | 'checked'>
}

/** Makes the context of one request: its own budget of time, its own caches, its own notes. */
export function createContext(deps: RequestDeps, viewer: Viewer, locale: Locale): RequestContext {
  const deadline = Date.now() + deps.budgetMs
  const context: RequestContext = {
    viewer,
    locale,
    deadline,
    shares: new TimeShares(deadline),
    traceId: currentTrace()?.traceId ?? randomBytes(16).toString('hex'),
    sources: new SourceNotes(deps.quality),
    db: deps.db,
    systems: deps.systems,
    access: deps.permissions(viewer),
    reads: new ReadNotes(deps.readLog),
    operation: { id: null, text: null },
    calls: new CallNotes(),
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
    ? {
        kind: 'person',
        personId: viewer.person.id,
        accessToken: viewer.accessToken,
        account: system => rightsIn(viewer.person, system).id,
      }
    : { kind: 'bearer', token: '' }
}
