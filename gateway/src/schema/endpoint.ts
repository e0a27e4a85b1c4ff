import type { IncomingMessage, ServerResponse } from 'node:http'
import Router from '@koa/router'
import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLError,
  NoSchemaIntrospectionCustomRule,
} from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import type { Context } from 'koa'
import { IssuerUnavailable } from '../access/authenticate.ts'
import { Unauthenticated, type Viewer } from '../access/person.ts'
import type { RequestContext } from './context.ts'
import { badInput } from './errors.ts'
import { finish, present } from './finish.ts'
import type { Graph } from './graph.ts'
import { checkCost, checkText, depthAndBreadth, type QueryLimits } from './limits.ts'
import { createContext, localeOf, type RequestDeps } from './request.ts'
import type { StoredOperation, StoredOperations } from './stored-operations.ts'

export interface EndpointDeps {
  graph: Graph
  stored: StoredOperations
  request: RequestDeps
  limits: QueryLimits
  introspection: boolean
  authenticate(authorization: string | undefined): Promise<Viewer>
}

interface ServerContext {
  req: IncomingMessage
  res: ServerResponse
  prepared: RequestContext
}

/** POST /graphql: who asks is settled before anything is read. */
export function graphqlRoutes(deps: EndpointDeps): Router {
  const yoga = createEndpoint(deps)
  const router = new Router()
  router.post('/graphql', async ctx => {
    const locale = localeOf(ctx.get('accept-language') || undefined)
    let viewer: Viewer
    try {
      viewer = await deps.authenticate(ctx.get('authorization') || undefined)
    } catch (error) {
      answerRefusal(ctx, error, locale === 'en' ? 'en' : 'zh')
      return
    }
    const prepared = createContext(deps.request, viewer, locale)
    const response = await yoga.handleNodeRequestAndResponse(ctx.req, ctx.res, { req: ctx.req, res: ctx.res, prepared })
    ctx.status = response.status
    for (const [name, value] of response.headers) ctx.append(name, value)
    ctx.body = response.body
  })
  return router
}

/** The GraphQL server itself, for any transport that speaks HTTP. */
export function createEndpoint(deps: EndpointDeps) {
  const stored = new WeakMap<object, StoredOperation>()
  const plugin: Plugin<ServerContext> = {
    onParams({ params, setParams, request }) {
      const id = (params as { documentId?: unknown }).documentId
      if (id === undefined) {
        if (typeof params.query === 'string') checkText(params.query)
        return
      }
      const operation = typeof id === 'string' ? deps.stored.get(id) : undefined
      if (!operation) throw badInput(`no stored operation is called "${String(id).slice(0, 80)}"`)
      if (params.query) throw badInput('give either a query or a documentId')
      stored.set(request, operation)
      setParams({ ...params, query: operation.text })
    },
    onValidate({ addValidationRule }) {
      addValidationRule(depthAndBreadth(deps.limits))
      if (!deps.introspection) addValidationRule(NoSchemaIntrospectionCustomRule)
    },
    onExecute({ args, setExecuteFn, setResultAndStopExecution, context }) {
      const prepared = (context as unknown as ServerContext).prepared
      const operation = stored.get((context as unknown as { request: object }).request)
      if (operation)
        setExecuteFn(((execution: ExecutionArgs) => operation.run(prepared, execution.variableValues ?? {})) as never)
      else {
        try {
          checkCost(args.document, args.operationName, args.variableValues ?? {}, deps.limits)
        } catch (error) {
          setResultAndStopExecution({ errors: [error as GraphQLError], data: null })
          return undefined
        }
        // envelop puts its own context into the arguments again, so it is set where nobody comes after.
        setExecuteFn(((execution: ExecutionArgs) => execute({ ...execution, contextValue: prepared })) as never)
      }
      return {
        onExecuteDone({ result, setResult }) {
          if (!(Symbol.asyncIterator in (result as object)))
            setResult(finish(result as ExecutionResult, prepared) as never)
        },
      }
    },
    // Errors from before the execution (syntax, validation, bad input) take the same form as the others.
    onResultProcess({ result, setResult, serverContext }) {
      const one = result as ExecutionResult | ExecutionResult[]
      if (Array.isArray(one) || Symbol.asyncIterator in one || one.extensions?.sources || !one.errors) return
      const prepared = (serverContext as unknown as ServerContext).prepared
      setResult({ ...one, errors: one.errors.map(error => present(error, prepared)) } as never)
    },
  }
  return createYoga<ServerContext>({
    schema: deps.graph.stitched,
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

function answerRefusal(ctx: Context, error: unknown, language: 'zh' | 'en'): void {
  if (error instanceof Unauthenticated) {
    ctx.status = 401
    ctx.set('WWW-Authenticate', 'Bearer')
    ctx.body = {
      errors: [{ message: error.reason[language], extensions: { code: 'UNAUTHENTICATED', retryable: false } }],
    }
    return
  }
  if (!(error instanceof IssuerUnavailable)) throw error
  ctx.status = 503
  ctx.set('Retry-After', '2')
  const message =
    language === 'en' ? 'The sign-in service cannot be reached; try again' : '登录服务暂时无法访问，请重试'
  ctx.body = { errors: [{ message, extensions: { code: 'UPSTREAM_UNAVAILABLE', system: 'idp', retryable: true } }] }
}
