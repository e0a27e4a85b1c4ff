/**
 * What one request reads ahead and writes behind. oidc-provider asks its storage row by row and commits row by row; a
 * sign-in is some twenty round trips that way, and between two commits lies a gap in which a crash leaves half of it done. The
 * request's work closes both:
 *
 *   token request:   read token + session + grant + person ──checks, tokens built──► finish: consume if unconsumed
 *                                                                                      ├─ consumed now: successor and answer are stored
 *                                                                                      └─ somebody was faster: nothing is stored
 *   authorization:   read session or interaction + person; writes wait ──answer built──► flush: all of them in one statement, before the answer leaves
 *
 * It is found through the asynchronous context, because the library gives its adapter nothing else.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { AdapterPayload } from 'oidc-provider'
import type { SessionIds } from './begun-session.ts'
import type { FlushMembers } from './flush.ts'
import type { Person } from './person.ts'
import type { SessionDevice } from './tables.ts'

/** A row as the adapter writes it; the payload is JSON text. */
export type ModelRow = {
  model: string
  id_hash: string
  payload: string
  grant_id: string | null
  uid: string | null
  account_id: string | null
  expires_at: Date
  device?: SessionDevice
}

/** A row as the adapter reads it. */
export type StoredRow = { payload: AdapterPayload; consumed_at: Date | null }

/** The name of a row. */
export type RowKey = { model: string; id_hash: string }

/** What one token request has read ahead, and what it has still to write. */
export class TokenWork {
  session: { uid: string; row: StoredRow | undefined } | undefined
  grant: { id: string; row: StoredRow | undefined } | undefined
  person: Person | undefined
  consumed: RowKey | undefined
  successor: ModelRow | undefined
}

/** What one authorization request has read ahead, and what it has still to write. */
export class AuthorizationWork {
  person: Person | undefined
  device: SessionDevice | undefined
  /** A row that was read before the library asks for it. */
  ahead: { key: RowKey; row: StoredRow } | undefined
  rows: ModelRow[] = []
  removed: RowKey[] = []
  /** Sessions that were there when they were read: what is written stands on them. */
  sessions = new Set<string>()
  /** The ids of the session that begins with this request (`begun-session.ts`). */
  begins: SessionIds | undefined
  /** What a row is changed to when the library removes it: members of its payload that take the place of others, as JSON text. */
  instead: (RowKey & { payload: string }) | undefined
  change: (RowKey & { payload: string }) | undefined
  /** What is written in the same statement as the rows, and its values. */
  also: { members: FlushMembers; values: unknown[] } | undefined

  write(row: ModelRow): void {
    const device = row.model === 'Session' ? this.device : undefined
    this.rows = [...this.rows.filter(one => !same(one, row)), device ? { ...row, device } : row]
  }

  remove(key: RowKey): void {
    this.rows = this.rows.filter(one => !same(one, key))
    if (this.instead && same(this.instead, key)) this.change = this.instead
    else this.removed.push(key)
  }

  /** The row of this name that waits to be written. */
  waiting(key: RowKey): ModelRow | undefined {
    return this.rows.find(one => same(one, key))
  }

  /** Whether a read of this model would miss something that still waits. */
  touches(model: string): boolean {
    return [...this.rows, ...this.removed].some(one => one.model === model)
  }
}

const token = new AsyncLocalStorage<TokenWork>()
const authorization = new AsyncLocalStorage<AuthorizationWork>()

/** The work of the token request in progress. */
export const tokenWork = (): TokenWork | undefined => token.getStore()

/** The work of the authorization request in progress. */
export const authorizationWork = (): AuthorizationWork | undefined => authorization.getStore()

/** Runs a token request with a work of its own. */
export async function asTokenWork(work: TokenWork, next: () => Promise<void>): Promise<void> {
  await token.run(work, next)
}

/** Runs an authorization request with a work of its own. */
export async function asAuthorizationWork(work: AuthorizationWork, next: () => Promise<void>): Promise<void> {
  await authorization.run(work, next)
}

/** Whether two keys name one row. */
export function same(a: RowKey, b: RowKey): boolean {
  return a.model === b.model && a.id_hash === b.id_hash
}
