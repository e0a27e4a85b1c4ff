import { GraphQLError } from 'graphql'
import type { Viewer } from '../access/person.ts'
import type { QueryLimits } from '../schema/limits.ts'
import type { ClientDefinition, ClientsFile } from './definition.ts'
import { createRate, type Rate } from './rate.ts'

type Language = 'zh' | 'en'

/** What one application is held to. */
export interface ClientPolicy {
  /** the client's id; `(unknown)` for a token that names none */
  client: string
  limits: QueryLimits
  introspection: boolean
  /** @throws GraphQLError OPERATION_REFUSED when the client may not run it; `null` is a query that is not stored */
  admitOperation(storedId: string | null, language: Language): void
}

/** What applications are held to, by the `client_id` of their tokens. */
export interface Clients {
  policyOf(viewer: Viewer): ClientPolicy
  /** Counts a request against the client's rate. @throws TooManyRequests */
  count(viewer: Viewer): void
  /** Takes a place among what is under way; the function that is returned gives it back. @throws TooManyRequests */
  begin(viewer: Viewer): () => void
  /** the rates of clients that have one and were here */
  rates(): Iterable<readonly [client: string, rate: Rate]>
}

/** A client sends more, or more at once, than it may. */
export class TooManyRequests extends Error {
  readonly code = 'TOO_MANY_REQUESTS'
  readonly client: string
  readonly retryAfter: number
  readonly #atOnce: boolean

  constructor(client: string, retryAfter: number, atOnce: boolean) {
    super(`${client} sends too many requests`)
    this.client = client
    this.retryAfter = retryAfter
    this.#atOnce = atOnce
  }

  /** The refusal as GraphQL tells it. */
  told(language: Language): GraphQLError {
    const text = this.#atOnce
      ? { zh: '同时进行的请求太多，请稍后重试', en: 'Too many requests at once; try again in a moment' }
      : {
          zh: `请求过于频繁，请在 ${this.retryAfter} 秒后重试`,
          en: `Too many requests; try again in ${this.retryAfter} s`,
        }
    return new GraphQLError(text[language], {
      extensions: { code: this.code, retryable: true, retryAfter: this.retryAfter },
    })
  }
}

interface Held {
  policy: ClientPolicy
  rate: Rate | null
  perPerson: boolean
  concurrent: number
  underWay: number
}

const mostUnknown = 1000

/** @param base what everybody keeps to: a client may be held to less, never to more */
export function createClients(file: ClientsFile, base: { limits: QueryLimits; introspection: boolean }): Clients {
  const held = new Map<string, Held>()
  const named = new Set(Object.keys(file.clients))
  let unknown = 0

  function heldBy(viewer: Viewer): Held {
    const client = viewer.clientId ?? '(unknown)'
    let one = held.get(client)
    if (!one) {
      const own = file.clients[client]
      // A burst belongs to the rate it is told with.
      const { burst, ...fallback } = file.default
      const shared = own?.requestsPerMinute === undefined && burst !== undefined ? { burst } : {}
      one = hold(client, { ...fallback, ...shared, ...own }, base)
      // Ids come from the issuer's tokens, but nothing an outsider can register may fill the memory.
      if (named.has(client) || unknown < mostUnknown) {
        held.set(client, one)
        if (!named.has(client)) unknown += 1
      }
    }
    return one
  }

  return {
    policyOf: viewer => heldBy(viewer).policy,
    count(viewer) {
      const { policy, rate, perPerson } = heldBy(viewer)
      const who = perPerson && viewer.kind === 'person' ? viewer.person.id : ''
      const wait = rate?.take(who, performance.now()) ?? 0
      if (wait > 0) throw new TooManyRequests(policy.client, wait, false)
    },
    begin(viewer) {
      const one = heldBy(viewer)
      if (one.underWay >= one.concurrent) throw new TooManyRequests(one.policy.client, 1, true)
      one.underWay += 1
      let over = false
      return () => {
        if (!over) one.underWay -= 1
        over = true
      }
    },
    *rates() {
      for (const [client, { rate }] of held) if (rate) yield [client, rate]
    },
  }
}

function hold(
  client: string,
  definition: ClientDefinition,
  base: { limits: QueryLimits; introspection: boolean },
): Held {
  const { requestsPerMinute, burst, operations } = definition
  const allowed = operations && new Set(operations)
  const lower = (name: keyof QueryLimits): number => Math.min(base.limits[name], definition[name] ?? Number.MAX_VALUE)
  return {
    policy: {
      client,
      limits: { depth: lower('depth'), breadth: lower('breadth'), cost: lower('cost') },
      introspection: base.introspection && definition.introspection !== false,
      admitOperation(storedId, language) {
        if (storedId === null ? !(allowed || definition.storedOnly) : !allowed || allowed.has(storedId)) return
        const text =
          storedId === null
            ? { zh: '这个应用只能使用预存的操作', en: 'This application may run stored operations only' }
            : { zh: '这个应用不能使用这个操作', en: 'This application may not run this operation' }
        throw new GraphQLError(text[language], {
          extensions: { code: 'OPERATION_REFUSED', retryable: false, http: { status: 403 } },
        })
      },
    },
    rate: requestsPerMinute
      ? createRate(requestsPerMinute, burst ?? Math.max(1, Math.ceil(requestsPerMinute / 6)))
      : null,
    perPerson: definition.per === 'person',
    concurrent: definition.concurrent ?? Number.MAX_SAFE_INTEGER,
    underWay: 0,
  }
}
