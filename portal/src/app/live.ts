import { CloseCode, createClient } from 'graphql-ws'
import type { DataOf, SubscriptionName, TokenSource, VariablesOf } from './graph.ts'

export type LiveStatus = 'connecting' | 'live' | 'interrupted'

/** The one socket to the gateway. It reconnects by itself, with a fresh token each time. */
export interface Live {
  /**
   * Runs a stored subscription until the returned function is called. `variables` is read anew at each reconnection, so
   * that a subscription with a cursor resumes where it was.
   */
  subscribe<N extends SubscriptionName>(
    name: N,
    variables: () => VariablesOf<N>,
    onNext: (data: DataOf<N>) => void,
  ): () => void
  onStatus(listener: (status: LiveStatus) => void): () => void
  /** Drops the connection; the subscriptions resume on a new one. */
  reconnect(): void
}

const firstPauseMs = 250
const longestPauseMs = 15_000

export function connectLive(gateway: string, token: TokenSource, locale: () => string): Live {
  const listeners = new Set<(status: LiveStatus) => void>()
  let status: LiveStatus = 'connecting'
  let socket: WebSocket | undefined
  let used: string | undefined
  let refused: string | undefined
  const say = (next: LiveStatus): void => {
    if (next === status) return
    status = next
    for (const listener of listeners) listener(next)
  }
  const client = createClient({
    url: `${gateway.replace(/^http/, 'ws')}/graphql`,
    lazy: true,
    keepAlive: 15_000,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
    retryWait: async attempt => {
      const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** attempt)
      await new Promise(resolve => setTimeout(resolve, pause * (0.5 + Math.random() / 2)))
    },
    connectionParams: async () => {
      used = await token(refused)
      return { authorization: `Bearer ${used}`, locale: locale() }
    },
    on: {
      opened: opened => {
        socket = opened as WebSocket
      },
      connected: () => say('live'),
      closed: event => {
        refused = (event as CloseEvent).code === CloseCode.Forbidden ? used : undefined
        say('interrupted')
      },
    },
  })
  return {
    subscribe(name, variables, onNext) {
      let stopped = false
      let stop = (): void => {}
      const start = (): void => {
        stop = client.subscribe(
          {
            // The protocol wants a text; the gateway takes the stored document's name.
            query: '',
            operationName: name,
            get variables() {
              return variables() as Record<string, unknown>
            },
            extensions: { documentId: name },
          },
          {
            next: result => {
              if (result.data) onNext(result.data as DataOf<typeof name>)
            },
            // The server ended the subscription or refused it: try again after a pause, from the cursor of then.
            error: again,
            complete: again,
          },
        )
      }
      const again = (): void => {
        if (!stopped) setTimeout(() => !stopped && start(), longestPauseMs / 3)
      }
      start()
      return () => {
        stopped = true
        stop()
      }
    },
    onStatus(listener) {
      listeners.add(listener)
      listener(status)
      return () => listeners.delete(listener)
    },
    reconnect() {
      socket?.close(4205, 'resume')
    },
  }
}
