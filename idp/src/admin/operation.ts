import { Problem, preferredLanguage } from '@atrium/platform/problem'
import bodyParser from '@koa/bodyparser'
import type { Router } from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import type { Caller } from './caller.ts'
import { faultsOf } from './faults.ts'

type Input<P, Q, B, C> = { params: P; query: Q; body: B; caller: C; deps: Deps; revision: number | undefined }

/**
 * One operation of an API: the schemas guard the handler and make its entry in the OpenAPI document.
 * `path` is written as in OpenAPI (`/admin/people/{id}`); `C` is who may call.
 */
export type Operation<C = Caller> = {
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
  /** What the document says of `If-Match`; absent where the operation does not look at it. */
  ifMatch?: string
  /** Whether a call without `If-Match` is refused (RFC 6585 §3). */
  ifMatchRequired?: boolean
  handle(input: Input<unknown, unknown, unknown, C>): Promise<unknown>
}

/** What the OpenAPI document needs of an operation, whoever may call it. */
export type DescribedOperation = Omit<Operation<never>, 'handle'>

/** Declares an operation of the admin API, with the handler's types taken from the schemas. */
export const operation = operationOf<Caller>()

/** The declaring function for operations that callers of one kind may call. */
export function operationOf<C>() {
  return function declare<
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
    ifMatch?: string
    ifMatchRequired?: boolean
    handle(input: Input<z.output<P>, z.output<Q>, z.output<B>, C>): Promise<A extends z.ZodNull ? void : z.input<A>>
  }): Operation<C> {
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
      handle: handle as Operation<C>['handle'],
    }
  }
}

/**
 * Puts an operation on a router. What a request meets, in order: who calls, parameters, body, handler, answer.
 * @param rules `admit` says who calls, or throws; `bodyLimit` is the most that a body may have, e.g. `64kb`
 */
export function mount<C>(
  router: Router,
  deps: Deps,
  one: Operation<C>,
  rules: { admit(ctx: Context): Promise<C>; bodyLimit: string },
): void {
  const parse = bodyParser({ enableTypes: ['json'], jsonLimit: rules.bodyLimit, onError: refuseBody })
  router[one.method](one.path.replace(/\{(\w+)\}/g, ':$1'), async (ctx: Context) => {
    ctx.set('cache-control', 'no-store')
    const caller = await rules.admit(ctx)
    await parse(ctx, async () => {})
    const language = preferredLanguage(ctx.get('accept-language'))
    const params = check(one.params, ctx.params, 'path', language)
    const query = check(one.query, ctx.query, 'query', language)
    const body = one.body ? check(one.body, ctx.request.body ?? {}, 'body', language) : null
    const revision = revisionOf(ctx, one.ifMatchRequired ?? false)
    const result = await one.handle({ params, query, body, caller, deps, revision })
    ctx.status = one.status
    if (!one.answer) return
    // An answer that the document does not describe is a fault of ours, found by every test that calls the operation.
    ctx.body = one.answer.parse(result)
    const seen = ctx.body as Revised & { draft?: Revised | null; application?: Revised }
    const now = seen.revision ?? seen.draft?.revision ?? seen.application?.revision
    if (now !== undefined) ctx.set('etag', `"${now}"`)
  })
}

type Revised = { revision?: number }

function refuseBody(error: Error): never {
  if ((error as { status?: number }).status === 413)
    throw new Problem(413, 'body_too_large', { zh: '请求体太大', en: 'The body is too large' })
  throw new Problem(400, 'malformed_body', { zh: '请求体不是有效的 JSON', en: 'The body is not valid JSON' })
}

/** The revision that the caller saw, from `If-Match: "7"` (RFC 9110 §13.1.1); none for `*`, which takes any. */
function revisionOf(ctx: Context, required: boolean): number | undefined {
  const header = ctx.get('if-match')
  if (!header && required)
    throw new Problem(428, 'precondition_required', {
      zh: '请在 If-Match 头里给出读取时的 ETag，以免覆盖别人的修改',
      en: 'Give the ETag that you read in If-Match, so that nobody’s change is overwritten',
    })
  if (!header || header === '*') return undefined
  const revision = /^"(\d{1,9})"$/.exec(header)?.[1]
  if (!revision)
    throw new Problem(400, 'bad_request', {
      zh: 'If-Match 应为上次答复的 ETag，例如 "7"',
      en: 'If-Match must be the ETag of an earlier answer, e.g. "7"',
    })
  return Number(revision)
}

function check(schema: z.ZodType, value: unknown, place: 'path' | 'query' | 'body', language: 'zh' | 'en'): unknown {
  const checked = faultsOf(schema, value, place, language)
  if ('data' in checked) return checked.data
  const brief = checked.errors
    .slice(0, 3)
    .map(error => `${error.path}: ${error.message}`)
    .join('; ')
  throw new Problem(
    400,
    'bad_request',
    { zh: `请求不符合要求：${brief}`, en: `The request is not as it should be: ${brief}` },
    { errors: checked.errors },
  )
}
