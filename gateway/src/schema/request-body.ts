import type { IncomingMessage } from 'node:http'
import { GraphQLError } from 'graphql'

/** Most bytes a request may send: texts and variables of what people do are far below. */
export const mostBytes = 256 * 1024

/** Refuses what is no JSON by its own account: forms and texts could be sent by any page. @throws GraphQLError BAD_INPUT, status 415 */
export function checkType(type: string | undefined): void {
  if (/^application\/json\s*(;|$)/i.test(type ?? '')) return
  throw new GraphQLError('a request is application/json', {
    extensions: { code: 'BAD_INPUT', retryable: false, http: { status: 415 } },
  })
}

/**
 * Refuses a body that is too large before any of it is kept. A length that is told in advance is enforced by the HTTP
 * parser; where none is told the body is read here, up to the bound.
 * @returns the body when it had to be read
 * @throws GraphQLError BAD_INPUT, status 413
 */
export async function boundedBody(request: IncomingMessage): Promise<string | undefined> {
  const told = request.headers['content-length']
  if (told !== undefined) {
    if (Number(told) > mostBytes) throw tooLarge()
    return undefined
  }
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length
    if (bytes > mostBytes) throw tooLarge()
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function tooLarge(): GraphQLError {
  return new GraphQLError(`the request has more than ${mostBytes} bytes`, {
    extensions: { code: 'BAD_INPUT', retryable: false, http: { status: 413 } },
  })
}
