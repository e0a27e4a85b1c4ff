import type { IncomingMessage, ServerResponse } from 'node:http'
import { beginTrace } from '@atrium/platform/telemetry'
import Router from '@koa/router'
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLError,
  getOperationAST,
  NoSchemaIntrospectionCustomRule,
} from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import type { Context } from 'koa'
import type { Viewer } from '../access/person.ts'
import type { Clients } from '../clients/clients.ts'
import { type OperationOutcome, operationEnded, outcomeOf } from '../clients/operation-events.ts'
import type { RequestContext } from './context.ts'
import { deferRule, defers } from './defer.ts'
import { AnswerTypes, readBody, readyToRun } from './direct.ts'
import type { Editions } from './editions.ts'
import { badInput } from './errors.ts'
import { finish, present } from './finish.ts'
import type { Graph } from './graph.ts'
import { Payloads, sendPayloads, takesParts } from './incremental.ts'
import { checkCost, checkShape, checkText } from './limits.ts'
import { compilePlan, type Delivery, isDelivery } from './plan/plan.ts'
import { answerRefusal } from './refused.ts'
import { createContext, localeOf, type RequestDeps } from './request.ts'
import { boundedBody, checkType } from './request-body.ts'
import type { StoredOperation, StoredOperations } from './stored-operations.ts'

export interface EndpointDeps {
  graph: Graph
  stored: StoredOperations
  request: RequestDeps
  /** what each application may ask, and how often */
  clients: Clients
  authenticate(authorization: string | undefined): Promise<Viewer>
}

interface ServerContext {
  req: IncomingMessage
  res: ServerResponse
  prepared: RequestContext
  /** how it ended; nothing when it was refused before it ran */
  end?: { outcome?: OperationOutcome /** it comes in parts */; payloads?: Payloads }
  /** the client takes an answer in parts */
  inParts?: boolean
}

/** POST /graphql: who asks is settled before anything is read. */
export function graphqlRoutes(editions: Editions<EndpointDeps>): Router {
  const servers = new WeakMap<EndpointDeps, ReturnType<typeof createEndpoint>>()
  const serverOf = (deps: EndpointDeps): ReturnType<typeof createEndpoint> => {
    const server = servers.get(deps) ?? createEndpoint(deps)
    servers.set(deps, server)
    return server
  }
  const router = new Router()
  const types = new AnswerTypes()
  router.post('/graphql', async ctx => {
    const { value: deps, release } = editions.take()
    // The answer's end comes after every way in which a request may end.
    ctx.res.once('close', release)
    const locale = localeOf(ctx.get('accept-language') || undefined)
    let viewer: Viewer
    let leave: () => void
    try {
      viewer = await deps.authenticate(ctx.get('authorization') || undefined)
      deps.clients.count(viewer)
      leave = deps.clients.begin(viewer)
    } catch (error) {
      answerRefusal(ctx, error, locale === 'en' ? 'en' : 'zh')
      return
    }
    const prepared = createContext(deps.request, viewer, locale)
    const policy = deps.clients.policyOf(viewer)
    const end: NonNullable<ServerContext['end']> = {}
    const inParts = takesParts(ctx.get('accept'))
    const server: ServerContext = { req: ctx.req, res: ctx.res, prepared, end, inParts }
    const started = performance.now()
    const caller = ctx.get('traceparent') || undefined
    const endTrace = beginTrace(prepared.traceId, caller)
    const ended = (outcome: OperationOutcome): void => {
      leave()
      operationEnded({
        client: policy.client,
        operation: prepared.operation.id,
        outcome,
        ms: performance.now() - started,
        calls: prepared.calls,
        traceId: prepared.traceId,
        caller,
      })
      endTrace()
    }
    /** Begins to answer in parts; it has ended when the last is told. */
    const answerInParts = (payloads: Payloads): void => {
      end.payloads = payloads
      void payloads.ended.then(ended)
      sendPayloads(ctx, payloads)
    }
    try {
      checkType(ctx.headers['content-type'])
      const body = (await boundedBody(ctx.req)) ?? (await readBody(ctx.req))
      const accept = ctx.get('accept')
      const type = ctx.is('application/json') ? types.get(accept) : undefined
      const ready = type && readyToRun(body, { schema: deps.graph.schema, stored: deps.stored }, policy, prepared)
      if (type && ready) {
        if (ready.kind === 'query') prepared.signal = closedEarly(ctx.res)
        const answer = inParts && ready.deliver ? await ready.deliver() : await ready.run()
        if (isDelivery(answer)) {
          answerInParts(new Payloads(finish(answer.first, prepared), answer, prepared))
          return
        }
        const result = finish(answer, prepared)
        end.outcome = outcomeOf(result)
        ctx.body = JSON.stringify(result)
        ctx.set('Content-Type', type)
        return
      }
      const init = { method: 'POST', headers: headersOf(ctx), body }
      const response = await serverOf(deps).fetch(`http://gateway${ctx.url}`, init, server)
      if (end.payloads) {
        answerInParts(end.payloads)
        return
      }
      types.learn(accept, response.status, response.headers.get('content-type'))
      ctx.status = response.status
      for (const [name, value] of response.headers) ctx.append(name, value)
      ctx.body = response.body
    } catch (error) {
      answerRefusal(ctx, error, locale === 'en' ? 'en' : 'zh')
    } finally {
      if (!end.payloads) ended(end.outcome ?? 'refused')
    }
  })
  router.all('/graphql', ctx => {
    ctx.status = 405
    ctx.set('Allow', 'POST')
    ctx.body = { errors: [{ message: 'POST is the only method', extensions: { code: 'BAD_INPUT', retryable: false } }] }
  })
  return router
}

/** The GraphQL server itself, for any transport that speaks HTTP. */
export function createEndpoint(deps: EndpointDeps) {
  const stored = new WeakMap<object, StoredOperation>()
  const plugin: Plugin<ServerContext> = {
    onParams({ params, setParams, request, context }) {
      const { prepared } = context as unknown as ServerContext
      const policy = deps.clients.policyOf(prepared.viewer)
      const id = (params as { documentId?: unknown }).documentId
      const language = prepared.locale === 'en' ? 'en' : 'zh'
      if (id === undefined) {
        policy.admitOperation(null, language)
        if (typeof params.query === 'string') {
          checkText(params.query)
          prepared.operation.text = params.query
        }
        return
      }
      const operation = typeof id === 'string' ? deps.stored.get(id) : undefined
      if (!operation) throw badInput(`no stored operation is called "${String(id).slice(0, 80)}"`)
      if (params.query) throw badInput('give either a query or a documentId')
      policy.admitOperation(operation.id, language)
      prepared.operation.id = operation.id
      stored.set(request, operation)
      setParams({ ...params, query: operation.text })
    },
    // Not a rule of validation: what a document is found to break is remembered for everybody, and clients differ.
    onParse: ({ context }) => {
      const { prepared } = context as unknown as ServerContext
      if (prepared.operation.id !== null) return undefined
      return ({ result }) => {
        if (result && !(result instanceof Error))
          checkShape(result as DocumentNode, deps.clients.policyOf(prepared.viewer).limits)
      }
    },
    onValidate({ addValidationRule, context }) {
      const { prepared } = context as unknown as ServerContext
      if (!deps.clients.policyOf(prepared.viewer).introspection) addValidationRule(NoSchemaIntrospectionCustomRule)
      addValidationRule(deferRule)
    },
    onExecute({ args, setExecuteFn, setResultAndStopExecution, context }) {
      const server = context as unknown as ServerContext
      const { prepared, res } = server
      if (getOperationAST(args.document, args.operationName)?.operation === 'query') prepared.signal = closedEarly(res)
      const { limits } = deps.clients.policyOf(prepared.viewer)
      const operation = stored.get((context as unknown as { request: object }).request)
      let delivery: Delivery | undefined
      // The first part takes the way of a whole answer; what follows is sent by whoever called.
      const inParts = async (answering: Promise<ExecutionResult | Delivery>): Promise<ExecutionResult> => {
        const answer = await answering
        if (!isDelivery(answer)) return answer
        delivery = answer
        return answer.first
      }
      if (operation) {
        const { deliver } = operation
        setExecuteFn(((execution: ExecutionArgs) => {
          const variables = execution.variableValues ?? {}
          return server.inParts && deliver ? inParts(deliver(prepared, variables)) : operation.run(prepared, variables)
        }) as never)
      } else {
        try {
          checkCost(args.document, args.operationName, args.variableValues ?? {}, limits)
        } catch (error) {
          setResultAndStopExecution({ errors: [error as GraphQLError], data: null })
          return undefined
        }
        const plan =
          server.inParts && defers(args.document)
            ? compilePlan(args.schema, args.document, args.operationName ?? null)
            : undefined
        // envelop puts its own context into the arguments again, so it is set where nobody comes after.
        setExecuteFn(((execution: ExecutionArgs) =>
          plan?.deliver
            ? inParts(plan.deliver(prepared, execution.variableValues ?? {}))
            : execute({ ...execution, contextValue: prepared })) as never)
      }
      return {
        onExecuteDone({ result, setResult }) {
          if (Symbol.asyncIterator in (result as object)) return
          const finished = finish(result as ExecutionResult, prepared)
          if (server.end) {
            server.end.outcome = outcomeOf(finished)
            if (delivery) server.end.payloads = new Payloads(finished, delivery, prepared)
          }
          setResult(finished as never)
        },
      }
    },
    // An event must be shown with the rights of its moment, which a socket follows and a long answer does not.
    onSubscribe({ setResultAndStopExecution }) {
      setResultAndStopExecution({
        errors: [badInput('subscriptions are taken over graphql-transport-ws only')],
      } as never)
    },
    // Errors from before the execution (syntax, validation, bad input) take the same form as the others.
    onResultProcess({ result, setResult, serverContext }) {
      const one = result as ExecutionResult | ExecutionResult[]
      if (Array.isArray(one) || Symbol.asyncIterator in one || one.extensions?.sources || !one.errors) return
      const prepared = (serverContext as unknown as ServerContext).prepared
      setResult({ ...one, errors: one.errors.map(error => withStatus(present(error, prepared), error)) } as never)
    },
  }
  return createYoga<ServerContext>({
    schema: deps.graph.schema,
    context: ({ prepared }) => prepared,
    graphqlEndpoint: '/graphql',
    graphiql: false,
    landingPage: false,
    batching: false,
    logging: false,
    cors: false,
    maskedErrors: false,
    multipart: false,
    extraParamNames: ['documentId'],
    plugins: [plugin as Plugin],
  })
}

/** What was refused before it ran keeps the HTTP status that its refusal asks for. */
function withStatus(shown: GraphQLError, error: GraphQLError): GraphQLError {
  if (error.extensions?.http) shown.extensions.http = error.extensions.http
  return shown
}

function headersOf(ctx: Context): Record<string, string> {
  const { 'content-type': type, accept } = ctx.headers
  return { ...(type && { 'content-type': type }), ...(accept && { accept }) }
}

/** Aborted when the client goes away before it was answered. */
function closedEarly(response: ServerResponse | undefined): AbortSignal {
  const gone = new AbortController()
  response?.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  return gone.signal
}
