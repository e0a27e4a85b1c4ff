import type { CsdlEntityType, CsdlTypes } from './csdl.ts'
import type { HttpAnswer, HttpCall, Row } from './protocol.ts'

/** What a read answers: the rows, the total if it was asked for, and the address of the next page if there is one. */
export interface ODataPage {
  value: Row[]
  count: number | null
  next: string | null
}

export interface QueryOptions {
  filter?: string
  apply?: string
  select?: string | readonly string[]
  expand?: string
  orderby?: string
  top?: number
  skip?: number
  count?: boolean
}

/** Navigation properties to be expanded, and those below each. */
export type Expansions = ReadonlyMap<string, Expansions>

/** What the versions of OData write and read differently. */
export interface ODataDialect {
  version: '2.0' | '4.0'
  headers: Record<string, string>
  /** of a body that is sent */
  contentType: string
  /** the query options it has: name of the input, name in the address, and the value if it is always the same */
  options: readonly [input: keyof QueryOptions, name: string, value?: string][]
  /** A longer address is sent inside a batch; undefined = never. */
  longestAddress: number | undefined
  /** A value of an Edm type as it stands in an address; undefined when it cannot be one. */
  literal(edm: string, text: string): string | undefined
  oneOf(property: string, literals: readonly string[]): string
  contains(property: string, literal: string): string
  /** `$select` and `$expand` for properties and expansions. */
  project(properties: readonly string[], expansions: Expansions): { select: string; expand: string }
  /** how an update is marked as one that leaves the other properties alone */
  update: { method: HttpCall['method']; headers: Record<string, string> }
  writeBody(body: Row, type: CsdlEntityType, types: CsdlTypes): Row
  /** @throws UpstreamError when it is no collection */
  readPage(system: string, body: unknown, type: CsdlEntityType, types: CsdlTypes): ODataPage
  /** @throws UpstreamError when it is no entity */
  readEntity(system: string, body: unknown, type: CsdlEntityType | undefined, types: CsdlTypes): unknown
  readError(body: unknown): { reason?: string; reasonCode?: string }
  /** Many reads in one call. */
  batch(address: string, paths: readonly string[]): HttpCall
  /** The bodies in the order of the reads. One that failed fails the batch: it was one question. @throws UpstreamError */
  readBatch(system: string, answer: HttpAnswer): unknown[]
}
