import { currentTrace } from '@atrium/platform/log'
import { outgoing } from '@atrium/platform/telemetry'
import { errors, Pool } from 'undici'
import type { HttpAnswer, HttpCall } from '../protocols/protocol.ts'
import { UpstreamError } from '../types.ts'
import { exchangeOver, GivenUp } from './exchange.ts'
import { guardedLookup, isLinkLocal, LinkLocalRefused } from './link-local.ts'
import { type SecureContext, secureConnector } from './secure.ts'
import { explainTransport } from './transport-faults.ts'

const connectPatience = 2000

/** HTTP connections to one system: a pool an origin, kept alive. */
export class Transport {
  #system: string
  #connections: number
  #maxBytes: number
  #secure: ReturnType<typeof secureConnector> | undefined
  #pools = new Map<string, Pool>()

  constructor(system: string, connections: number, maxBytes: number, secure?: SecureContext) {
    this.#system = system
    this.#connections = connections
    this.#maxBytes = maxBytes
    this.#secure = secure && secureConnector(secure, connectPatience)
  }

  /**
   * Sends a request and reads the whole answer before `deadline` (epoch ms). An answer that comes later is thrown away.
   * @param signal aborted when the answer is not wanted any more
   * @throws UpstreamError when there is no whole answer
   */
  async send(call: HttpCall, deadline: number, signal?: AbortSignal): Promise<HttpAnswer> {
    const left = deadline - Date.now()
    if (left <= 0 || signal?.aborted)
      throw new UpstreamError('UPSTREAM_TIMEOUT', this.#system, 'no time was left for the call', {
        outcome: 'not_sent',
        kind: 'no_time',
      })
    const url = new URL(call.url)
    const most = call.maxBytes ?? this.#maxBytes
    const trace = currentTrace()
    try {
      const { status, headers, body } = await exchangeOver(
        this.#pool(url.origin),
        {
          origin: url.origin,
          path: url.pathname + url.search,
          method: call.method,
          headers: trace ? { ...call.headers, traceparent: outgoing(trace) } : call.headers,
          body: call.body ?? null,
        },
        {
          left,
          signal,
          most,
          judge: given => this.#unreadable(given, most),
          tooLong: () => this.#tooLong(most),
        },
      )
      return { status, contentType: String(headers['content-type'] ?? ''), body, headers }
    } catch (error) {
      const port = error instanceof errors.SocketError ? error.socket?.localPort : undefined
      const alert = port === undefined ? undefined : this.#secure?.alertAt(port)
      throw explainTransport(this.#system, error, error instanceof GivenUp, alert)
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map(pool => pool.destroy()))
    this.#pools.clear()
  }

  #pool(origin: string): Pool {
    let pool = this.#pools.get(origin)
    if (!pool) {
      if (isLinkLocal(new URL(origin).hostname)) throw new LinkLocalRefused(`${origin} is link-local`)
      pool = new Pool(origin, {
        connections: this.#connections,
        pipelining: 1,
        keepAliveTimeout: 4000,
        connect: this.#secure?.connect ?? { timeout: connectPatience, lookup: guardedLookup },
      })
      this.#pools.set(origin, pool)
    }
    return pool
  }

  #unreadable(
    headers: Readonly<Record<string, string | string[] | undefined>>,
    most: number,
  ): UpstreamError | undefined {
    if (Number(headers['content-length'] ?? 0) > most) return this.#tooLong(most)
    const encoding = headers['content-encoding']
    // Compressed answers are never asked for: a kilobyte could unpack into all the memory there is.
    if (encoding === undefined || encoding === '' || encoding === 'identity') return undefined
    return new UpstreamError('UPSTREAM_BAD_ANSWER', this.#system, `compressed its answer (${encoding}) unasked`, {
      retryable: false,
      kind: 'compressed',
    })
  }

  #tooLong(most: number): UpstreamError {
    return new UpstreamError('UPSTREAM_BAD_ANSWER', this.#system, `answered more than ${most} bytes`, {
      retryable: false,
      kind: 'too_long',
    })
  }
}
