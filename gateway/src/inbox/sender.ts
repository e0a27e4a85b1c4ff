import { Problem } from '@atrium/platform/problem'
import { Webhook } from 'standardwebhooks'
import { IssuerUnavailable } from '../access/authenticate.ts'
import { Unauthenticated, type Viewer } from '../access/person.ts'
import type { MessagesFile } from './rules/schema.ts'

/** The sources a request may speak for, after its sender proved itself. */
export interface Sender {
  id: string
  sources: ReadonlySet<string>
}

/** The gateway's check of an Authorization header. @throws Unauthenticated, IssuerUnavailable */
export type Authenticate = (authorization: string | undefined) => Promise<Viewer>

/**
 * Who sends events: a client with a token of scope `events:write`, or a system by a Standard Webhooks signature
 * (https://www.standardwebhooks.com) with its source's secret, not older or newer than five minutes.
 * @throws Problem 401 or 403
 */
export async function authenticateSender(
  headers: Record<string, string | string[] | undefined>,
  body: string,
  sources: MessagesFile['sources'],
  authenticate: Authenticate,
): Promise<Sender> {
  const signature = headers['webhook-signature']
  if (typeof signature === 'string') return bySignature(headers, body, sources)
  const authorization = headers.authorization
  if (typeof authorization !== 'string') {
    throw refuse('unauthenticated', {
      zh: '发送事件需要带 events:write 的令牌，或 Standard Webhooks 签名',
      en: 'Sending events takes a bearer token with the scope events:write, or a Standard Webhooks signature',
    })
  }
  const viewer = await authenticate(authorization).catch((error: unknown) => {
    if (error instanceof Unauthenticated) throw refuse('invalid_token', error.reason)
    if (error instanceof IssuerUnavailable) {
      const detail = { zh: '现在无法核对令牌，请稍后重发', en: 'The token cannot be checked now; send again later' }
      throw new Problem(503, 'issuer_unavailable', detail, { headers: { 'Retry-After': '5' } })
    }
    throw error
  })
  if (viewer.kind !== 'client' || !viewer.scopes.includes('events:write')) {
    throw new Problem(403, 'insufficient_scope', {
      zh: '这个令牌没有 events:write，不能发送事件',
      en: 'This token lacks the scope events:write and cannot send events',
    })
  }
  const own = Object.entries(sources).filter(([, sender]) => sender.client === viewer.clientId)
  return { id: viewer.clientId, sources: new Set(own.map(([source]) => source)) }
}

function bySignature(
  headers: Record<string, string | string[] | undefined>,
  body: string,
  sources: MessagesFile['sources'],
): Sender {
  const signed = {
    'webhook-id': String(headers['webhook-id'] ?? ''),
    'webhook-timestamp': String(headers['webhook-timestamp'] ?? ''),
    'webhook-signature': String(headers['webhook-signature']),
  }
  const age = Math.abs(Date.now() / 1000 - Number(signed['webhook-timestamp']))
  if (!(age <= 300)) {
    throw refuse('stale_signature', {
      zh: '签名的时间与现在相差超过 5 分钟；请校准时钟后重新签名发送',
      en: 'The signature is more than five minutes from now; set the clock and sign again',
    })
  }
  // The secret that fits names the sender; the unproved content does not.
  for (const [source, sender] of Object.entries(sources)) {
    if (sender.webhookSecrets.some(secret => verifies(secret, body, signed)))
      return { id: source, sources: new Set([source]) }
  }
  throw refuse('bad_signature', { zh: '签名与任何来源的密钥都不符', en: 'The signature fits the secret of no source' })
}

function verifies(secret: string, body: string, headers: Record<string, string>): boolean {
  try {
    new Webhook(secret).verify(body, headers, { jsonParse: false })
    return true
  } catch {
    return false
  }
}

function refuse(code: string, detail: { zh: string; en: string }): Problem {
  return new Problem(401, code, detail, {
    headers: { 'WWW-Authenticate': 'Bearer realm="atrium", scope="events:write"' },
  })
}
