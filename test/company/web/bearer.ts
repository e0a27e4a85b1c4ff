import { now } from '@atrium/platform/clock'
import { Problem } from '@atrium/platform/problem'
import { errors, type JWTPayload, jwtVerify } from 'jose'
import type { Issuer } from './issuer.ts'

/** Who calls an API of a sample system: a person of it, or a client in its own name. */
export type Caller =
  | { kind: 'user'; userId: string; sub: string; actor: string | null }
  | { kind: 'service'; clientId: string; scopes: string[] }

const realm = { 'WWW-Authenticate': 'Bearer error="invalid_token"' }

/**
 * Reads and verifies an `Authorization: Bearer` header (RFC 6750, RFC 9068) for one audience.
 * The token only identifies: rights are read from the system's own store.
 * @throws Problem 401 when the token is missing, forged, expired or for another audience; 503 when the issuer's keys cannot be had
 */
export async function verifyBearer(header: string | undefined, issuer: Issuer, audience: string): Promise<Caller> {
  const token = /^Bearer ([\w.~+/-]+=*)$/i.exec(header ?? '')?.[1]
  if (!token)
    throw new Problem(
      401,
      'token_missing',
      {
        zh: '请求缺少访问令牌：Authorization: Bearer …',
        en: 'The request carries no access token: Authorization: Bearer …',
      },
      { headers: { 'WWW-Authenticate': 'Bearer' } },
    )
  const claims = await verify(token, issuer, audience)
  if (typeof claims.native_id === 'string' && claims.sub)
    return { kind: 'user', userId: claims.native_id, sub: claims.sub, actor: actorOf(claims) }
  if (typeof claims.client_id === 'string' && (!claims.sub || claims.sub === claims.client_id))
    return {
      kind: 'service',
      clientId: claims.client_id,
      scopes: String(claims.scope ?? '')
        .split(' ')
        .filter(Boolean),
    }
  throw new Problem(
    401,
    'account_missing',
    {
      zh: '这个令牌没有对应本系统的账号',
      en: 'This token names no account of this system',
    },
    { headers: realm },
  )
}

async function verify(token: string, issuer: Issuer, audience: string): Promise<JWTPayload> {
  const keys = await issuer.keys().catch(() => {
    throw unavailable()
  })
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: issuer.issuer,
      audience,
      algorithms: ['ES256', 'RS256', 'PS256', 'EdDSA'],
      requiredClaims: ['exp'],
      clockTolerance: 5,
      currentDate: now(),
    })
    return payload
  } catch (error) {
    if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) throw unavailable()
    const expired = error instanceof errors.JWTExpired
    throw new Problem(
      401,
      expired ? 'token_expired' : 'token_invalid',
      {
        zh: expired ? '访问令牌已过期' : '访问令牌无效，或不是发给本系统的',
        en: expired ? 'The access token has expired' : 'The access token is invalid or meant for another system',
      },
      { headers: realm },
    )
  }
}

const actorOf = (claims: JWTPayload): string | null => {
  const act = claims.act as { sub?: unknown } | undefined
  return typeof act?.sub === 'string' ? act.sub : null
}

const unavailable = () =>
  new Problem(
    503,
    'issuer_unavailable',
    {
      zh: '无法取得签发方的公钥，请稍后重试',
      en: "The issuer's keys cannot be had at the moment; try again later",
    },
    { headers: { 'Retry-After': '5' } },
  )
