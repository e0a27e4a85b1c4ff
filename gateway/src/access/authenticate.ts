import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { z } from 'zod'
import { type Person, Unauthenticated, type Viewer } from './person.ts'

/** Audience of the tokens this gateway accepts (RFC 9068 §3). */
export const audience = 'atrium'

const clockTolerance = 5

/** The issuer's keys cannot be had, so nobody can be told apart: not the caller's fault, worth a retry. */
export class IssuerUnavailable extends Error {
  readonly code = 'ISSUER_UNAVAILABLE'
  readonly retryable = true
}

/** Checks a token's signature, issuer, audience and times. @throws Unauthenticated, IssuerUnavailable */
export type TokenVerifier = (token: string) => Promise<JWTPayload>

/** Verifies JWT access tokens (RFC 9068) by the keys the issuer publishes (`issuer-keys.ts`). */
export function createTokenVerifier(issuer: string, keys: JWTVerifyGetKey): TokenVerifier {
  return async token => {
    try {
      return (
        await jwtVerify(token, keys, {
          issuer,
          audience,
          algorithms: ['ES256', 'RS256'],
          clockTolerance,
          requiredClaims: ['exp', 'sub'],
        })
      ).payload
    } catch (error) {
      throw refusal(error)
    }
  }
}

const claimsSchema = z.object({
  sub: z.string().min(1),
  exp: z.number(),
  client_id: z.string().optional(),
  azp: z.string().optional(),
  scope: z.string().default(''),
  sid: z.string().optional(),
  cnf: z.unknown().optional(),
})

/**
 * Says who sends a request, from its Authorization header (RFC 6750 §2.1). The token only identifies; what the person may
 * do stands in the table `people`.
 * @throws Unauthenticated when there is no valid token or the person is unknown or deactivated
 * @throws IssuerUnavailable when the issuer's keys cannot be had
 */
export async function authenticate(
  authorization: string | undefined,
  deps: { verify: TokenVerifier; findPerson: (id: string) => Promise<Person | undefined> },
): Promise<Viewer> {
  const token = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization?.trim() ?? '')?.[1]
  if (!token)
    throw new Unauthenticated({
      zh: '请先登录：这里需要 Bearer 访问令牌',
      en: 'Sign in first: a Bearer access token is needed here',
    })
  const claims = claimsOf(await deps.verify(token))
  // Whoever found a token that is bound to a key must not use it without that key (RFC 9449 §7.2).
  if (claims.cnf !== undefined)
    throw new Unauthenticated({
      zh: '这个令牌绑定了密钥，不能当作 Bearer 令牌使用',
      en: 'This token is bound to a key and cannot be used as a Bearer token',
    })
  const clientId = claims.client_id ?? claims.azp
  // Client credentials: the client is its own subject (RFC 9068 §2.2).
  if (clientId !== undefined && claims.sub === clientId) {
    return { kind: 'client', clientId, scopes: claims.scope.split(' ').filter(Boolean), tokenExpiresAt: claims.exp }
  }
  const person = await deps.findPerson(claims.sub)
  if (!person) throw new Unauthenticated({ zh: '目录里没有这个账号', en: 'The directory has no such account' })
  if (!person.active) throw new Unauthenticated({ zh: '这个账号已停用', en: 'This account is deactivated' })
  return {
    kind: 'person',
    person,
    accessToken: token,
    tokenExpiresAt: claims.exp,
    ...(claims.sid === undefined ? {} : { sessionId: claims.sid }),
    ...(clientId === undefined ? {} : { clientId }),
  }
}

// A verifier may give the same payload again.
const read = new WeakMap<JWTPayload, z.infer<typeof claimsSchema>>()

function claimsOf(payload: JWTPayload): z.infer<typeof claimsSchema> {
  const known = read.get(payload)
  if (known) return known
  const result = claimsSchema.safeParse(payload)
  if (!result.success)
    throw new Unauthenticated({ zh: '访问令牌的内容不完整', en: 'The access token lacks a claim it must have' })
  read.set(payload, result.data)
  return result.data
}

function refusal(error: unknown): Error {
  if (error instanceof errors.JWTExpired)
    return new Unauthenticated({ zh: '访问令牌已过期，请重新取得', en: 'The access token has expired; get a new one' })
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.claim === 'aud'
      ? new Unauthenticated({ zh: '这个访问令牌不是发给 Atrium 的', en: 'This access token was not issued for Atrium' })
      : new Unauthenticated({ zh: `访问令牌的 ${error.claim} 不对`, en: `The access token's ${error.claim} is wrong` })
  }
  // Anything else jose throws about the token itself; what it throws about fetching the keys is a timeout or a plain Error.
  const ofToken = [
    errors.JWSSignatureVerificationFailed,
    errors.JWSInvalid,
    errors.JWTInvalid,
    errors.JOSEAlgNotAllowed,
    errors.JWKSNoMatchingKey,
    errors.JOSENotSupported,
  ]
  if (ofToken.some(kind => error instanceof kind)) {
    return new Unauthenticated({
      zh: '访问令牌无效：签名不是这里的签发者的',
      en: 'The access token is invalid: this issuer did not sign it',
    })
  }
  return new IssuerUnavailable(`the issuer's keys cannot be had: ${(error as Error).message}`, { cause: error })
}
