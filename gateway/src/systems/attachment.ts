import { now } from '@atrium/platform/clock'
import { log } from '@atrium/platform/log'
import type { Kysely } from 'kysely'
import type { Fit } from '../schema/fit.ts'
import type { SystemDefinition } from './configuration.ts'
import { Connector } from './connector.ts'
import { type Described, describe } from './description.ts'
import type { Drift } from './drift/drift.ts'
import { Rereading } from './drift/rereading.ts'
import { loadDescription, recentEvents, recordEvent, saveDescription } from './history.ts'
import { Incidents } from './incidents.ts'
import { type Description, MappingFault } from './protocols/protocol.ts'
import { explain, isProbeDue, stateOf } from './state.ts'
import type { SystemTables } from './tables.ts'
import {
  type SystemEventKind,
  type SystemState,
  type SystemStatus,
  type Text,
  type Tokens,
  UpstreamError,
} from './types.ts'

const startPatience = 2500
const logger = log('gateway')

/**
 * Compares a system's mappings with a description that was read, and with the one that fitted before it if there is one.
 * @throws MappingFault
 */
export type Check = (system: string, description: Description, last?: Description) => Fit | undefined

export interface AttachmentDeps {
  db: Kysely<SystemTables>
  tokens: Tokens
  onStatus(status: SystemStatus): void
  onWritten(system: string): void
  onDrift?(drift: Drift): void
}

/**
 * One system, connected: its connector, its state and what happened to it. Nothing of it is recorded before it is live, so
 * that a system may be attached on trial.
 */
export class Attachment {
  readonly id: string
  readonly connector: Connector
  /** what the definition was when it was connected; equal ones are one attachment */
  readonly signature: string
  check: Check
  /** its description changed in a way that the mapping does not fit */
  drifted = false
  #deps: AttachmentDeps
  #incidents: Incidents
  #live = false
  #state: SystemState = 'UNKNOWN'
  #since: Date | null = null
  #fault: Text | null = null
  #notice: Text | null = null
  #events: SystemStatus['events'] = []
  #probing = false
  /** epoch ms */
  #probedAt = 0
  #refreshedAt = 0
  #lastOk: boolean | undefined
  #described: Described | undefined
  #rereading: Rereading

  constructor(id: string, definition: SystemDefinition, check: Check, deps: AttachmentDeps) {
    this.id = id
    this.signature = signatureOf(definition)
    this.check = check
    this.#deps = deps
    this.#rereading = new Rereading(definition.describeMs, definition.rpc?.fields !== undefined)
    this.#incidents = new Incidents(definition, (kind, text) => this.note(kind, text))
    this.connector = new Connector(id, definition, deps.tokens, {
      onBreaker: state => {
        this.#incidents.breaker(state, this.connector.breaker.window)
        this.#refresh()
      },
      onCall: (ok, _ms, failure) => {
        this.#incidents.called(failure)
        this.#settled(ok)
        if (failure) this.#rereading.failed(failure)
      },
      onPause: pause => {
        this.#incidents.pause(pause)
        this.#refresh()
      },
      onWritten: () => deps.onWritten(id),
      onDescribed: described => {
        const last = this.#described
        const fit = this.check(id, described.description, last?.description)
        const misfits = fit?.misfits ?? []
        this.drifted = misfits.length > 0
        if (fit && fit.description !== described.description)
          Object.assign(described, { told: described.description, description: fit.description })
        this.#fault = null
        this.#described = described
        // What does not fit is not kept: after a restart one begins with what fitted last.
        if (this.#live && misfits.length === 0) void this.#keep(described)
        // What a system first tells by calls of its own is no change.
        if (this.#live && last && (last.document !== '' || misfits.length > 0))
          this.#deps.onDrift?.({ system: id, before: last, after: described, misfits })
      },
    })
  }

  get status(): SystemStatus {
    const { connector } = this
    const { name, protocol, url } = connector.definition
    const { p95Ms, errorRate } = connector.statistics.recent()
    return {
      id: this.id,
      name,
      protocol,
      url,
      state: this.#state,
      since: this.#since,
      lastSuccessAt: connector.statistics.lastSuccessAt,
      p95Ms,
      errorRate,
      breaker: connector.breaker.state,
      nextProbeAt: connector.breaker.nextProbeAt,
      explanation: this.#fault ?? this.#notice ?? explain(connector, this.#state, this.#incidents.reason),
      latency: connector.statistics.byMinute(),
      events: this.#events,
    }
  }

  /** The description it goes by now. */
  get described(): Described | undefined {
    return this.#described
  }

  /** A sentence for the page of systems that does not depend on how the system answers; null takes it back. */
  set notice(text: Text | null) {
    if (this.#notice?.en === text?.en) return
    this.#notice = text
    if (this.#live) this.#deps.onStatus(this.status)
  }

  note(kind: SystemEventKind, text: Text): void {
    this.#events = [{ at: now(), kind, text }, ...this.#events].slice(0, 20)
    if (!this.#live) return
    recordEvent(this.#deps.db, this.id, kind, text).catch(error =>
      logger.warn({ err: error, system: this.id }, 'an event of a system was not recorded'),
    )
  }

  /** From now on it is the system of that name: what it says of itself is kept. */
  async goLive(): Promise<void> {
    if (this.#live) return
    this.#live = true
    this.#events = [...this.#events, ...(await recentEvents(this.#deps.db, this.id))].slice(0, 20)
    if (this.#described) await this.#keep(this.#described)
  }

  /**
   * Describes the system: from what was kept of it, or by asking it (`ask`: first by asking it). A system that is away and
   * was never described stays undescribed. Mapping faults are thrown: they are mistakes of the configuration.
   * @throws MappingFault
   */
  async introduce(ask = false): Promise<'asked' | 'kept' | 'away'> {
    if (this.connector.current) return 'kept'
    const kept = await loadDescription(this.#deps.db, this.id)
    let misfit: MappingFault | undefined
    if (kept && !ask) {
      misfit = this.#useKept(kept.document)
      if (!misfit) return 'kept'
    }
    try {
      await this.connector.description(Date.now() + startPatience)
      return 'asked'
    } catch (error) {
      if (error instanceof MappingFault) throw error
      logger.warn({ err: error, system: this.id }, 'the system could not be described; it will be asked again')
    }
    if (kept && ask) misfit = this.#useKept(kept.document)
    if (misfit) throw misfit
    return kept ? 'kept' : 'away'
  }

  #useKept(document: string): MappingFault | undefined {
    try {
      this.connector.use(describe(this.id, this.connector.definition, document))
      return undefined
    } catch (error) {
      if (error instanceof MappingFault) return error
      throw error
    }
  }

  /** Nobody asks it anew: what it was compared with is let go of, and its connections when calls under way have ended. */
  retire(callsHaveEndedMs: number): void {
    this.check = () => {}
    setTimeout(() => void this.connector.close(), callsHaveEndedMs).unref()
  }

  async probe(): Promise<void> {
    if (this.#probing) return
    this.#probing = true
    this.#probedAt = now().getTime()
    try {
      await this.connector.probe()
      this.#fault = null
    } catch (error) {
      if (error instanceof MappingFault) this.#misfit(error)
      else if (error instanceof UpstreamError) this.#incidents.trialFailed(error)
    } finally {
      this.#probing = false
    }
    this.#refresh()
  }

  /** Reads the description again, beside whatever calls go on. */
  async describeAgain(): Promise<void> {
    await this.#rereading.run(async () => {
      try {
        await this.connector.describeAgain()
        this.#fault = null
      } catch (error) {
        if (error instanceof MappingFault) this.#misfit(error)
        else logger.debug({ err: error, system: this.id }, 'the description could not be read again')
      }
    })
    this.#refresh()
  }

  /** Something in its answers is not as it was. */
  doubt(): void {
    this.#rereading.doubt()
  }

  wantsDescription(): boolean {
    return this.#live && this.#described !== undefined && this.#state !== 'DOWN' && this.#rereading.due()
  }

  #misfit(error: MappingFault): void {
    const fault = {
      zh: `映射与系统的描述不符：${error.message}`,
      en: `The mapping does not fit the description: ${error.message}`,
    }
    if (this.#fault?.en === fault.en) return
    this.#fault = fault
    this.note('DESCRIPTION_FAILED', fault)
  }

  wantsProbe(): boolean {
    return isProbeDue(this.connector, this.#state, this.#probedAt)
  }

  /** What changes by the passing of time alone: a pause that is over, a certificate that will be. */
  look(): void {
    if (this.#state === 'PAUSED') this.#refresh()
    this.#incidents.checkCertificate()
  }

  #refresh(): void {
    // A document that cannot be read takes nothing away from a system that is described already.
    const next = stateOf(this.connector, this.#fault !== null && this.#described === undefined)
    if (next === this.#state) return
    this.#state = next
    this.#since = now()
    if (!this.#live) return
    logger.info({ system: this.id, state: next }, 'state of a system')
    this.#deps.onStatus(this.status)
  }

  // The state is worked out from all calls of five minutes: once a second, and at once when calls begin or cease to succeed.
  #settled(ok: boolean): void {
    const at = Date.now()
    if (ok === this.#lastOk && at - this.#refreshedAt < 1000) return
    this.#lastOk = ok
    this.#refreshedAt = at
    this.#refresh()
  }

  async #keep(described: Described): Promise<void> {
    const { db } = this.#deps
    try {
      const before = await loadDescription(db, this.id)
      if (before && (before.hash === described.hash || described.document === '')) return
      await saveDescription(db, this.id, described)
      if (before)
        this.note('DESCRIPTION_CHANGED', {
          zh: '系统的描述文档变了，映射已重新核对',
          en: 'The system changed its description; the mappings were checked again',
        })
      else this.note('DESCRIBED', { zh: '读到了系统的描述文档', en: 'The system was described' })
    } catch (error) {
      logger.warn({ err: error, system: this.id }, 'the description was not kept')
    }
  }
}

export function signatureOf(definition: SystemDefinition): string {
  return JSON.stringify(definition)
}
