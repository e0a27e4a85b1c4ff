import { listen } from '@atrium/platform/database'
import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'

/** What changed, as far as a hint tells: these people's inboxes and these events. `undefined` people means anybody's. */
export interface Hint {
  people: string[] | undefined
  events: { source: string; id: string }[]
}

/**
 * Wake-up hints between gateways. A hint may be lost without harm: whoever listens also looks by itself every two seconds.
 * Hints of about 10 ms travel as one NOTIFY after the commits they tell of: a NOTIFY inside the transaction that takes an
 * event would serialise all commits on PostgreSQL's one notification lock (4,217 against 2,299 events per second measured).
 */
export interface Wake {
  /** Tells this process at once and the others shortly. */
  send(people: Iterable<string>, events?: Iterable<{ source: string; id: string }>): void
  /** `local` is false for hints that came from another gateway. */
  onHint(listener: (hint: Hint, local: boolean) => void): void
  stop(): Promise<void>
}

const channel = 'atrium_inbox'
const flushMs = 10
// PostgreSQL takes payloads below 8,000 bytes.
const payloadLimit = 7_900

/** Wakes by NOTIFY on the given database. `self` tells this process's own hints from the others'. */
export function startWake<T>(db: Kysely<T>, url: string, self: string, log: Logger): Wake {
  const listeners = new Set<(hint: Hint, local: boolean) => void>()
  const people = new Set<string>()
  const events = new Map<string, { source: string; id: string }>()
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<unknown> = Promise.resolve()

  const tell = (hint: Hint, local: boolean): void => {
    for (const listener of listeners) {
      try {
        listener(hint, local)
      } catch (error) {
        log.error({ err: error }, 'a listener of inbox hints failed')
      }
    }
  }
  const flush = (): void => {
    timer = undefined
    const payload = encode(self, [...people], [...events.values()])
    people.clear()
    events.clear()
    sending = sql`select pg_notify(${channel}, ${payload})`
      .execute(db)
      .catch(error => log.debug({ err: error }, 'a wake-up hint was lost'))
  }
  const subscription = listen(
    url,
    [channel],
    (_, payload) => {
      const message = decode(payload)
      if (message && message.from !== self) tell(message.hint, false)
    },
    () => tell({ people: undefined, events: [] }, false),
  )
  return {
    send: (ids, heard = []) => {
      const hint = { people: [...ids], events: [...heard] }
      if (hint.people.length === 0 && hint.events.length === 0) return
      for (const id of hint.people) people.add(id)
      for (const event of hint.events) events.set(`${event.source} ${event.id}`, event)
      timer ??= setTimeout(flush, flushMs)
      tell(hint, true)
    },
    onHint: listener => void listeners.add(listener),
    stop: async () => {
      clearTimeout(timer)
      await sending
      await subscription.stop()
    },
  }
}

/**
 * Tells every gateway that these people's inboxes changed, when the transaction given commits. For what is written seldom:
 * such commits wait for one another.
 */
export async function hintOnCommit<T>(db: Kysely<T>, people: string[]): Promise<void> {
  await sql`select pg_notify(${channel}, ${encode('', people, [])})`.execute(db)
}

function encode(from: string, people: string[], events: { source: string; id: string }[]): string {
  const full = JSON.stringify({ from, people, events: events.map(e => [e.source, e.id]) })
  if (Buffer.byteLength(full) < payloadLimit) return full
  const shorter = JSON.stringify({ from, people })
  return Buffer.byteLength(shorter) < payloadLimit ? shorter : JSON.stringify({ from })
}

function decode(payload: string): { from: string; hint: Hint } | undefined {
  try {
    // Only this module writes to the channel; anything else fails the shape below and is ignored.
    const { from, people, events } = JSON.parse(payload) as {
      from?: string
      people?: string[]
      events?: [string, string][]
    }
    if (typeof from !== 'string') return undefined
    return {
      from,
      hint: {
        people: Array.isArray(people) ? people : undefined,
        events: Array.isArray(events) ? events.map(([source, id]) => ({ source, id })) : [],
      },
    }
  } catch {
    return undefined
  }
}
