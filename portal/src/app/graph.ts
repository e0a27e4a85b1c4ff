import { type AnyVariables, Client, type DocumentInput, fetchExchange, type OperationResult } from '@urql/core'
import type { Operations } from './operations.ts'

export type OperationName = keyof Operations
export type QueryName = NameOf<'query'>
export type MutationName = NameOf<'mutation'>
export type SubscriptionName = NameOf<'subscription'>
export type VariablesOf<N extends OperationName> = Operations[N]['variables']
export type DataOf<N extends OperationName> = Operations[N]['data']
type NameOf<K> = { [N in OperationName]: Operations[N]['kind'] extends K ? N : never }[OperationName]

/** How fresh what came from a system is. */
export interface SourceNote {
  system: string
  at: string
  ageSeconds: number
  stale: boolean
}

/** A fault the reader can act on. `code` as in the gateway's contract; OFFLINE when the gateway itself did not answer. */
export interface GraphFault {
  code: string
  message: string
  system?: string
  retryable: boolean
  traceId?: string
  /** the field that is missing, places in lists left out: `message.detail.customer` */
  field?: string
}

export interface Answer<T> {
  data: T | undefined
  faults: GraphFault[]
  sources: SourceNote[]
  /** when the answer came */
  at: number
  /** parts of it are still awaited: fields of theirs are not there yet */
  pending?: true
}

/** Is told what there is of an answer whenever a part of it came before the last. */
export type OnPart<T> = (answer: Answer<T>) => void

/** Runs stored operations: the browser sends a name and variables, never a query text. */
export interface Graph {
  query<N extends QueryName>(name: N, variables: VariablesOf<N>, onPart?: OnPart<DataOf<N>>): Promise<Answer<DataOf<N>>>
  mutate<N extends MutationName>(name: N, variables: VariablesOf<N>): Promise<Answer<DataOf<N>>>
  /** A stored query that the portal may not know from its build, as a manifest names it; its data is read by the manifest's paths. */
  queryStored(name: string, variables: object, onPart?: OnPart<unknown>): Promise<Answer<unknown>>
  mutateStored(name: string, variables: object): Promise<Answer<unknown>>
}

/** Gives a bearer token, another than the one that was refused. */
export type TokenSource = (refused?: string) => Promise<string>

// What an operation defers comes later, in parts (incremental delivery of 2022-08-24).
const accept = 'multipart/mixed;deferSpec=20220824, application/graphql-response+json, application/json;q=0.9'

/** @param token gives a bearer token; its rejection is answered as UNAUTHENTICATED */
export function createGraph(gateway: string, token: TokenSource, locale: () => string): Graph {
  const client = new Client({
    url: `${gateway}/graphql`,
    exchanges: [fetchExchange],
    preferGetMethod: false,
    requestPolicy: 'network-only',
    fetch: async (input, init) => {
      const headers = new Headers(init?.headers)
      headers.set('accept-language', locale())
      headers.set('accept', accept)
      const ask = async (bearer: string): Promise<Response> => {
        headers.set('authorization', `Bearer ${bearer}`)
        return await fetch(input, { ...init, headers })
      }
      const first = await token()
      const answer = await ask(first)
      if (answer.status !== 401) return answer
      // Nothing was done: another token may be taken, once.
      const second = await token(first)
      return second === first ? answer : await ask(second)
    },
  })
  const query = <T>(name: string, variables: object, onPart?: OnPart<T>): Promise<Answer<T>> =>
    new Promise(resolve => {
      const { unsubscribe } = client.query(stored(name), variables as AnyVariables).subscribe(result => {
        if (result.hasNext) onPart?.({ ...answer<T>(result), pending: true })
        else {
          resolve(answer(result))
          // It may be told before there is anything to take back.
          queueMicrotask(() => unsubscribe())
        }
      })
    })
  const mutate = async <T>(name: string, variables: object): Promise<Answer<T>> =>
    answer(await client.mutation(stored(name), variables as AnyVariables).toPromise())
  return { query, mutate, queryStored: query, mutateStored: mutate }
}

function stored(name: string): DocumentInput {
  return { kind: 'Document', definitions: [], documentId: name } as unknown as DocumentInput // urql's own form of a stored document, missing from graphql's DocumentNode
}

function answer<T>(result: OperationResult): Answer<T> {
  const faults = (result.error?.graphQLErrors ?? []).map(error => faultOf(error.message, error.extensions, error.path))
  if (result.error?.networkError) {
    const network = result.error.networkError
    const ended = network.name === 'SessionEnded'
    faults.push({ code: ended ? 'UNAUTHENTICATED' : 'OFFLINE', message: network.message, retryable: !ended })
  }
  const sources = (result.extensions?.sources as SourceNote[] | undefined) ?? []
  return { data: (result.data ?? undefined) as T | undefined, faults, sources, at: Date.now() }
}

/** A GraphQL error in the terms of the portal. */
export function faultOf(
  message: string,
  extensions: Record<string, unknown> | undefined,
  path: readonly (string | number)[] = [],
): GraphFault {
  const word = (name: string): string | undefined => {
    const value = extensions?.[name]
    return typeof value === 'string' ? value : undefined
  }
  const system = word('system')
  const traceId = word('traceId')
  const field = path.filter(part => typeof part === 'string').join('.')
  return {
    code: word('code') ?? 'INTERNAL',
    message,
    retryable: extensions?.retryable === true,
    ...(system ? { system } : {}),
    ...(traceId ? { traceId } : {}),
    ...(field ? { field } : {}),
  }
}
