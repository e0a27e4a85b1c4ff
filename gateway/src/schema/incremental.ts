/**
 * How an answer of several parts travels: incremental delivery as of 2022-08-24 (graphql-spec at 48cf726), which clients ask for
 * with `Accept: multipart/mixed; deferSpec=20220824`. The first payload holds `data` and `hasNext`; each further one
 * `incremental`, a list of `{data, path, label, errors, extensions}`, and `hasNext`. Over HTTP each payload is one part of a
 * body of multipart/mixed (GraphQL over HTTP, RFC "Incremental Delivery"); over a socket it is one `next` message.
 */
import { PassThrough } from 'node:stream'
import type { ExecutionResult, GraphQLError } from 'graphql'
import type { Context } from 'koa'
import { type OperationOutcome, outcomeOf } from '../clients/operation-events.ts'
import type { RequestContext } from './context.ts'
import { finish } from './finish.ts'
import type { Delivery } from './plan/plan.ts'

/** One payload of an answer that comes in parts. */
export interface Payload extends ExecutionResult {
  incremental?: {
    data: Record<string, unknown> | null
    path: readonly (string | number)[]
    label?: string
    errors?: readonly GraphQLError[]
    extensions?: Record<string, unknown>
  }[]
  hasNext: boolean
}

// Asks for another version, or for subscriptions.
const otherwise = /^(incremental\w*spec|subscriptionspec)=/

/** Whether a client takes answers in parts, of this version. Who takes anything has not said that it understands them. */
export function takesParts(accept: string): boolean {
  if (!accept.includes('multipart/mixed')) return false
  return accept
    .toLowerCase()
    .replace(/[\s"]/g, '')
    .split(',')
    .some(range => {
      const [type, ...parameters] = range.split(';')
      return (
        type === 'multipart/mixed' &&
        !parameters.some(
          one =>
            otherwise.test(one) ||
            (one.startsWith('deferspec=') && one !== 'deferspec=20220824') ||
            /^q=0(\.0*)?$/.test(one),
        )
      )
    })
}

/** The payloads of an answer, each finished as a whole answer is; `return` takes effect at once. */
export class Payloads implements AsyncIterableIterator<Payload> {
  #first: ExecutionResult | undefined
  #delivery: Delivery
  #context: RequestContext
  #over = false
  #failed = false
  #outcome: OperationOutcome
  #end = Promise.withResolvers<OperationOutcome>()

  /** @param first the delivery's first answer, finished */
  constructor(first: ExecutionResult, delivery: Delivery, context: RequestContext) {
    this.#first = first
    this.#delivery = delivery
    this.#context = context
    this.#outcome = outcomeOf(first)
  }

  /** Resolves with how the answer ended, once all is told or nobody listens any more. */
  get ended(): Promise<OperationOutcome> {
    return this.#end.promise
  }

  async next(): Promise<IteratorResult<Payload, undefined>> {
    if (this.#over) return { done: true, value: undefined }
    const first = this.#first
    this.#first = undefined
    const value = first ? { ...first, hasNext: this.#delivery.more } : await this.#later()
    // Whoever went away while it was awaited is told nothing more.
    if (this.#over) return { done: true, value: undefined }
    if (!value.hasNext) this.#finish()
    return { done: false, value }
  }

  async return(): Promise<IteratorResult<Payload, undefined>> {
    if (this.#over) return { done: true, value: undefined }
    this.#delivery.stop()
    this.#finish()
    // What was read for parts that nobody took is recorded all the same.
    this.#context.reads.close(this.#context)
    return { done: true, value: undefined }
  }

  #finish(): void {
    this.#over = true
    this.#end.resolve(this.#outcome === 'ok' && this.#failed ? 'partial' : this.#outcome)
  }

  async #later(): Promise<Payload> {
    const parts = await this.#delivery.next()
    const incremental = parts.map(({ data, path, label, errors }, index) => {
      const told = finish({ data, ...(errors.length > 0 && { errors }) }, this.#context)
      this.#failed ||= told.errors !== undefined
      return {
        data,
        path,
        ...(label !== undefined && { label }),
        ...(told.errors && { errors: told.errors }),
        // What is known of the systems belongs to the whole answer: the newest is told once.
        ...(index === parts.length - 1 && told.extensions && { extensions: told.extensions }),
      }
    })
    return { ...(incremental.length > 0 && { incremental }), hasNext: this.#delivery.more }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

const type = 'multipart/mixed; boundary="-"; deferSpec=20220824'
const head = '\r\nContent-Type: application/json; charset=utf-8\r\n\r\n'

/** Answers with payloads as they become ready. */
export function sendPayloads(ctx: Context, payloads: Payloads): void {
  const body = new PassThrough()
  body.once('close', () => void payloads.return())
  ctx.status = 200
  // Nothing between may keep a part back until there is more.
  ctx.set({ 'Content-Type': type, 'Cache-Control': 'no-store, no-transform', 'X-Accel-Buffering': 'no' })
  ctx.body = body
  const write = async (): Promise<void> => {
    body.write('\r\n---')
    for await (const payload of payloads)
      body.write(`${head}${JSON.stringify(payload)}\r\n---${payload.hasNext ? '' : '--\r\n'}`)
    body.end()
  }
  write().catch((error: Error) => body.destroy(error))
}
