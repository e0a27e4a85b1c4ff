import type { Source } from './source.ts'
import { graphql } from './upstreams/graphql.ts'
import { jsonRpc } from './upstreams/json-rpc.ts'
import { jsonRpcDialect } from './upstreams/json-rpc-dialect.ts'
import { odataV2 } from './upstreams/odata-v2.ts'
import { odataV4 } from './upstreams/odata-v4.ts'
import { openapi } from './upstreams/openapi.ts'
import { postgresql } from './upstreams/postgresql.ts'
import { rest } from './upstreams/rest.ts'
import { restByPosition } from './upstreams/rest-by-position.ts'
import { soap } from './upstreams/soap.ts'
import type { Trouble, Wire } from './wire.ts'

/** A protocol's part of the contract: a fake upstream that speaks it, and how the gateway is told of it. */
export interface Adapter {
  name: string
  /** what its answers are written in; json if left out */
  wire?: 'json' | 'xml'
  /** a server that checks what it answers: no row can become something else than a record */
  typed?: boolean
  /** the protocol lets a system end a page early and say where the next one is */
  pages?: boolean
  /** the protocol knows batches: many questions in one call */
  batches?: boolean
  /** answers that say in the protocol's own way that there is no answer */
  errors: readonly { status: number; body: string }[]
  /** of a protocol that is not HTTP: answers that are none, in its own way */
  bad?: readonly (readonly [string, Trouble])[]
  /** `wire` stands between it and the gateway where the protocol is not HTTP */
  start(source: Source): Promise<{ url: string; stop(): Promise<unknown>; wire?(): Promise<Wire> }>
  /** the system's part of systems.yaml that the protocol needs */
  definition(url: string): Record<string, unknown>
  /** the mapping of Thing */
  entity: Record<string, unknown>
  /** a good answer that consists of the rows, for tests that spoil it */
  answer(rows: readonly unknown[]): string
}

/** A new adapter joins the contract by an entry here. */
export const adapters: readonly Adapter[] = [
  openapi,
  soap,
  odataV2,
  odataV4,
  graphql,
  jsonRpc,
  jsonRpcDialect,
  postgresql,
  rest,
  restByPosition,
]
