import type { Kysely } from 'kysely'
import type { Access } from '../access/permissions.ts'
import type { Viewer } from '../access/person.ts'
import type { ReadNotes } from '../access/read-notes.ts'
import type { Database } from '../database/schema.ts'
import type { CallNotes } from '../observing/call-notes.ts'
import type { Credential, Systems } from '../systems/types.ts'
import type { Loaders } from './loaders.ts'
import type { SourceNotes } from './source-notes.ts'
import type { TimeShares } from './time-shares.ts'

export type Locale = 'zh-CN' | 'en'

/** What every resolver is given; made once a request (or once a message of a subscription). */
export interface RequestContext {
  viewer: Viewer
  locale: Locale
  /** epoch milliseconds by which the request must have been answered */
  deadline: number
  /** how much of that time each system has used */
  shares: TimeShares
  /** aborted when whoever asks a question has gone away; a mutation has none, it is carried out */
  signal?: AbortSignal
  traceId: string
  /** which systems were touched, and what of their records broke the dictionary */
  sources: SourceNotes
  db: Kysely<Database>
  systems: Systems
  /** what the viewer may read; decided before any call leaves */
  access: Access
  /** what was given out of the classes personal and secret */
  reads: ReadNotes
  /** what is run: a stored operation by its id, or the text of a query */
  operation: { id: string | null; text: string | null }
  /** names of the fields that are asked of each type, where that is known: a system is not asked for the others */
  asked?: ReadonlyMap<string, ReadonlySet<string>>
  /** how many calls it made for each type */
  calls: CallNotes
  /** request-scoped batching of rows of systems and of people */
  loaders: Loaders
  /** how to act for the viewer in a system */
  credential: Credential
}
