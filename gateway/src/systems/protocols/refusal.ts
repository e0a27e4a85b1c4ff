import { UpstreamError } from '../types.ts'
import { parseExactJson } from './exact-json.ts'
import type { HttpAnswer } from './protocol.ts'

const longestReason = 300

/**
 * The error that an HTTP status stands for; undefined for a success.
 * @param told what the system's own error body says
 */
export function refusal(
  system: string,
  answer: HttpAnswer,
  told: { reason?: string; reasonCode?: string } = {},
): UpstreamError | undefined {
  const { status } = answer
  if (status >= 200 && status < 300) return undefined
  const more = {
    status,
    ...(told.reason && { reason: told.reason.slice(0, longestReason) }),
    ...(told.reasonCode && { reasonCode: told.reasonCode }),
  }
  const message = `answered ${status}${told.reason ? `: ${told.reason.slice(0, longestReason)}` : ''}`
  if (status === 401)
    return new UpstreamError('UPSTREAM_UNAUTHENTICATED', system, message, { ...more, outcome: 'refused' })
  if (status === 429) return new UpstreamError('UPSTREAM_BUSY', system, message, { ...more, outcome: 'refused' })
  if (status >= 400 && status < 500)
    return new UpstreamError('UPSTREAM_REFUSED', system, message, { ...more, outcome: 'refused', retryable: false })
  if (status >= 500) {
    // A server's failure may have come after the deed; its words are about itself, not about the request.
    return new UpstreamError('UPSTREAM_UNAVAILABLE', system, message, { status, outcome: 'unknown' })
  }
  return new UpstreamError('UPSTREAM_BAD_ANSWER', system, `answered ${status}, which was not expected`, { status })
}

/** The answer is not what the protocol promises: HTML for JSON, half a document, a wrong shape. */
export function badAnswer(system: string, what: string, answer?: HttpAnswer): UpstreamError {
  return new UpstreamError('UPSTREAM_BAD_ANSWER', system, what, {
    outcome: 'unknown',
    retryable: false,
    ...(answer && { status: answer.status }),
    ...(answer?.contentType.startsWith('text/html') && { kind: 'page' as const }),
  })
}

/** Parses a JSON answer, no digit lost. @throws UpstreamError for another content type or a broken document */
export function parseJson(system: string, answer: HttpAnswer): unknown {
  if (answer.body === '') return null
  if (!/[/+]json\b/i.test(answer.contentType)) {
    throw badAnswer(system, `answered ${answer.contentType || 'no content type'} for JSON`, answer)
  }
  try {
    return parseExactJson(answer.body)
  } catch {
    throw badAnswer(system, 'answered a broken JSON document', answer)
  }
}

/** Parses an error's JSON body if it is one. */
export function tryJson(answer: HttpAnswer): unknown {
  if (!/[/+]json\b/i.test(answer.contentType)) return undefined
  try {
    return JSON.parse(answer.body)
  } catch {
    return undefined
  }
}
