import { certificateFault } from '../../resilience/transport-faults.ts'
import type { FailureKind } from '../../types.ts'
import type { Catalog, CatalogRow } from './catalog.ts'
import type { Statement } from './statement.ts'

/** One connection to a database, on which nothing can be written. */
export interface Session {
  /**
   * Carries out one statement. The server gives up after `patienceMs` by itself.
   * @throws DatabaseFault
   */
  run(statement: Statement, patienceMs: number): Promise<unknown[][]>
  /** Tells the server, on another connection, that nobody waits for what is under way here. */
  cancel(): Promise<void>
  /** From now on so many bytes may arrive; with more, `tooMany` is called. */
  allow(bytes: number, tooMany: () => void): void
  /** false once the connection is gone */
  readonly alive: boolean
  /** Ends the connection at once. */
  destroy(): void
}

/** How to speak to one kind of database server. */
export interface Driver {
  server: Catalog['server']
  /** the schema that is read when none is named */
  schema: string
  /** @throws DatabaseFault */
  connect(patienceMs: number): Promise<Session>
  /** The question to information_schema about the tables and views of these schemas, and how its rows are read. */
  catalog(schemas: readonly string[]): { statement: Statement; read(row: unknown[]): CatalogRow }
}

export type FaultKind =
  | 'untrusted'
  | 'unreachable'
  | 'lost'
  | 'unauthenticated'
  | 'forbidden'
  | 'busy'
  | 'late'
  | 'changed'
  | 'unexpected'

/** What a database server refused or failed at, by its code only: its words may hold values of records. */
export class DatabaseFault extends Error {
  readonly kind: FaultKind
  /** what is wrong with its certificate */
  readonly certificate: FailureKind | undefined

  constructor(kind: FaultKind, message: string, certificate?: FailureKind) {
    super(message)
    this.kind = kind
    this.certificate = certificate
  }
}

/** Counts what arrives on a connection against what is allowed. */
export class Allowance {
  #left = Number.POSITIVE_INFINITY
  #tooMany = (): void => {}

  allow(bytes: number, tooMany: () => void): void {
    this.#left = bytes
    this.#tooMany = tooMany
  }

  arrived(bytes: number): void {
    this.#left -= bytes
    if (this.#left < 0) this.#tooMany()
  }
}

const network = /^(E[A-Z]+|UND_|CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_)/

/** The fault of an error that came from the socket rather than from the server; undefined for others. */
export function networkFault(error: unknown, connecting: boolean): DatabaseFault | undefined {
  const { code } = (error ?? {}) as { code?: unknown }
  const text = typeof code === 'string' ? code : ''
  if (!network.test(text) || text.startsWith('ER_')) return undefined
  const certificate = certificateFault(text)
  if (certificate) return new DatabaseFault('untrusted', `no secure connection (${text})`, certificate)
  return connecting
    ? new DatabaseFault('unreachable', `could not be reached (${text})`)
    : new DatabaseFault('lost', `the connection was lost (${text})`)
}
