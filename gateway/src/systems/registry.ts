import type { Kysely } from 'kysely'
import { Attachment, type Check, signatureOf } from './attachment.ts'
import type { SystemDefinition } from './configuration.ts'
import type { Connector } from './connector.ts'
import type { Drift } from './drift/drift.ts'
import { forgetOldEvents } from './history.ts'
import type { SystemTables } from './tables.ts'
import type { SystemStatus, Systems, Tokens } from './types.ts'

type Definitions = Readonly<Record<string, SystemDefinition>>

/** A set of systems, connected. What it has in common with another set it shares with it. */
export interface Attached {
  readonly ids: readonly string[]
  has(id: string): boolean
  /** @throws Error if no such system is attached */
  get(id: string): Attachment
  connector(id: string): Connector
}

/** The systems that run, whichever set that is at the moment. */
export interface Registry extends Systems {
  connector(id: string): Connector
  /** Called when something was written into a system of which answers are kept. Returns the function that ends it. */
  onWritten(listener: (system: string) => void): () => void
  /** Resolves once each system was described or found to be away. @throws MappingFault if `check` does */
  start(): Promise<void>
  /** the set that runs */
  readonly attached: Attached
  /**
   * Connects another set beside it: systems whose definition is the same are handed over as they are, with their breaker,
   * statistics and connections. The others are not yet described.
   */
  prepare(definitions: Definitions, check: Check): Attached
  /** From now on this set runs. What only the former one had is given back, to be closed when nobody uses it any more. */
  adopt(attached: Attached): readonly Attachment[]
  /** Connects one system anew in every set that has it, e.g. because its secret changed. */
  replace(id: string, definition: SystemDefinition): Promise<void>
  /** Lets go of what was prepared and not adopted. */
  discard(attached: Attached): Promise<void>
  stop(): Promise<void>
}

/** Longer than the longest call may take that has begun. */
const callsHaveEndedMs = 120_000

/**
 * Connects every configured system. What each system's description was is kept in the database, so that the gateway starts
 * at once, and also while a system is away.
 * @param check compares the mappings with a description that was read
 */
export function createSystems<DB extends SystemTables>(deps: {
  definitions: Definitions
  tokens: Tokens
  db: Kysely<DB>
  check?: Check
  onDrift?(drift: Drift): void
}): Registry {
  // Only the tables of SystemTables are used below; Kysely's type is invariant in its tables.
  const db = deps.db as unknown as Kysely<SystemTables>
  const listeners = new Set<(status: SystemStatus) => void>()
  const tell = (status: SystemStatus): void => {
    if (!running.has(status.id)) return
    for (const listener of listeners) listener(status)
  }
  const writeListeners = new Set<(system: string) => void>()
  const onWritten = (system: string): void => {
    if (!running.has(system)) return
    const { entities } = running.connector(system).definition
    if (!Object.values(entities).some(entity => entity.cache)) return
    for (const listener of writeListeners) listener(system)
  }
  const watchers = new Set<() => void>()
  const parts = { db, tokens: deps.tokens, onStatus: tell, onWritten, onDrift: (drift: Drift) => deps.onDrift?.(drift) }
  const sets = new Set<WeakRef<AttachedSet>>()
  const timers: NodeJS.Timeout[] = []
  const closing = new Set<Attachment>()
  let running = prepare(deps.definitions, deps.check ?? (() => undefined))

  function prepare(definitions: Definitions, check: Check, before?: AttachedSet): AttachedSet {
    const attachments = new Map<string, Attachment>()
    for (const [id, definition] of Object.entries(definitions)) {
      const same = before?.find(id)
      attachments.set(
        id,
        same && (same.connector.definition === definition || same.signature === signatureOf(definition))
          ? same
          : new Attachment(id, definition, check, parts),
      )
    }
    const set = new AttachedSet(attachments, check)
    for (const ref of sets) if (!ref.deref()) sets.delete(ref)
    sets.add(new WeakRef(set))
    return set
  }

  const look = (): void => {
    for (const one of running.all()) {
      one.look()
      if (one.wantsProbe()) void one.probe()
      else if (one.wantsDescription()) void one.describeAgain()
    }
  }

  return {
    get: id => running.connector(id),
    has: id => running.has(id),
    connector: id => running.connector(id),
    get attached() {
      return running
    },
    list: () => [...running.all()].map(one => one.status),
    async probe(id) {
      const one = running.get(id)
      await one.probe()
      return one.status
    },
    onWritten(listener) {
      writeListeners.add(listener)
      return () => writeListeners.delete(listener)
    },
    onStatus(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onAttached(watcher) {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    prepare: (definitions, check) => prepare(definitions, check, running),
    adopt(attached) {
      const next = attached as AttachedSet // only `prepare` makes them
      const gone = [...running.all()].filter(one => next.find(one.id) !== one)
      running = next
      for (const one of next.all()) {
        one.check = next.check
        void one.goLive()
      }
      // Whoever shows the systems learns of what is new without asking again.
      for (const one of next.all()) tell(one.status)
      for (const watcher of watchers) watcher()
      return gone
    },
    async replace(id, definition) {
      const old = running.get(id)
      const fresh = new Attachment(id, definition, old.check, parts)
      if (old.described) fresh.connector.use(old.described)
      await fresh.goLive()
      for (const ref of sets) ref.deref()?.replace(old, fresh)
      old.retire(callsHaveEndedMs)
      closing.add(old)
      void fresh.probe()
    },
    async discard(attached) {
      const others = [...(attached as AttachedSet).all()].filter(one => running.find(one.id) !== one)
      await Promise.all(others.map(one => one.connector.close()))
    },
    async start() {
      await Promise.all([...running.all()].map(one => one.introduce()))
      await Promise.all([...running.all()].map(one => one.goLive()))
      look()
      timers.push(setInterval(look, 1000).unref())
      timers.push(setInterval(() => void forgetOldEvents(db).catch(() => {}), 3_600_000).unref())
    },
    async stop() {
      for (const timer of timers) clearInterval(timer)
      await Promise.all([...running.all(), ...closing].map(one => one.connector.close()))
    },
  }
}

class AttachedSet implements Attached {
  readonly check: Check
  #attachments: Map<string, Attachment>

  constructor(attachments: Map<string, Attachment>, check: Check) {
    this.#attachments = attachments
    this.check = check
  }

  get ids(): string[] {
    return [...this.#attachments.keys()]
  }

  all(): Iterable<Attachment> {
    return this.#attachments.values()
  }

  find(id: string): Attachment | undefined {
    return this.#attachments.get(id)
  }

  has(id: string): boolean {
    return this.#attachments.has(id)
  }

  get(id: string): Attachment {
    const found = this.#attachments.get(id)
    if (!found) throw new Error(`no system ${id} is configured`)
    return found
  }

  connector(id: string): Connector {
    return this.get(id).connector
  }

  replace(old: Attachment, fresh: Attachment): void {
    if (this.#attachments.get(old.id) === old) this.#attachments.set(old.id, fresh)
  }
}
