import Koa, { type Context, type Middleware } from 'koa'
import { currentTrace, log, withTrace } from '../log.ts'
import { Problem, preferredLanguage } from '../problem.ts'
import { requestSeconds } from './metrics.ts'

/**
 * A Koa application with what every service answers alike, in this order: trace context, request log, CORS for the
 * listed origins, security headers, RFC 9457 problems.
 * @param options `trustProxy` takes X-Forwarded-* from the reverse proxy in front
 */
export function createApp(options: { name: string; trustProxy?: boolean; corsOrigins?: string[] }): Koa {
  const app = new Koa({ proxy: options.trustProxy ?? false })
  app.silent = true
  app.on('error', (error: NodeJS.ErrnoException) => {
    // A client that went away is no fault of ours.
    if (error.code === 'ECONNRESET' || error.code === 'EPIPE' || error.code === 'ERR_STREAM_PREMATURE_CLOSE') return
    log(options.name).error({ err: error }, 'request failed outside a handler')
  })
  app.use(trace())
  app.use(requestLog(options.name))
  app.use(cors(new Set(options.corsOrigins ?? [])))
  app.use(securityHeaders())
  app.use(problems(options.name))
  return app
}

function trace(): Middleware {
  return (ctx, next) =>
    withTrace(ctx.get('traceparent') || undefined, async () => {
      const current = currentTrace()
      if (current) ctx.set('traceparent', current.traceparent)
      await next()
    })
}

function requestLog(name: string): Middleware {
  const logger = log(name)
  return async (ctx, next) => {
    const started = performance.now()
    try {
      await next()
    } finally {
      const ms = performance.now() - started
      observed(name, ctx.method, Math.floor(ctx.status / 100)).observe(ms / 1000)
      // Only the path: query strings carry codes and tokens.
      logger.debug({ method: ctx.method, path: ctx.path, status: ctx.status, ms: Math.round(ms) }, 'request')
    }
  }
}

const histograms = new Map<string, ReturnType<typeof requestSeconds.labels>>()
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** The histogram of one kind of request; to look it up by its labels costs more than to count. */
function observed(service: string, method: string, hundreds: number): ReturnType<typeof requestSeconds.labels> {
  const labels = { service, method: methods.has(method) ? method : 'other', status: `${hundreds}xx` }
  const key = `${labels.service} ${labels.method} ${labels.status}`
  const known = histograms.get(key)
  if (known) return known
  const made = requestSeconds.labels(labels)
  histograms.set(key, made)
  return made
}

function cors(origins: ReadonlySet<string>): Middleware {
  return async (ctx, next) => {
    const origin = ctx.get('origin')
    if (!origin || !origins.has(origin)) return await next()
    ctx.vary('Origin')
    if (ctx.method === 'OPTIONS' && ctx.get('access-control-request-method')) {
      ctx.set({
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Allow-Credentials': 'true',
        'Access-Control-Allow-Methods': 'GET, POST, PUT, PATCH, DELETE',
        'Access-Control-Allow-Headers': ctx.get('access-control-request-headers'),
        'Access-Control-Max-Age': '600',
      })
      ctx.status = 204
      return
    }
    try {
      await next()
    } finally {
      // Set after the handlers: a library that sees the headers beforehand switches its own CORS off.
      ctx.set({
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Allow-Credentials': 'true',
        'Access-Control-Expose-Headers': 'traceparent, Retry-After, ETag, Location',
      })
    }
  }
}

function securityHeaders(): Middleware {
  return async (ctx, next) => {
    ctx.set({ 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer' })
    await next()
  }
}

function problems(name: string): Middleware {
  const logger = log(name)
  return async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      answerProblem(ctx, toProblem(error, logger))
    }
    if (ctx.status === 404 && ctx.body === undefined && ctx.respond !== false) {
      answerProblem(
        ctx,
        new Problem(404, 'not_found', { zh: '这里没有这个地址', en: 'There is nothing at this address' }),
      )
    }
  }
}

function toProblem(error: unknown, logger: ReturnType<typeof log>): Problem {
  if (error instanceof Problem) return error
  const { status, expose, message } = error as { status?: number; expose?: boolean; message?: string }
  if (status && status >= 400 && status < 500) {
    // A body parser refuses without marking its words as fit to be shown.
    const unreadable = { zh: '请求读不懂：正文不合格式', en: 'The request cannot be read: its body is malformed' }
    return new Problem(status, `http_${status}`, expose && message ? message : unreadable)
  }
  logger.error({ err: error }, 'request failed')
  return new Problem(500, 'internal', {
    zh: '服务出错了，已记录；请凭 traceId 联系管理员',
    en: 'The service failed and recorded it; give the traceId to an administrator',
  })
}

function answerProblem(ctx: Context, problem: Problem): void {
  const language = preferredLanguage(ctx.get('accept-language'))
  for (const [header, value] of Object.entries((problem.extra.headers as Record<string, string> | undefined) ?? {}))
    ctx.set(header, value)
  ctx.status = problem.status
  ctx.body = JSON.stringify(problem.toJSON(language, currentTrace()?.traceId))
  ctx.type = 'application/problem+json'
}
