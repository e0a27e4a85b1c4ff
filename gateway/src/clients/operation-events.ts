import type { CallNotes } from '../observing/call-notes.ts'

/** How an operation ended: whole, with errors beside data, with errors only, or refused before it ran. */
export type OperationOutcome = 'ok' | 'partial' | 'failed' | 'refused'

/** One operation of one client, told when it has ended. */
export interface OperationEvent {
  client: string
  /** id of a stored operation; null for a query of the client's own */
  operation: string | null
  outcome: OperationOutcome
  ms: number
  /** what it asked of the systems */
  calls?: CallNotes
  traceId?: string
  /** the W3C traceparent that came with it */
  caller?: string | undefined
}

const listeners = new Set<(event: OperationEvent) => void>()

/** Hears of every operation over HTTP and sockets. Returns the function that ends it. */
export function onOperation(listener: (event: OperationEvent) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Tells that an operation has ended. */
export function operationEnded(event: OperationEvent): void {
  for (const listener of listeners) listener(event)
}

/** The outcome that a result shows. */
export function outcomeOf(result: { errors?: readonly unknown[] | undefined; data?: unknown }): OperationOutcome {
  if (!result.errors || result.errors.length === 0) return 'ok'
  return result.data === null || result.data === undefined ? 'failed' : 'partial'
}
