import { GraphQLError } from 'graphql'
import type { Text } from '../systems/types.ts'
import { UpstreamError } from '../systems/types.ts'
import type { RequestContext } from './context.ts'

type Speaker = Pick<RequestContext, 'locale' | 'traceId' | 'systems'>

/** Bad input of the caller: what was wrong and what would be right. */
export function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_INPUT', retryable: false } })
}

/** The viewer has no right to it. */
export function forbidden(context: Speaker, system: string | null, what: string): GraphQLError {
  return coded(
    context,
    'FORBIDDEN',
    system,
    { zh: `没有权限读取 ${what}`, en: `You have no right to read ${what}` },
    false,
  )
}

export function notFound(context: Speaker, what: Text): GraphQLError {
  return coded(context, 'NOT_FOUND', null, what, false)
}

/**
 * An error of a system as people may see it: never the system's own words, which may hold what they may not read.
 * @param write what was asked for is a write: then its refusal was written for whoever asked, and is told
 */
export function toGraphQLError(error: unknown, context: Speaker, write = false): unknown {
  if (!(error instanceof UpstreamError)) return error
  const known = context.systems.has(error.system) ? context.systems.get(error.system).describe().name : undefined
  const name = known ?? { zh: error.system, en: error.system }
  const graphQl = coded(context, error.code, error.system, sentences[error.code](name), error.retryable)
  if (write && error.reason && error.code === 'UPSTREAM_REFUSED') graphQl.extensions.reason = error.reason
  return graphQl
}

const sentences: Record<UpstreamError['code'], (name: Text) => Text> = {
  UPSTREAM_TIMEOUT: name => ({ zh: `${name.zh} 没有及时应答`, en: `${name.en} did not answer in time` }),
  UPSTREAM_UNAVAILABLE: name => ({ zh: `${name.zh} 没有应答`, en: `${name.en} does not answer` }),
  UPSTREAM_UNAUTHENTICATED: name => ({
    zh: `${name.zh} 不接受你的身份`,
    en: `${name.en} does not accept your identity`,
  }),
  UPSTREAM_REFUSED: name => ({ zh: `${name.zh} 拒绝了这个请求`, en: `${name.en} refused the request` }),
  UPSTREAM_BAD_ANSWER: name => ({
    zh: `${name.zh} 的应答无法理解`,
    en: `${name.en} gave an answer that makes no sense`,
  }),
  UPSTREAM_BUSY: name => ({
    zh: `${name.zh} 要求少发请求，请稍后再试`,
    en: `${name.en} asks for fewer requests; try again in a while`,
  }),
  UPSTREAM_UNTRUSTED: name => ({
    zh: `与 ${name.zh} 之间没有建立安全连接：证书有问题，请联系管理员`,
    en: `There is no secure connection to ${name.en}: a certificate is not accepted; tell an administrator`,
  }),
  CIRCUIT_OPEN: name => ({
    zh: `${name.zh} 暂时没有应答，稍后会再试`,
    en: `${name.en} has stopped answering; it is tried again shortly`,
  }),
}

function coded(context: Speaker, code: string, system: string | null, text: Text, retryable: boolean): GraphQLError {
  return new GraphQLError(context.locale === 'en' ? text.en : text.zh, {
    extensions: { code, ...(system && { system }), retryable, traceId: context.traceId },
  })
}
