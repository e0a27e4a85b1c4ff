import { log } from '@atrium/platform/log'
import { type Authorization, createAuthorization, exchange } from './authorization.ts'
import { type Carrier, createCarrier } from './carrier.ts'
import type { SystemDefinition } from './configuration.ts'
import { CsrfTokens } from './csrf.ts'
import { type Described, readDescription } from './description.ts'
import { type Description, type HttpAnswer, type HttpCall, InputFault, MappingFault } from './protocols/protocol.ts'
import { Breaker } from './resilience/breaker.ts'
import { Bulkhead, BulkheadFull } from './resilience/bulkhead.ts'
import { backoff, RetryBudget } from './resilience/retry-budget.ts'
import { Statistics } from './resilience/statistics.ts'
import {
  type BreakerState,
  type Credential,
  type InvokeOptions,
  type SystemClient,
  type SystemInfo,
  type Tokens,
  UpstreamError,
} from './types.ts'

const describePatience = 3000

/** What a connector reports of itself to the registry. */
export interface ConnectorEvents {
  onBreaker(state: BreakerState): void
  /** a call came to an end, after `ms` */
  onCall(ok: boolean, ms: number): void
  /** @throws MappingFault, and then the description is not used */
  onDescribed(described: Described): void
}

/**
 * The one way to a system: reads its description once, then calls its operations with the caller's authorization, within
 * the caller's deadline, behind bulkhead, circuit breaker and retries.
 */
export class Connector implements SystemClient {
  readonly id: string
  readonly definition: SystemDefinition
  readonly statistics = new Statistics()
  readonly breaker: Breaker
  #tokens: Tokens
  #events: ConnectorEvents
  #carrier: Carrier
  #bulkhead: Bulkhead
  #budget = new RetryBudget()
  #csrf = new CsrfTokens()
  #authorization: Authorization
  #described: Described | undefined
  #describing: Promise<Described> | undefined
  #logger = log('gateway')

  constructor(id: string, definition: SystemDefinition, tokens: Tokens, events: ConnectorEvents) {
    const { limits } = definition
    this.id = id
    this.definition = definition
    this.#tokens = tokens
    this.#events = events
    this.breaker = new Breaker(limits.breaker, state => events.onBreaker(state))
    this.#carrier = createCarrier(id, definition)
    this.#bulkhead = new Bulkhead(limits.concurrent, limits.waiting)
    this.#authorization = createAuthorization(id, definition.authentication, tokens, async (operation, input) => {
      const description = await this.description(Date.now() + describePatience)
      const answer = await this.#carrier.send(description.encode(operation, input), Date.now() + limits.timeoutMs)
      return description.decode(operation, answer)
    })
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

  /** Puts a description in place, e.g. one kept from an earlier run. @throws MappingFault */
  use(described: Described): void {
    if (!this.#described) this.#takeOver(described)
  }

  #takeOver(described: Described): Described {
    this.#events.onDescribed(described)
    this.#described = described
    return described
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
    this.#budget.earn()
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#attempt(operation, input, options)
      } catch (error) {
        const failure = this.#asUpstreamError(error)
        const pause = backoff(attempt)
        if (!this.#mayRepeat(failure, options, attempt, pause)) throw failure
        await new Promise(resolve => setTimeout(resolve, pause))
      }
    }
  }

  /**
   * One light call, past the breaker's waiting time, that says whether the system is there: the configured one, else its
   * description is read again and taken over when it changed.
   * @throws UpstreamError, MappingFault
   */
  async probe(): Promise<void> {
    const { probe, limits } = this.definition
    const started = performance.now()
    const until = Date.now() + limits.timeoutMs
    this.breaker.expectTrial()
    if (!this.breaker.admit()) return
    try {
      if (probe) {
        const description = await this.description(until)
        const headers = await this.#authorization.headers({ kind: 'service' })
        const call = description.encode(probe.operation, probe.input, await this.#authorization.session?.())
        const asked = { ...call, headers: { ...call.headers, ...headers } }
        const answer = await this.#carrier.send(this.#authorization.sign?.(asked) ?? asked, until)
        description.decode(probe.operation, answer)
      } else {
        const fresh = await readDescription(this.id, this.definition, this.#carrier, until)
        if (fresh.hash !== this.#described?.hash) this.#takeOver(fresh)
      }
      this.#settle(true, performance.now() - started)
    } catch (error) {
      const own = error instanceof UpstreamError && error.system === this.id
      if (own) this.#settle(!isFailureOfSystem(error), performance.now() - started)
      else this.breaker.released()
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#carrier.close()
  }

  #mayRepeat(failure: UpstreamError, options: InvokeOptions, attempt: number, pause: number): boolean {
    if (attempt >= this.definition.limits.retries || Date.now() + pause >= options.deadline) return false
    if (failure.code === 'UPSTREAM_UNAUTHENTICATED') {
      // A 401 did nothing, so a fresh token may be tried even for what must not be repeated; once.
      return attempt === 0 && failure.outcome === 'refused' && this.#authorization.refused(options.credential)
    }
    if (failure.code === 'CIRCUIT_OPEN' || !failure.retryable) return false
    if (!options.safe && failure.outcome !== 'not_sent') return false
    return this.#budget.spend()
  }

  async #attempt(operation: string, input: Record<string, unknown>, options: InvokeOptions): Promise<unknown> {
    if (!this.breaker.admit())
      throw new UpstreamError('CIRCUIT_OPEN', this.id, 'is not asked for the time being', { outcome: 'not_sent' })
    let call: HttpCall
    let description: Description
    let counted = false
    let headers: Record<string, string>
    try {
      description = await this.description(options.deadline)
      call = description.encode(operation, input, await this.#authorization.session?.())
      headers = await this.#authorization.headers(options.credential)
      call.headers = { ...call.headers, ...headers }
      call = this.#authorization.sign?.(call) ?? call
    } catch (error) {
      // A system that cannot even be described is as far away as one that does not answer.
      counted = error instanceof UpstreamError && error.system === this.id && this.#described === undefined
      if (counted) this.breaker.failed()
      else this.breaker.released()
      throw error
    }
    const started = performance.now()
    const until = Math.min(options.deadline, Date.now() + this.definition.limits.timeoutMs)
    try {
      await this.#bulkhead.enter(until)
    } catch (error) {
      this.breaker.released()
      throw error
    }
    try {
      const send = (one: HttpCall): Promise<HttpAnswer> => this.#carrier.send(one, until)
      const answer = description.csrf
        ? await this.#csrf.send(call, description.csrf, options.credential, headers, send)
        : await send(call)
      const result = description.decode(operation, answer)
      this.#settle(true, performance.now() - started)
      return result
    } catch (error) {
      this.#settle(!isFailureOfSystem(error), performance.now() - started)
      throw error
    } finally {
      this.#bulkhead.leave()
    }
  }

  #settle(ok: boolean, ms: number): void {
    this.statistics.record(ms, ok)
    if (ok) this.breaker.succeeded()
    else this.breaker.failed()
    this.#events.onCall(ok, ms)
  }

  #asUpstreamError(error: unknown): UpstreamError {
    if (error instanceof UpstreamError) return error
    if (error instanceof BulkheadFull)
      return new UpstreamError('UPSTREAM_UNAVAILABLE', this.id, error.message, {
        outcome: 'not_sent',
        retryable: false,
      })
    if (error instanceof InputFault)
      return new UpstreamError('UPSTREAM_REFUSED', this.id, error.message, {
        outcome: 'not_sent',
        retryable: false,
        cause: error,
      })
    if (error instanceof MappingFault)
      return new UpstreamError('UPSTREAM_BAD_ANSWER', this.id, error.message, {
        outcome: 'not_sent',
        retryable: false,
        cause: error,
      })
    this.#logger.error({ err: error, system: this.id }, 'a call failed in a way nobody foresaw')
    return new UpstreamError('UPSTREAM_BAD_ANSWER', this.id, (error as Error).message, {
      retryable: false,
      cause: error,
    })
  }
}

// What the system refuses with good reason shows that it is alive.
function isFailureOfSystem(error: unknown): boolean {
  if (!(error instanceof UpstreamError)) return true
  return (
    error.code === 'UPSTREAM_TIMEOUT' ||
    error.code === 'UPSTREAM_BAD_ANSWER' ||
    (error.code === 'UPSTREAM_UNAVAILABLE' && error.status !== 429)
  )
}
