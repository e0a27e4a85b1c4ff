import { Problem, preferredLanguage } from '@atrium/platform/problem'
import bodyParser from '@koa/bodyparser'
import type { Router } from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { admit, type Caller } from './caller.ts'

type Input<P, Q, B> = { params: P; query: Q; body: B; caller: Caller; deps: Deps; revision: number | undefined }

/**
 * One operation of the admin API: the schemas guard the handler and make its entry in the OpenAPI document.
 * `path` is written as in OpenAPI (`/admin/people/{id}`).
 */
export type Operation = {
  id: string
  method: 'get' | 'post' | 'put' | 'delete'
  path: string
  summary: string
  tag: string
  params: z.ZodObject
  query: z.ZodObject
  body: z.ZodType | null
  /** The answer's body; null for 204. */
  answer: z.ZodType | null
  status: number
  /** The problems it may answer besides 400, 401, 403 and 500. */
  problems: number[]
  handle(input: Input<unknown, unknown, unknown>): Promise<unknown>
}

/** Declares an operation, with the handler's types taken from the schemas. */
export function operation<
  P extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Q extends z.ZodObject = z.ZodObject<Record<never, never>>,
  B extends z.ZodType = z.ZodNull,
  A extends z.ZodType = z.ZodNull,
>(o: {
  id: string
  method: Operation['method']
  path: string
  summary: string
  tag: string
  params?: P
  query?: Q
  body?: B
  answer?: A
  status?: number
  problems?: number[]
  handle(input: Input<z.output<P>, z.output<Q>, z.output<B>>): Promise<A extends z.ZodNull ? void : z.input<A>>
}): Operation {
  const { params, query, body, answer, handle, ...rest } = o
  return {
    ...rest,
    params: params ?? z.object({}),
    query: query ?? z.strictObject({}),
    body: body ?? null,
    answer: answer ?? null,
    status: o.status ?? (answer ? 200 : 204),
    problems: o.problems ?? [],
    // The schemas above have checked exactly these types before the handler runs.
    handle: handle as Operation['handle'],
  }
}

/** Puts an operation on a router. What a request meets, in order: who calls, parameters, body, handler, answer. */
export function mount(router: Router, deps: Deps, one: Operation): void {
  const parse = bodyParser({
    enableTypes: ['json'],
    jsonLimit: '16mb',
    onError: () => {
      throw new Problem(400, 'malformed_body', { zh: '请求体不是有效的 JSON', en: 'The body is not valid JSON' })
    },
  })
  router[one.method](one.path.replace(/\{(\w+)\}/g, ':$1'), parse, async (ctx: Context) => {
    const caller = await admit(deps, ctx, ['admin'])
    const language = preferredLanguage(ctx.get('accept-language'))
    const params = check(one.params, ctx.params, 'path', language)
    const query = check(one.query, ctx.query, 'query', language)
    const body = one.body ? check(one.body, ctx.request.body ?? {}, 'body', language) : null
    const result = await one.handle({ params, query, body, caller, deps, revision: revisionOf(ctx) })
    ctx.set('cache-control', 'no-store')
    ctx.status = one.status
    if (!one.answer) return
    // An answer that the document does not describe is a fault of ours, found by every test that calls the operation.
    ctx.body = one.answer.parse(result)
    const seen = ctx.body as { revision?: number; draft?: { revision?: number } | null }
    const revision = seen.revision ?? seen.draft?.revision
    if (revision !== undefined) ctx.set('etag', `"${revision}"`)
  })
}

/** The revision of the draft that the caller saw, from `If-Match: "7"` (RFC 9110 §13.1.1). */
function revisionOf(ctx: Context): number | undefined {
  const header = ctx.get('if-match')
  if (!header || header === '*') return undefined
  const revision = /^"(\d{1,9})"$/.exec(header)?.[1]
  if (!revision)
    throw new Problem(400, 'bad_request', {
      zh: 'If-Match 应为上次答复的 ETag，例如 "7"',
      en: 'If-Match must be the ETag of an earlier answer, e.g. "7"',
    })
  return Number(revision)
}

const locales = { zh: z.locales.zhCN().localeError, en: z.locales.en().localeError }

function check(schema: z.ZodType, value: unknown, place: 'path' | 'query' | 'body', language: 'zh' | 'en'): unknown {
  const result = schema.safeParse(value, { error: locales[language] })
  if (result.success) return result.data
  const errors = result.error.issues
    .slice(0, 50)
    .map(issue => ({ path: [place, ...issue.path].join('.'), message: issue.message }))
  const brief = errors
    .slice(0, 3)
    .map(error => `${error.path}: ${error.message}`)
    .join('; ')
  throw new Problem(
    400,
    'bad_request',
    { zh: `请求不符合要求：${brief}`, en: `The request is not as it should be: ${brief}` },
    { errors },
  )
}
