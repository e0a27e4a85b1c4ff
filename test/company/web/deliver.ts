import { createHmac } from 'node:crypto'
import { now } from '@atrium/platform/clock'
import { clientCredentialsGrant } from 'openid-client'
import type { CloudEvent, Deliver } from './events.ts'
import type { Issuer } from './issuer.ts'

const TIMEOUT_MS = 10_000

/**
 * Structured CloudEvents signed by Standard Webhooks (https://www.standardwebhooks.com): headers `webhook-id`,
 * `webhook-timestamp`, `webhook-signature: v1,<HMAC-SHA256>`.
 * @param options.secret `whsec_` + base64, or the base64 alone
 */
export function signedDelivery(options: { url: string; secret: string }): Deliver {
  const key = Buffer.from(options.secret.replace(/^whsec_/, ''), 'base64')
  return async event => {
    const body = JSON.stringify(event)
    const timestamp = String(Math.floor(now().getTime() / 1000))
    const signature = createHmac('sha256', key).update(`${event.id}.${timestamp}.${body}`).digest('base64')
    return await post(options.url, body, {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'webhook-id': event.id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
      ...trace(event),
    })
  }
}

/** Binary-mode CloudEvents with a client-credentials token of scope `events:write`, fetched anew shortly before it expires. */
export function bearerDelivery(options: { url: string; issuer: Issuer; resource: string }): Deliver {
  let token: { value: string; until: number } | undefined
  const fetchToken = async () => {
    if (token && token.until > now().getTime()) return token.value
    const answer = await clientCredentialsGrant(await options.issuer.configuration(), {
      scope: 'events:write',
      resource: options.resource,
    })
    token = { value: answer.access_token, until: now().getTime() + ((answer.expires_in ?? 60) - 30) * 1000 }
    return token.value
  }
  return async event => {
    const { data, datacontenttype, traceparent: _traceparent, ...attributes } = event
    // Header values are percent-encoded UTF-8 (CloudEvents HTTP binding §3.1.3.2).
    const headers = Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [`ce-${name}`, encodeHeader(value)]),
    )
    const result = await post(options.url, JSON.stringify(data), {
      ...headers,
      ...trace(event),
      'content-type': datacontenttype,
      authorization: `Bearer ${await fetchToken()}`,
    })
    if (result.outcome !== 'delivered' && result.error.startsWith('HTTP 401')) token = undefined
    return result
  }
}

async function post(url: string, body: string, headers: Record<string, string>): ReturnType<Deliver> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await response.body?.cancel()
    if (response.ok) return { outcome: 'delivered' }
    // These say something about the event itself; everything else about the receiver's state.
    const refused = [400, 409, 410, 413, 415, 422].includes(response.status)
    return { outcome: refused ? 'refused' : 'unavailable', error: `HTTP ${response.status}` }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    return { outcome: 'unavailable', error: cause || String(error) }
  }
}

const trace = ({ traceparent }: CloudEvent): Record<string, string> => (traceparent ? { traceparent } : {})

const encodeHeader = (value: string) =>
  value.replace(/[^\x21-\x7e]|[%"]/gu, character => encodeURIComponent(character).replace(/^"$/, '%22'))
