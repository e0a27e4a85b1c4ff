import { currentTrace } from '@atrium/platform/log'
import { errors, Pool } from 'undici'
import type { Carrier } from '../carrier.ts'
import type { HttpAnswer, HttpCall } from '../protocols/protocol.ts'
import { UpstreamError } from '../types.ts'

// Errors by which undici says that no byte of the request can have been understood.
const beforeSending = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** HTTP connections to one system: a pool an origin, kept alive. */
export class Transport implements Carrier {
  #system: string
  #connections: number
  #maxBytes: number
  #pools = new Map<string, Pool>()

  constructor(system: string, connections: number, maxBytes: number) {
    this.#system = system
    this.#connections = connections
    this.#maxBytes = maxBytes
  }

  /** Sends a request and reads the whole answer; one that comes after the deadline is thrown away. */
  async send(call: HttpCall, deadline: number): Promise<HttpAnswer> {
    const left = deadline - Date.now()
    if (left <= 0)
      throw new UpstreamError('UPSTREAM_TIMEOUT', this.#system, 'no time was left for the call', {
        outcome: 'not_sent',
      })
    const url = new URL(call.url)
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(), left)
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
      const declared = Number(answer.headers['content-length'] ?? 0)
      if (declared > this.#maxBytes) {
        abort.abort()
        throw this.#tooLong()
      }
      const body = declared > 0 ? await answer.body.text() : await this.#readBounded(answer.body)
      return {
        status: answer.statusCode,
        contentType: String(answer.headers['content-type'] ?? ''),
        body,
        headers: answer.headers,
      }
    } catch (error) {
      throw this.#explain(error, abort.signal.aborted)
    } finally {
      clearTimeout(timer)
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
        connect: { timeout: 2000 },
      })
      this.#pools.set(origin, pool)
    }
    return pool
  }

  async #readBounded(body: AsyncIterable<Buffer>): Promise<string> {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of body) {
      size += chunk.length
      if (size > this.#maxBytes) throw this.#tooLong()
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString('utf8')
  }

  #tooLong(): UpstreamError {
    return new UpstreamError('UPSTREAM_BAD_ANSWER', this.#system, `answered more than ${this.#maxBytes} bytes`, {
      retryable: false,
    })
  }

  #explain(error: unknown, late: boolean): UpstreamError {
    if (error instanceof UpstreamError) return error
    if (late)
      return new UpstreamError('UPSTREAM_TIMEOUT', this.#system, 'did not answer before the deadline', { cause: error })
    const code = (error as NodeJS.ErrnoException).code ?? ''
    const outcome = beforeSending.has(code) ? 'not_sent' : 'unknown'
    if (error instanceof errors.InvalidArgumentError) {
      return new UpstreamError('UPSTREAM_REFUSED', this.#system, `the request could not be built: ${error.message}`, {
        outcome: 'not_sent',
      })
    }
    return new UpstreamError(
      'UPSTREAM_UNAVAILABLE',
      this.#system,
      `could not be reached (${code || (error as Error).message})`,
      { outcome, cause: error },
    )
  }
}
