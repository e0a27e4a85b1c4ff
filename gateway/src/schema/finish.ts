import { log } from '@atrium/platform/log'
import { type ExecutionResult, GraphQLError } from 'graphql'
import { UpstreamError } from '../systems/types.ts'
import type { RequestContext } from './context.ts'
import { toGraphQLError } from './errors.ts'

const codes = new Set([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'BAD_INPUT',
  'TOO_COMPLEX',
  'TOO_MANY_REQUESTS',
  'OPERATION_REFUSED',
  'AUDIT_UNAVAILABLE',
  'NOT_FOUND',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_UNAVAILABLE',
  'UPSTREAM_UNAUTHENTICATED',
  'UPSTREAM_REFUSED',
  'UPSTREAM_BAD_ANSWER',
  'UPSTREAM_BUSY',
  'UPSTREAM_UNTRUSTED',
  'CIRCUIT_OPEN',
])

const logger = log('gateway')

/** An execution's result as it leaves the gateway: errors masked and told once, sources and what was left out named. */
export function finish(result: ExecutionResult, context: RequestContext): ExecutionResult {
  const { sources, access } = context
  context.reads.close(context)
  const extensions: Record<string, unknown> = { ...result.extensions, sources: sources.list() }
  if (sources.faultCount > 0) extensions.faults = { count: sources.faultCount, examples: sources.faults }
  if (access.denied.size > 0) extensions.denied = [...access.denied].sort()
  const errors = result.errors && tellOnce(result.errors.map(error => present(error, context)))
  return { ...(errors && { errors }), data: result.data ?? null, extensions }
}

/** An error as it may be shown. What nobody foresaw is logged whole and shown by its trace id only. */
export function present(
  error: GraphQLError,
  context: Pick<RequestContext, 'locale' | 'traceId' | 'systems'>,
): GraphQLError {
  const original = originOf(error)
  const told =
    original instanceof UpstreamError
      ? (toGraphQLError(original, context) as GraphQLError)
      : original instanceof GraphQLError
        ? original
        : undefined
  // The compiled operations' own errors come without extensions.
  const extensions = told?.extensions ?? error.extensions ?? {}
  const place = { nodes: error.nodes ?? null, path: error.path ?? null }
  if (codes.has(String(extensions.code))) {
    const { http: _http, ...plain } = extensions
    return new GraphQLError(told?.message ?? error.message, {
      ...place,
      extensions: { retryable: false, traceId: context.traceId, ...plain },
    })
  }
  // Errors of GraphQL itself (syntax, validation, variables) have no code, and no path since nothing ran yet.
  if (original instanceof GraphQLError && !error.path) {
    return new GraphQLError(error.message, {
      ...place,
      extensions: { code: 'BAD_INPUT', retryable: false, traceId: context.traceId },
    })
  }
  logger.error({ err: original ?? error, path: error.path?.join('.') }, 'a field failed in a way nobody foresaw')
  const text =
    context.locale === 'en'
      ? 'This failed and was recorded; give the trace id to an administrator'
      : '出错了，已记录；请凭 traceId 联系管理员'
  return new GraphQLError(text, {
    ...place,
    extensions: { code: 'INTERNAL', retryable: false, traceId: context.traceId },
  })
}

function originOf(error: GraphQLError): unknown {
  let at: unknown = error
  while (at instanceof GraphQLError && at.originalError) at = at.originalError
  return at
}

/** One failure of a system is one error, however many rows it touched; `count` says how many. */
function tellOnce(errors: readonly GraphQLError[]): GraphQLError[] {
  const told = new Map<string, GraphQLError>()
  for (const error of errors) {
    const place = error.path?.filter(part => typeof part === 'string').join('.') ?? ''
    const id = `${error.extensions.code} ${error.extensions.system ?? ''} ${place} ${error.extensions.system ? '' : error.message}`
    const first = told.get(id)
    if (!first) told.set(id, error)
    else first.extensions.count = Number(first.extensions.count ?? 1) + 1
  }
  return [...told.values()]
}
