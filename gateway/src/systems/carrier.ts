import type { SystemDefinition } from './configuration.ts'
import { createFileCarrier } from './protocols/files/carrier.ts'
import type { HttpAnswer, HttpCall } from './protocols/protocol.ts'
import { createSqlCarrier } from './protocols/sql/carrier.ts'
import { Transport } from './resilience/transport.ts'

/** Brings calls to one system and its answers back; what they mean is the protocol's affair. */
export interface Carrier {
  /**
   * Carries a call and the whole answer before `deadline` (epoch ms).
   * @param signal aborted when the answer is not wanted any more; a carrier that cannot stop may go on to the deadline
   * @throws UpstreamError when there is no whole answer
   */
  send(call: HttpCall, deadline: number, signal?: AbortSignal): Promise<HttpAnswer>
  /** Ends what is under way and lets go of every connection. */
  close(): Promise<void>
}

/** The way to a system: HTTP, unless its protocol brings a carrier of its own. */
export function createCarrier(id: string, definition: SystemDefinition): Carrier {
  if (definition.protocol === 'files') return createFileCarrier(id, definition)
  if (definition.protocol === 'sql') return createSqlCarrier(id, definition)
  const { limits, tls } = definition
  return new Transport(id, limits.concurrent, limits.maxBytes, tls)
}
