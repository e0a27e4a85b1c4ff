import type { Delivery, DeliveryOutcome } from '@atrium/platform/outbox'
import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'
import type { InboxTables } from './tables.ts'
import type { Wake } from './wake.ts'

/** An accepted event, as other parts of the gateway hear of it. */
export interface HeardEvent {
  type: string
  source: string
  subject: string | null
  data: Record<string, unknown>
}

export type EventListener = (event: HeardEvent) => void | Promise<void>

/** Topic of the deliveries that tell of events whose rule says `tell: true`. */
export const tellTopic = 'inbox.tell'

/**
 * Tells listeners of accepted events. Every gateway's listeners hear of every event as a hint that may be lost; for events
 * with `tell: true` one gateway's listeners hear of it for certain, again if they failed, so they must bear repeats.
 */
export function createHearing(
  db: Kysely<InboxTables>,
  wake: Wake,
  log: Logger,
): { on(listener: EventListener): () => void; deliver(item: Delivery): Promise<DeliveryOutcome> } {
  const listeners = new Set<EventListener>()
  const read = async (keys: { source: string; id: string }[]): Promise<HeardEvent[]> => {
    const { rows } = await sql<HeardEvent>`
      select e.type, e.source, e.subject, e.data
      from unnest(${keys.map(key => key.source)}::text[], ${keys.map(key => key.id)}::text[]) with ordinality k(source, id, place)
        join event_in e on e.source = k.source and e.id = k.id order by k.place`.execute(db)
    return rows
  }
  const tellAll = async (event: HeardEvent): Promise<void> => {
    const results = await Promise.allSettled([...listeners].map(async listener => await listener(event)))
    const failed = results.find(result => result.status === 'rejected')
    if (failed) throw failed.reason
  }
  wake.onHint(hint => {
    if (listeners.size === 0) return
    if (hint.events.length === 0) return
    // One look-up a hint: under load it tells of many events.
    read(hint.events)
      .then(events => Promise.all(events.map(tellAll)))
      .catch(error => log.warn({ err: error }, 'a listener to events failed'))
  })
  return {
    on: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    deliver: async item => {
      // inbox_take wrote the payload.
      const { source, id } = item.payload as { source: string; id: string }
      const [event] = await read([{ source, id }])
      if (event) await tellAll(event)
      return 'done'
    },
  }
}
