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
}

export interface Answer<T> {
  data: T | undefined
  faults: GraphFault[]
  sources: SourceNote[]
  /** when the answer came */
  at: number
}

/** Runs stored operations: the browser sends a name and variables, never a query text. */
export interface Graph {
  query<N extends QueryName>(name: N, variables: VariablesOf<N>): Promise<Answer<DataOf<N>>>
  mutate<N extends MutationName>(name: N, variables: VariablesOf<N>): Promise<Answer<DataOf<N>>>
  /** A stored query that the portal may not know from its build, as a manifest names it; its data is read by the manifest's paths. */
  queryStored(name: string, variables: object): Promise<Answer<unknown>>
  mutateStored(name: string, variables: object): Promise<Answer<unknown>>
}

/** Gives a bearer token, another than the one that was refused. */
export type TokenSource = (refused?: string) => Promise<string>

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
  const query = async <T>(name: string, variables: object): Promise<Answer<T>> =>
    answer(await client.query(stored(name), variables as AnyVariables).toPromise())
  const mutate = async <T>(name: string, variables: object): Promise<Answer<T>> =>
    answer(await client.mutation(stored(name), variables as AnyVariables).toPromise())
  return { query, mutate, queryStored: query, mutateStored: mutate }
}

function stored(name: string): DocumentInput {
  return { kind: 'Document', definitions: [], documentId: name } as unknown as DocumentInput // urql's own form of a stored document, missing from graphql's DocumentNode
}

function answer<T>(result: OperationResult): Answer<T> {
  const faults = (result.error?.graphQLErrors ?? []).map(error => faultOf(error.message, error.extensions))
  if (result.error?.networkError) {
    const network = result.error.networkError
    const ended = network.name === 'SessionEnded'
    faults.push({ code: ended ? 'UNAUTHENTICATED' : 'OFFLINE', message: network.message, retryable: !ended })
  }
  const sources = (result.extensions?.sources as SourceNote[] | undefined) ?? []
  return { data: (result.data ?? undefined) as T | undefined, faults, sources, at: Date.now() }
}

/** A GraphQL error in the terms of the portal. */
export function faultOf(message: string, extensions: Record<string, unknown> | undefined): GraphFault {
  const word = (name: string): string | undefined => {
    const value = extensions?.[name]
    return typeof value === 'string' ? value : undefined
  }
  const system = word('system')
  const traceId = word('traceId')
  return {
    code: word('code') ?? 'INTERNAL',
    message,
    retryable: extensions?.retryable === true,
    ...(system ? { system } : {}),
    ...(traceId ? { traceId } : {}),
  }
}
