import { log } from '@atrium/platform/log'
import { Problem } from '@atrium/platform/problem'
import type { Context, Middleware } from 'koa'
import type { Caller as TokenCaller } from '../../web/bearer.ts'
import { readLimited } from '../../web/limited-body.ts'
import { asODataError, callerFrom } from '../access/caller.ts'
import { answerBatch } from './batch.ts'
import { badRequest, ODataError } from './errors.ts'
import { answer, errorResponse, type ODataResponse, type Service } from './service.ts'

export const SERVICE_PATH = '/odata/v4'

/** Largest request body, in bytes. */
const LARGEST_BODY = 2_000_000

/** The OData service at `/odata/v4` for Koa. `$metadata` and the service document are public, everything else needs a token. */
export function odataRoutes(
  service: Service,
  authenticate: (header: string | undefined) => Promise<TokenCaller>,
): Middleware {
  const logger = log('erp')
  return async (ctx, next) => {
    if (ctx.path !== SERVICE_PATH && !ctx.path.startsWith(`${SERVICE_PATH}/`)) return await next()
    let response: ODataResponse
    try {
      response = await handle(ctx, service, authenticate)
    } catch (error) {
      if (error instanceof Problem && error.extra.headers) ctx.set(error.extra.headers as Record<string, string>)
      response = errorResponse(toODataError(error))
      if (response.status === 500) logger.error({ err: error }, 'OData request failed')
    }
    ctx.status = response.status
    ctx.set(response.headers)
    ctx.set('Cache-Control', 'no-store')
    if (response.body !== undefined) ctx.body = response.body
  }
}

const toODataError = (error: unknown): ODataError => {
  if (error instanceof ODataError) return error
  if (error instanceof Problem) return asODataError(error)
  return new ODataError(500, 'InternalError', 'The service failed and recorded it.')
}

async function handle(
  ctx: Context,
  service: Service,
  authenticate: (header: string | undefined) => Promise<TokenCaller>,
): Promise<ODataResponse> {
  const target = ctx.req.url ?? ''
  const url = target.slice(SERVICE_PATH.length).replace(/^\//, '')
  const path = url.split('?')[0]
  const headers = Object.fromEntries(
    Object.entries(ctx.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  )
  if (path === '' || path === '$metadata')
    return answer({ method: ctx.method, url, headers }, { kind: 'service', clientId: '', mayProvision: false }, service)
  const token = await authenticate(headers.authorization)
  const hasBody = ['POST', 'PATCH', 'PUT'].includes(ctx.method)
  const body = hasBody ? await bodyOf(ctx) : undefined
  const caller = callerFrom(service.db, token)
  if (path !== '$batch') return answer({ method: ctx.method, url, headers, body }, caller, service)
  if (ctx.method !== 'POST') throw new ODataError(405, 'MethodNotAllowed', 'A batch is sent by POST.')
  const answered = answerBatch(body, caller, service)
  return { status: 200, headers: { 'content-type': 'application/json', 'odata-version': '4.0' }, body: answered }
}

/** JSON, or the text of a `$query`. @throws ODataError 400, 413, 415 */
async function bodyOf(ctx: Context): Promise<unknown> {
  const text = await readLimited(ctx.req, LARGEST_BODY)
  if (text === undefined) throw new ODataError(413, 'PayloadTooLarge', `The body is larger than ${LARGEST_BODY} bytes.`)
  if (ctx.is('text/plain')) return text
  if (!ctx.is('json', '+json'))
    throw new ODataError(
      415,
      'UnsupportedMediaType',
      'The body must be application/json; a batch, too, is sent as JSON.',
    )
  try {
    return JSON.parse(text)
  } catch {
    throw badRequest('The body is no valid JSON.')
  }
}
