import type { Server } from 'node:http'
import { log } from '@atrium/platform/log'
import { type DocumentNode, GraphQLError, NoSchemaIntrospectionCustomRule, parse, validate } from 'graphql'
import { CloseCode } from 'graphql-ws'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import { Unauthenticated, type Viewer } from '../access/person.ts'
import type { People } from '../access/start-people.ts'
import { type ClientPolicy, TooManyRequests } from '../clients/clients.ts'
import { operationEnded } from '../clients/operation-events.ts'
import type { RequestContext } from './context.ts'
import { documentRules } from './defer.ts'
import type { Editions } from './editions.ts'
import type { EndpointDeps } from './endpoint.ts'
import { present } from './finish.ts'
import { checkCost, checkShape, checkText } from './limits.ts'
import { createContext, localeOf } from './request.ts'
import { type PreparedArgs, run, subscribe } from './socket-run.ts'

// Forbidden is the one refusal after which graphql-ws clients connect again, then with a fresh token.
const connectAgain = CloseCode.Forbidden
const grace = 15_000

interface Connection {
  viewer?: Viewer
  locale?: 'zh-CN' | 'en'
  ends: (() => void)[]
  /** by operation: gives back what it is answered with */
  releases: Map<string, () => void>
}

/**
 * graphql-transport-ws on /graphql of the same port. A socket's viewer is followed: withdrawn rights take effect at the
 * next event, a deactivated account or a token that is expired, or signed by a key that was taken back, ends the socket.
 */
export function serveSockets(
  server: Server,
  editions: Editions<EndpointDeps>,
  people: Pick<People, 'follow' | 'onKeyGone'>,
): { close(): Promise<void> } {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 128 * 1024 })
  const logger = log('gateway')
  server.on('upgrade', (request, socket, head) => {
    if (request.url?.split('?')[0] !== '/graphql') {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, socket, head, one => sockets.emit('connection', one, request))
  })
  const state = new WeakMap<object, Connection>()

  const handler = useServer<Record<string, unknown>, { socket: import('ws').WebSocket }>(
    {
      connectionInitWaitTimeout: 5000,
      async onConnect({ connectionParams, extra }) {
        const connection: Connection = { ends: [], releases: new Map() }
        const deps = editions.current()
        const { authorization, locale } = (connectionParams ?? {}) as { authorization?: unknown; locale?: unknown }
        try {
          connection.viewer = await deps.authenticate(typeof authorization === 'string' ? authorization : undefined)
        } catch (error) {
          if (!(error instanceof Unauthenticated)) logger.warn({ err: error }, 'a socket could not be authenticated')
          return false
        }
        connection.locale = localeOf(typeof locale === 'string' ? locale : undefined)
        state.set(extra.socket, connection)
        const end = (reason: string) => extra.socket.close(connectAgain, reason)
        const expires = setTimeout(
          () => end('the token has expired'),
          Math.max(0, connection.viewer.tokenExpiresAt * 1000 - Date.now() + grace),
        )
        connection.ends.push(() => clearTimeout(expires))
        connection.ends.push(
          people.onKeyGone(() => {
            deps.authenticate(authorization as string).catch(error => {
              if (error instanceof Unauthenticated) end('the key of the token was taken back')
            })
          }),
        )
        if (connection.viewer.kind === 'person') {
          const { viewer } = connection
          connection.ends.push(
            people.follow(viewer.person.id, {
              changed: person => {
                connection.viewer = { ...viewer, person }
              },
              ended: () => end('the account was deactivated'),
            }),
          )
        }
        return true
      },
      onClose({ extra }) {
        const connection = state.get(extra.socket)
        for (const end of [...(connection?.ends ?? []), ...(connection?.releases.values() ?? [])]) end()
      },
      onComplete({ extra }, id) {
        const connection = state.get(extra.socket)
        connection?.releases.get(id)?.()
        connection?.releases.delete(id)
      },
      onSubscribe({ extra }, id, payload) {
        const connection = state.get(extra.socket)
        if (!connection) return [new GraphQLError('Forbidden')]
        // An operation goes on with what it began with, as long as that is not too long ago.
        const { value: deps, release } = editions.take(() =>
          extra.socket.close(connectAgain, 'the systems have changed'),
        )
        let asked: RequestContext['operation'] = { id: null, text: null }
        const fresh = () => Object.assign(freshContext(deps, connection, extra.socket), { operation: asked })
        const viewer = connection.viewer as Viewer
        const policy = deps.clients.policyOf(viewer)
        try {
          deps.clients.count(viewer)
          const prepared = prepare(deps, payload, fresh, policy)
          asked = prepared.asked
          connection.releases.set(id, release)
          return prepared
        } catch (error) {
          release()
          operationEnded({ client: policy.client, operation: null, outcome: 'refused', ms: 0 })
          if (error instanceof Faults) return error.faults
          if (error instanceof TooManyRequests) return [error.told(languageOf(connection))]
          return [
            present(
              error instanceof GraphQLError
                ? error
                : new GraphQLError('bad request', { originalError: error as Error }),
              fresh(),
            ),
          ]
        }
      },
      execute: args => run(args as PreparedArgs),
      // The library asks for an iterable where the specification of its own protocol also allows a plain result.
      subscribe: args => subscribe(args as PreparedArgs) as never,
    },
    sockets,
  )
  return {
    async close() {
      await handler.dispose()
    },
  }
}

/** Why a document is not run, each fault as it may be shown. */
class Faults extends Error {
  readonly faults: GraphQLError[]
  constructor(faults: GraphQLError[]) {
    super('the document has faults')
    this.faults = faults
  }
}

type Payload = {
  query?: string | null
  operationName?: string | null
  variables?: Record<string, unknown> | null
  extensions?: Record<string, unknown> | null
}

function languageOf({ locale }: Connection): 'zh' | 'en' {
  return locale === 'en' ? 'en' : 'zh'
}

function freshContext(deps: EndpointDeps, connection: Connection, socket: import('ws').WebSocket): RequestContext {
  const context = createContext(deps.request, connection.viewer as Viewer, connection.locale ?? 'zh-CN')
  return Object.assign(context, { closeSocket: (code: number, reason: string) => socket.close(code, reason) })
}

/** @throws Faults, GraphQLError */
function prepare(
  deps: EndpointDeps,
  payload: Payload,
  fresh: () => RequestContext,
  policy: ClientPolicy,
): PreparedArgs {
  const id = payload.extensions?.documentId
  const stored = typeof id === 'string' ? deps.stored.get(id) : undefined
  const text = payload.query ?? ''
  policy.admitOperation(stored?.id ?? null, fresh().locale === 'en' ? 'en' : 'zh')
  if (!stored) checkText(text)
  const document: DocumentNode = stored?.document ?? parse(text, { maxTokens: 8000 })
  if (!stored) checkShape(document, policy.limits)
  const { schema } = deps.graph
  const faults = stored ? [] : validate(schema, document, rulesFor(policy), { maxErrors: 20 })
  if (faults.length > 0) throw new Faults(faults.map(fault => present(fault, fresh())))
  const variables = payload.variables ?? {}
  if (!stored) checkCost(document, payload.operationName, variables, policy.limits)
  return {
    deps,
    schema,
    document,
    operationName: payload.operationName ?? null,
    variableValues: variables,
    contextValue: fresh(),
    fresh,
    asked: stored ? { id: stored.id, text: null } : { id: null, text },
    policy,
  }
}

function rulesFor(policy: ClientPolicy) {
  return policy.introspection ? documentRules : [...documentRules, NoSchemaIntrospectionCustomRule]
}
