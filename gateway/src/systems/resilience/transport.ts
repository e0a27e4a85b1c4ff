import { currentTrace } from '@atrium/platform/log'
import { errors, Pool } from 'undici'
import type { HttpAnswer, HttpCall } from '../protocols/protocol.ts'
import { UpstreamError } from '../types.ts'
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
    const abort = new AbortController()
    const giveUp = (): void => abort.abort()
    const timer = setTimeout(giveUp, left)
    signal?.addEventListener('abort', giveUp)
    const trace = currentTrace()
    try {
      const answer = await this.#pool(url.origin).request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: call.method,
        headers: trace ? { ...call.headers, traceparent: trace.traceparent } : call.headers,
        body: call.body ?? null,
        signal: abort.signal,
      })
      const fault = this.#unreadable(answer.headers, call.maxBytes ?? this.#maxBytes)
      if (fault) {
        abort.abort()
        throw fault
      }
      const declared = Number(answer.headers['content-length'] ?? 0)
      const body = declared > 0 ? await answer.body.text() : await this.#readBounded(answer.body, call.maxBytes)
      return {
        status: answer.statusCode,
        contentType: String(answer.headers['content-type'] ?? ''),
        body,
        headers: answer.headers,
      }
    } catch (error) {
      const port = error instanceof errors.SocketError ? error.socket?.localPort : undefined
      const alert = port === undefined ? undefined : this.#secure?.alertAt(port)
      throw explainTransport(this.#system, error, abort.signal.aborted, alert)
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', giveUp)
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map(pool => pool.destroy()))
    this.#pools.clear()
  }

  #pool(origin: string): Pool {
    let pool = this.#pools.get(origin)
    if (!pool) {
      pool = new Pool(origin, {
        connections: this.#connections,
        pipelining: 1,
        keepAliveTimeout: 4000,
        connect: this.#secure?.connect ?? { timeout: connectPatience },
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

  async #readBounded(body: AsyncIterable<Buffer>, most = this.#maxBytes): Promise<string> {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of body) {
      size += chunk.length
      if (size > most) throw this.#tooLong(most)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString('utf8')
  }

  #tooLong(most: number): UpstreamError {
    return new UpstreamError('UPSTREAM_BAD_ANSWER', this.#system, `answered more than ${most} bytes`, {
      retryable: false,
      kind: 'too_long',
    })
  }
}
