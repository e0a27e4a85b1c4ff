import { now } from '@atrium/platform/clock'
import { log } from '@atrium/platform/log'
import type { Kysely } from 'kysely'
import type { SystemDefinition } from './configuration.ts'
import { Connector } from './connector.ts'
import { type Described, describe } from './description.ts'
import { forgetOldEvents, loadDescription, recentEvents, recordEvent, saveDescription } from './history.ts'
import { type Description, MappingFault } from './protocols/protocol.ts'
import { explain, stateOf } from './state.ts'
import type { SystemTables } from './tables.ts'
import {
  type SystemEventKind,
  type SystemState,
  type SystemStatus,
  type Systems,
  type Text,
  type Tokens,
  UpstreamError,
} from './types.ts'

const startPatience = 2500

interface Entry {
  connector: Connector
  state: SystemState
  since: Date | null
  fault: Text | null
  events: SystemStatus['events']
  probing: boolean
  /** epoch ms */
  probedAt: number
  refreshedAt: number
  lastOk: boolean | undefined
}

/** The systems of systems.yaml, connected. */
export interface Registry extends Systems {
  connector(id: string): Connector
  /** Resolves once each system was described or found to be away. @throws MappingFault if `check` does */
  start(): Promise<void>
  stop(): Promise<void>
}

/**
 * Connects every configured system. What each system's description was is kept in the database, so that the gateway also
 * starts while a system is away.
 * @param check compares the mappings with a description that was read
 */
export function createSystems<DB extends SystemTables>(deps: {
  definitions: Record<string, SystemDefinition>
  tokens: Tokens
  db: Kysely<DB>
  check?: (system: string, description: Description) => void
}): Registry {
  // Only the tables of SystemTables are used below; Kysely's type is invariant in its tables.
  const db = deps.db as unknown as Kysely<SystemTables>
  const logger = log('gateway')
  const listeners = new Set<(status: SystemStatus) => void>()
  const entries = new Map<string, Entry>()
  const timers: NodeJS.Timeout[] = []

  for (const [id, definition] of Object.entries(deps.definitions)) {
    const connector = new Connector(id, definition, deps.tokens, {
      onBreaker(state) {
        if (state === 'OPEN')
          note(id, 'BREAKER_OPENED', {
            zh: '熔断器断开：连续失败过多，暂不再等待',
            en: 'Circuit breaker opened: too many calls failed, nobody waits for it',
          })
        if (state === 'CLOSED')
          note(id, 'BREAKER_CLOSED', { zh: '熔断器闭合：恢复应答', en: 'Circuit breaker closed: it answers again' })
        refresh(id)
      },
      onCall: ok => settled(id, ok),
      onDescribed(described) {
        deps.check?.(id, described.description)
        entry(id).fault = null
        void keepDescription(id, described)
      },
    })
    entries.set(id, {
      connector,
      state: 'UNKNOWN',
      since: null,
      fault: null,
      events: [],
      probing: false,
      probedAt: 0,
      refreshedAt: 0,
      lastOk: undefined,
    })
  }

  function entry(id: string): Entry {
    const found = entries.get(id)
    if (!found) throw new Error(`no system ${id} is configured`)
    return found
  }

  function note(id: string, kind: SystemEventKind, text: Text): void {
    const one = entry(id)
    one.events = [{ at: now(), kind, text }, ...one.events].slice(0, 20)
    recordEvent(db, id, kind, text).catch(error =>
      logger.warn({ err: error, system: id }, 'an event of a system was not recorded'),
    )
  }

  function refresh(id: string): void {
    const one = entry(id)
    const next = stateOf(one.connector, one.fault !== null)
    if (next === one.state) return
    one.state = next
    one.since = now()
    logger.info({ system: id, state: next }, 'state of a system')
    for (const listener of listeners) listener(status(id))
  }

  // The state is worked out from all calls of five minutes: once a second, and at once when calls begin or cease to succeed.
  function settled(id: string, ok: boolean): void {
    const one = entry(id)
    const at = Date.now()
    if (ok === one.lastOk && at - one.refreshedAt < 1000) return
    one.lastOk = ok
    one.refreshedAt = at
    refresh(id)
  }

  function status(id: string): SystemStatus {
    const { connector, state, since, events, fault } = entry(id)
    const { name, protocol, url } = connector.definition
    return {
      id,
      name,
      protocol,
      url,
      state,
      since,
      lastSuccessAt: connector.statistics.lastSuccessAt,
      ...pick(connector.statistics.recent()),
      breaker: connector.breaker.state,
      nextProbeAt: connector.breaker.nextProbeAt,
      explanation: fault ?? explain(connector, state, since),
      latency: connector.statistics.byMinute(),
      events,
    }
  }

  async function keepDescription(id: string, described: Described): Promise<void> {
    try {
      const before = await loadDescription(db, id)
      if (before?.hash === described.hash) return
      await saveDescription(db, id, described)
      if (before)
        note(id, 'DESCRIPTION_CHANGED', {
          zh: '系统的描述文档变了，映射已重新核对',
          en: 'The system changed its description; the mappings were checked again',
        })
      else note(id, 'DESCRIBED', { zh: '读到了系统的描述文档', en: 'The system was described' })
    } catch (error) {
      logger.warn({ err: error, system: id }, 'the description was not kept')
    }
  }

  /** Reads the description, or falls back on the kept one. Mapping faults are thrown: they are mistakes of the configuration. */
  async function introduce(id: string): Promise<void> {
    const { connector } = entry(id)
    try {
      await connector.description(Date.now() + startPatience)
    } catch (error) {
      if (error instanceof MappingFault) throw error
      logger.warn({ err: error, system: id }, 'the system could not be described; it will be asked again')
      const kept = await loadDescription(db, id)
      if (kept) connector.use(describe(id, connector.definition, kept.document))
    }
  }

  async function probe(id: string): Promise<SystemStatus> {
    const one = entry(id)
    if (one.probing) return status(id)
    one.probing = true
    one.probedAt = now().getTime()
    try {
      await one.connector.probe()
    } catch (error) {
      if (error instanceof MappingFault) {
        one.fault = {
          zh: `映射与系统的描述不符：${error.message}`,
          en: `The mapping does not fit the description: ${error.message}`,
        }
        note(id, 'DESCRIPTION_FAILED', one.fault)
      } else if (one.connector.breaker.state !== 'CLOSED') {
        note(id, 'PROBE_FAILED', { zh: `试探失败：${codeOf(error)}`, en: `Probe failed: ${codeOf(error)}` })
      }
    } finally {
      one.probing = false
    }
    refresh(id)
    return status(id)
  }

  return {
    get: id => entry(id).connector,
    has: id => entries.has(id),
    connector: id => entry(id).connector,
    list: () => [...entries.keys()].map(status),
    probe,
    onStatus(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async start() {
      for (const [id, one] of entries) one.events = await recentEvents(db, id)
      await Promise.all([...entries.keys()].map(introduce))
      const look = (): void => {
        for (const [id, one] of entries) if (wantsProbe(one)) void probe(id)
      }
      look()
      timers.push(setInterval(look, 1000).unref())
      timers.push(setInterval(() => void forgetOldEvents(db).catch(() => {}), 3_600_000).unref())
    },
    async stop() {
      for (const timer of timers) clearInterval(timer)
      await Promise.all([...entries.values()].map(one => one.connector.close()))
    },
  }
}

// A system that people use needs no probe; one that nobody asks, that is down or whose breaker waits for a trial, does.
function wantsProbe({ connector, probedAt, state }: Entry): boolean {
  const at = now().getTime()
  const { nextProbeAt } = connector.breaker
  if (nextProbeAt) return nextProbeAt.getTime() <= at
  if (connector.current === undefined || state === 'DOWN')
    return at - probedAt >= Math.min(2000, connector.definition.probeMs)
  const last = Math.max(probedAt, connector.statistics.lastSuccessAt?.getTime() ?? 0)
  return at - last >= connector.definition.probeMs
}

function pick({
  p95Ms,
  errorRate,
}: {
  p95Ms: number | null
  errorRate: number | null
}): Pick<SystemStatus, 'p95Ms' | 'errorRate'> {
  return { p95Ms, errorRate }
}

function codeOf(error: unknown): string {
  return error instanceof UpstreamError ? error.code : 'INTERNAL'
}
