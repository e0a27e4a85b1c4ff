import { currentTrace } from '@atrium/platform/log'

/** What came of a request to another service. `permanent` = a repeat would get the same refusal. */
export type Answer =
  | { kind: 'ok'; status: number; body: unknown }
  | { kind: 'failed'; status: number | null; permanent: boolean; reason: string; wait: { retryInMs?: number } }

/** 401 and 403 heal when keys or rights are put right, 408, 409, 425 and 429 by waiting. */
const passing = new Set([401, 403, 404, 408, 409, 425, 429])

/**
 * One JSON request with a bearer token and a time limit. Never throws: every way to fail is an answer.
 * @param o `timeoutMs` covers connecting, waiting and reading the body
 */
export async function requestJson(
  url: string,
  o: { method: string; token: string; contentType?: string; body?: unknown; timeoutMs?: number },
): Promise<Answer> {
  const trace = currentTrace()
  try {
    const response = await fetch(url, {
      method: o.method,
      headers: {
        authorization: `Bearer ${o.token}`,
        accept: 'application/scim+json, application/json',
        ...(o.body === undefined ? {} : { 'content-type': o.contentType ?? 'application/json' }),
        ...(trace ? { traceparent: trace.traceparent } : {}),
      },
      body: o.body === undefined ? undefined : JSON.stringify(o.body),
      // A token must not follow a redirect to another host.
      redirect: 'manual',
      signal: AbortSignal.timeout(o.timeoutMs ?? 10_000),
    })
    const text = await response.text()
    if (!response.ok) return failed(response, text)
    const body = parse(text)
    if (body === undefined)
      return {
        kind: 'failed',
        status: response.status,
        permanent: false,
        reason: `answered ${response.status} with something that is not JSON`,
        wait: {},
      }
    return { kind: 'ok', status: response.status, body }
  } catch (error) {
    return { kind: 'failed', status: null, permanent: false, reason: unreachable(error), wait: {} }
  }
}

function failed(response: Response, text: string): Answer {
  const body = parse(text) as { detail?: unknown; scimType?: unknown } | null | undefined
  const said = typeof body?.detail === 'string' ? `: ${body.detail.slice(0, 300)}` : ''
  const seconds = Number(response.headers.get('retry-after'))
  return {
    kind: 'failed',
    status: response.status,
    permanent: response.status < 500 && !passing.has(response.status),
    reason: `answered ${response.status}${said}`,
    wait: Number.isFinite(seconds) && seconds > 0 ? { retryInMs: Math.min(seconds, 3600) * 1000 } : {},
  }
}

/** The value, null for an empty body (204), undefined for what is no JSON. */
function parse(text: string): unknown {
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function unreachable(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string } }
  if (name === 'TimeoutError') return 'did not answer in time'
  return cause?.code ? `not reachable (${cause.code})` : message
}
