import { observedCall } from '../observing/observed-call.ts'
import { type Authorization, createAuthorization, exchange } from './authorization.ts'
import { Reads } from './cache/reads.ts'
import { type Carrier, createCarrier } from './carrier.ts'
import type { SystemDefinition } from './configuration.ts'
import { CsrfTokens } from './csrf.ts'
import { describeByCalls } from './described-by-calls.ts'
import { type Described, readDescription } from './description.ts'
import { Preparation, type Prepared } from './preparation.ts'
import type { Description, HttpAnswer, HttpCall } from './protocols/protocol.ts'
import type { Breaker } from './resilience/breaker.ts'
import { isFailureOfSystem } from './resilience/failures.ts'
import { Guard, type GuardEvents } from './resilience/guard.ts'
import type { Pace } from './resilience/pace.ts'
import type { Statistics } from './resilience/statistics.ts'
import { otherAddress, reach, Trials } from './trial.ts'
import {
  type Credential,
  type InvokeOptions,
  type SystemClient,
  type SystemInfo,
  type Tokens,
  UpstreamError,
} from './types.ts'

const describePatience = 3000

/** What a connector reports of itself to the registry. */
export interface ConnectorEvents extends GuardEvents {
  /** something may have been changed in the system through the gateway */
  onWritten?(): void
  /** @throws MappingFault, and then the description is not used */
  onDescribed(described: Described): void
}

/**
 * The one way to a system: reads its description once, then calls its operations with the caller's authorization, within
 * the caller's deadline, behind the guard that keeps a system in trouble from harming others.
 */
export class Connector implements SystemClient {
  readonly id: string
  readonly definition: SystemDefinition
  readonly statistics: Statistics
  readonly breaker: Breaker
  readonly pace: Pace
  /** answers under way and kept; to be forgotten when something changed in the system */
  readonly reads: Reads
  #tokens: Tokens
  #events: ConnectorEvents
  #carrier: Carrier
  #guard: Guard
  #csrf = new CsrfTokens()
  #authorization: Authorization
  #preparation: Preparation
  #signInFailures = new WeakSet<object>()
  #trials: Trials
  #described: Described | undefined
  #describing: Promise<Described> | undefined

  constructor(id: string, definition: SystemDefinition, tokens: Tokens, events: ConnectorEvents) {
    const { limits } = definition
    this.id = id
    this.definition = definition
    this.#tokens = tokens
    this.#events = events
    this.#guard = new Guard(id, limits, events)
    this.statistics = this.#guard.statistics
    this.breaker = this.#guard.breaker
    this.pace = this.#guard.pace
    this.reads = new Reads(id, { maxBytes: limits.cacheBytes, patienceMs: limits.timeoutMs })
    this.#carrier = createCarrier(id, definition)
    this.#trials = new Trials(definition)
    this.#authorization = createAuthorization(id, definition.authentication, tokens, (operation, input) =>
      this.#signIn(operation, input),
    )
    this.#preparation = new Preparation(this.#authorization, {
      current: () => this.current,
      read: () => this.description(Date.now() + limits.timeoutMs),
    })
  }

  /** whether the system does not know who is behind a call of the gateway */
  get anonymous(): boolean {
    return this.#authorization.anonymous
  }

  get namesPeople(): boolean {
    const { authentication } = this.definition
    return authentication.kind === 'signed' && authentication.account !== undefined
  }

  describe(): SystemInfo {
    const { name, description, url, protocol, authentication } = this.definition
    const operations = this.#described?.description.operations
    return {
      id: this.id,
      name,
      description: description ?? null,
      url,
      protocol,
      audience: authentication.kind === 'exchange' ? authentication.audience : null,
      descriptionHash: this.#described?.hash ?? null,
      operations: operations ? [...operations.keys()] : [],
    }
  }

  /** The description, read when it is first needed. @throws UpstreamError, MappingFault */
  async description(deadline: number): Promise<Description> {
    if (this.#described) return this.#described.description
    this.#describing ??= readDescription(this.id, this.definition, this.#carrier, Math.max(deadline, Date.now() + 500))
      .then(described => this.#takeOver(described))
      .finally(() => {
        this.#describing = undefined
      })
    return (await this.#describing).description
  }

  /** Reads the description again and takes it over when it changed. @throws UpstreamError, MappingFault */
  async describeAgain(): Promise<void> {
    const until = Date.now() + Math.max(this.definition.limits.timeoutMs, describePatience)
    const fields = this.definition.rpc?.fields
    const fresh = fields
      ? await describeByCalls(this.id, this.definition, fields, this.#described, (operation, input) =>
          this.#askItself(operation, input, until),
        )
      : await readDescription(this.id, this.definition, this.#carrier, until, this.#described)
    if (fresh.hash !== this.#described?.hash) this.#takeOver(fresh)
  }

  /** A call past the guard, by the gateway's own account. */
  async #askItself(operation: string, input: Record<string, unknown>, until: number): Promise<unknown> {
    const { description, call } = await this.#preparation.prepare(operation, input, { kind: 'service' }, true)
    return description.decode(operation, await this.#carrier.send(call, until))
  }

  /** Puts a description in place, e.g. one kept from an earlier run. @throws MappingFault */
  use(described: Described): void {
    if (!this.#described) this.#takeOver(described)
  }

  #takeOver(described: Described): Described {
    this.#events.onDescribed(described)
    this.#described = described
    return described
  }

  /** Nothing shows that the system works but an address that answers. */
  get onlyReached(): boolean {
    return this.#trials.onlyReached
  }

  /** The description if it was read already. */
  get current(): Description | undefined {
    return this.#described?.description
  }

  async exchange(credential: Credential): Promise<string> {
    const { authentication } = this.definition
    if (authentication.kind !== 'exchange')
      throw new UpstreamError('UPSTREAM_REFUSED', this.id, 'takes no tokens of the issuer', {
        outcome: 'not_sent',
        retryable: false,
      })
    return await exchange(this.id, authentication.audience, credential, this.#tokens)
  }

  async invoke(operation: string, input: Record<string, unknown>, options: InvokeOptions): Promise<unknown> {
    if (!options.safe && options.credential.kind === 'person' && this.#authorization.anonymous) {
      // A shared account would hide who did it.
      throw new UpstreamError(
        'UPSTREAM_REFUSED',
        this.id,
        'knows the gateway only, so nothing is written there for a person',
        { outcome: 'not_sent', retryable: false },
      )
    }
    const { sharing } = options
    if (options.safe && sharing)
      return await this.reads.read({ operation, input }, { ...options, sharing }, signal =>
        // Those who share it come and go: the call ends with the last of them.
        this.#call(operation, input, { ...options, deadline: Number.POSITIVE_INFINITY, signal }),
      )
    if (options.safe) return await this.#call(operation, input, options)
    try {
      return await this.#call(operation, input, { ...options, signal: undefined })
    } finally {
      // Even when nobody knows whether the system did it.
      this.reads.forget()
      this.#events.onWritten?.()
    }
  }

  /**
   * One light call, past the breaker's waiting time, that says whether the system is there: the configured one, else its
   * description is read again and taken over when it changed; what has none is tried as `Trials` says.
   * @throws UpstreamError, MappingFault
   */
  async probe(): Promise<void> {
    const { limits } = this.definition
    const started = performance.now()
    const until = Date.now() + limits.timeoutMs
    this.breaker.expectTrial()
    this.pace.lift()
    const pass = this.breaker.admit()
    if (pass === undefined) return
    try {
      const way = await this.#trials.next(this.statistics.lastFailureAt, () => this.description(until))
      if (typeof way === 'object') {
        await this.#askItself(way.operation, way.input, until)
        this.#trials.worked()
      } else if (way === 'description') {
        const fresh = await readDescription(this.id, this.definition, this.#carrier, until, this.#described)
        if (fresh.hash !== this.#described?.hash) this.#takeOver(fresh)
      }
      const address = typeof way === 'object' ? undefined : otherAddress(this.definition)
      if (address !== undefined) await reach(this.id, address, this.#carrier, until)
      this.#guard.settle(pass, performance.now() - started)
    } catch (error) {
      const own = error instanceof UpstreamError && error.system === this.id
      if (own && !isFailureOfSystem(error)) this.#trials.worked()
      // A session that ended while nobody used the system is opened anew at the next trial.
      if (own && error.code === 'UPSTREAM_UNAUTHENTICATED') this.#authorization.refused({ kind: 'service' })
      if (own) this.#guard.settle(pass, performance.now() - started, error)
      else this.breaker.released(pass)
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#carrier.close()
  }

  #call(operation: string, input: Record<string, unknown>, options: InvokeOptions): Promise<unknown> {
    const { credential, safe, deadline, signal } = options
    return this.#guard.call<Prepared>({
      operation,
      safe,
      deadline,
      signal,
      prepare: () => this.#preparation.prepare(operation, input, credential, safe),
      // A system that cannot even be described, or signed in to, is as far away as one that does not answer.
      blames: error =>
        error instanceof UpstreamError &&
        ((error.system === this.id && this.#described === undefined) ||
          (this.#signInFailures.has(error) && isFailureOfSystem(error))),
      send: ({ description, call, headers }, until, wanted, seen) =>
        observedCall({ system: this.id, operation, method: call.method, url: call.url }, async answered => {
          const send = async (one: HttpCall): Promise<HttpAnswer> => {
            const answer = await this.#carrier.send(one, until, wanted)
            seen(answer)
            answered(answer.status)
            return answer
          }
          const answer = description.csrf
            ? await this.#csrf.send(call, description.csrf, credential, headers, send)
            : await send(call)
          const result = description.decode(operation, answer)
          this.#trials.worked()
          return result
        }),
      refused: () => this.#authorization.refused(credential),
    })
  }

  async #signIn(operation: string, input: Record<string, unknown>): Promise<unknown> {
    try {
      const description = await this.description(Date.now() + describePatience)
      const until = Date.now() + this.definition.limits.timeoutMs
      return description.decode(operation, await this.#carrier.send(description.encode(operation, input), until))
    } catch (error) {
      if (error instanceof UpstreamError) this.#signInFailures.add(error)
      throw error
    }
  }
}
