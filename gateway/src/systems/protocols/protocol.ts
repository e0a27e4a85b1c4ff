import type { EntityDefinition, RpcDialect } from '../configuration.ts'
import type { OperationContract } from '../drift/contract.ts'
import type { AnswersDefinition } from './error-in-answer.ts'
import type { FileSettings } from './files/configuration.ts'
import type { Reading } from './paging.ts'
import type { RestDefinition } from './rest-definition.ts'
import type { SqlSettings } from './sql/configuration.ts'
import type { TypeOverrides } from './type-overrides.ts'

export interface HttpCall {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** absolute */
  url: string
  headers: Record<string, string>
  body?: string
  /** the longest answer taken, when it is not the system's usual limit */
  maxBytes?: number
}

export interface HttpAnswer {
  status: number
  contentType: string
  body: string
  headers?: Readonly<Record<string, string | string[] | undefined>>
  /** the answer itself, of a carrier that has it as values and not as text */
  value?: unknown
}

export type Row = Record<string, unknown>
export type Scalar = string | number | boolean

/** A condition in the system's own words; conditions of a question hold together. */
export type Condition =
  | { field: string; op: 'in' | 'eq' | 'ge' | 'gt' | 'le' | 'lt' | 'contains'; values: readonly Scalar[] }
  | { any: string[]; contains: string }
  /** `me`: the viewer's account, for the place where the expression names it */
  | { raw: string; me?: string }
  | { inputs: Record<string, Scalar> }

/** A question about the rows of one entity. */
export interface Question {
  where: Condition[]
  offset: number
  limit: number
  /** whether the total is wanted */
  count: boolean
  /** properties needed, by their paths; a protocol that cannot select answers them all */
  select: readonly string[]
  sort: string | undefined
}

export interface Rows {
  rows: Row[]
  /** null when the system did not say */
  total: number | null
  /** whether more rows follow, of a system that does not say how many there are */
  more?: boolean
  /** reads on where the system ended the page, though more was asked for and there is more */
  next?: OperationCall | Promise<OperationCall>
  /** what the system had and could not tell: told once */
  faults?: readonly { key: string | null; field: string; reason: string }[]
}

export interface OperationCall {
  operation: string
  input: Record<string, unknown>
  /** what part of a question it reads, for the protocol that made the call */
  reading?: Reading
}

/** A mapping asks for something that the system's description does not have. */
export class MappingFault extends Error {
  readonly code = 'MAPPING_FAULT'
}

/** The input of a call does not fit the operation; nothing was sent. */
export class InputFault extends Error {
  readonly code = 'INPUT_FAULT'
}

/**
 * A system's description, read once: what it can do, and how its operations are put on the wire. Protocols differ only here,
 * and in what carries their calls.
 */
export interface Description {
  /** operation names, and whether repeating each is harmless */
  operations: ReadonlyMap<string, { safe: boolean }>
  /** of a protocol that has several: the one that the system's document tells */
  protocolVersion?: string
  /** a call looks for text in one input only; in several it takes several calls */
  textInOneInput?: true
  /** where a token against forged requests is had; `expected` = the system is known to want one for every write */
  csrf?: { address: string; expected: boolean }
  /**
   * @param session what the sign-in gave, for a system that takes it in the body
   * @throws InputFault when the operation or the input does not exist
   */
  encode(operation: string, input: Record<string, unknown>, session?: unknown): HttpCall
  /** @throws UpstreamError */
  decode(operation: string, answer: HttpAnswer): unknown
  /** Checks a mapping against the description. @throws MappingFault naming what is missing */
  check(entity: EntityDefinition, paths: string[]): void
  /** What an operation takes and answers, where the system says it; `undefined` for one it does not have. */
  contract?(operation: string): OperationContract | undefined
  /** The call that answers a question about rows. */
  ask(entity: EntityDefinition, question: Question): OperationCall | Promise<OperationCall>
  /** @param call the call that was answered */
  rows(entity: EntityDefinition, answer: unknown, call?: OperationCall): Rows
  /** Many questions in one call, where the protocol knows batches. */
  askTogether?(entity: EntityDefinition, questions: Question[]): OperationCall
  rowsTogether?(entity: EntityDefinition, answer: unknown): Rows[]
  /** Sums and counts by group, made by the system. */
  askSums?(entity: EntityDefinition, sums: Sums): OperationCall
}

export interface Sums {
  where: Condition[]
  by: string[]
  /** name of the result → property summed */
  sum: Record<string, string>
  /** name of the result that counts the rows */
  count: string | undefined
}

/** What a protocol needs to know of a system beyond its document. */
export interface Site {
  id: string
  endpoint: string | undefined
  documentUrl: string | undefined
  jsonrpc: '1.0' | '2.0'
  typeTag: string | undefined
  rpc?: RpcDialect | undefined
  /** of its times that are written without one */
  zone?: string | undefined
  sql?: SqlSettings | undefined
  files?: FileSettings | undefined
  rest?: RestDefinition | undefined
  settings?: Readonly<Record<string, Scalar>>
  answers?: AnswersDefinition | undefined
  types?: TypeOverrides | undefined
}

/** Follows `a.b` into nested objects; `''` is the value itself. */
export function follow(value: unknown, path: string): unknown {
  if (path === '') return value
  if (!path.includes('.')) return value === null || typeof value !== 'object' ? undefined : (value as Row)[path]
  let at: unknown = value
  for (const part of path.split('.')) {
    if (at === null || typeof at !== 'object') return undefined
    at = (at as Record<string, unknown>)[part]
  }
  return at
}
