import { GraphQLError } from 'graphql'
import type { Context } from 'koa'
import { IssuerUnavailable } from '../access/authenticate.ts'
import { Unauthenticated } from '../access/person.ts'
import { TooManyRequests } from '../clients/clients.ts'

/** Says why a request was refused before anything of it ran. @throws error when it is no refusal */
export function answerRefusal(ctx: Context, error: unknown, language: 'zh' | 'en'): void {
  if (error instanceof Unauthenticated) {
    ctx.status = 401
    ctx.set('WWW-Authenticate', 'Bearer')
    ctx.body = {
      errors: [{ message: error.reason[language], extensions: { code: 'UNAUTHENTICATED', retryable: false } }],
    }
    return
  }
  if (error instanceof TooManyRequests) {
    ctx.status = 429
    ctx.set('Retry-After', String(error.retryAfter))
    ctx.body = { errors: [error.told(language)] }
    return
  }
  if (error instanceof GraphQLError) {
    const { http, ...extensions } = error.extensions
    ctx.status = (http as { status?: number } | undefined)?.status ?? 400
    // What was not read of the body must not be taken for the next request.
    ctx.set('Connection', 'close')
    ctx.body = { errors: [{ message: error.message, extensions }] }
    return
  }
  if (!(error instanceof IssuerUnavailable)) throw error
  ctx.status = 503
  ctx.set('Retry-After', '2')
  const message =
    language === 'en' ? 'The sign-in service cannot be reached; try again' : '登录服务暂时无法访问，请重试'
  ctx.body = { errors: [{ message, extensions: { code: 'UPSTREAM_UNAVAILABLE', system: 'idp', retryable: true } }] }
}
