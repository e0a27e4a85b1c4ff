import { createHash, randomUUID } from 'node:crypto'
import { open, sha256 } from '@atrium/platform/secrets'
import { createLocalJWKSet, decodeJwt, exportJWK, generateKeyPair, type JSONWebKeySet, jwtVerify, SignJWT } from 'jose'
import type { Kysely } from 'kysely'
import type { Config } from '../../config.ts'
import type { Schema } from '../../database/schema.ts'
import { routes } from '../../oidc/paths.ts'
import { unwrapRefreshToken } from '../../oidc/refresh-token.ts'
import type { Text } from '../../oidc/tables.ts'
import { testCallback } from '../../oidc/tested-client.ts'
import { protocolOf } from '../kinds.ts'
import type { ApplicationRow } from '../read.ts'
import { askOwn, type OwnAnswer } from './own-endpoint.ts'
import type { Checks, TestResult } from './tests.ts'

/** Why a tried-out sign-in came to nothing, in words for administrators. */
export class TestFailure extends Error {
  readonly text: Text
  constructor(text: Text) {
    super(text.en)
    this.text = text
  }
}

type Claims = Record<string, unknown>
type Tokens = { access_token?: string; id_token?: string; refresh_token?: string; token_type?: string }
type Parts = { db: Kysely<Schema>; config: Config; application: ApplicationRow; checks: Checks }

/**
 * Goes the rest of the way as the application would: exchanges the code with the client's own authentication, verifies the ID token
 * by the published keys, asks for userinfo. The tokens are not kept.
 * @param answer what the authorization endpoint sent to the callback
 * @throws TestFailure
 */
export async function learn(
  parts: Parts,
  answer: { code?: string; id_token?: string; access_token?: string },
): Promise<TestResult> {
  const prove = protocolOf(parts.application).dpop ? await proofs(parts.config) : undefined
  const tokens: Tokens = answer.code ? await redeem(parts, answer.code, prove) : answer
  const idTokenClaims = await verifiedIdToken(parts, tokens.id_token)
  const access = tokens.access_token
  return {
    person: await personOf(parts.db, idTokenClaims.sub),
    idTokenClaims,
    accessTokenClaims: access?.split('.').length === 3 ? decodeJwt(access) : null,
    userinfo: access ? await askUserinfo(parts.config, access, prove) : null,
  }
}

async function redeem(
  { db, config, application, checks }: Parts,
  code: string,
  prove: Prover | undefined,
): Promise<Tokens> {
  const { authentication } = protocolOf(application)
  const secret = application.secret_sealed ? open(application.secret_sealed, config.ENCRYPTION_KEY) : ''
  const basic = authentication === 'client_secret_basic'
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: config.ISSUER + testCallback,
    code_verifier: checks.verifier,
    ...(basic ? {} : { client_id: application.id }),
    ...(authentication === 'client_secret_post' ? { client_secret: secret } : {}),
  })
  // RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
  const pair = `${encodeURIComponent(application.id)}:${encodeURIComponent(secret)}`
  const answered = await askOwn(config, {
    method: 'POST',
    path: routes.token,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(basic ? { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } : {}),
      ...(prove ? { dpop: await prove('POST', routes.token) } : {}),
    },
    body: String(body),
  })
  if (answered.status !== 200) throw refused('令牌端点', 'The token endpoint', answered)
  const tokens = JSON.parse(answered.body) as Tokens
  if (tokens.refresh_token) await forget(db, tokens.refresh_token)
  return tokens
}

/** Only this row: to revoke the token would end the grant, which the person's real visit to the application may stand on. */
async function forget(db: Kysely<Schema>, refreshToken: string): Promise<void> {
  await db
    .deleteFrom('oidc_model')
    .where('model', '=', 'RefreshToken')
    .where('id_hash', '=', sha256(unwrapRefreshToken(refreshToken)))
    .execute()
}

async function verifiedIdToken({ config, application, checks }: Parts, jwt: string | undefined) {
  if (!jwt) throw new TestFailure({ zh: '答复中没有 ID 令牌', en: 'The answer holds no ID token' })
  const published = await askOwn(config, { method: 'GET', path: routes.jwks })
  const { idTokenAlg } = protocolOf(application)
  try {
    const { payload } = await jwtVerify<{ sub: string }>(
      jwt,
      createLocalJWKSet(JSON.parse(published.body) as JSONWebKeySet),
      {
        issuer: config.ISSUER,
        audience: application.id,
        algorithms: [idTokenAlg],
        requiredClaims: ['sub', 'exp', 'iat'],
      },
    )
    if (payload.nonce !== checks.nonce) throw new Error('the nonce is another one')
    return payload
  } catch (error) {
    const why = (error as Error).message
    throw new TestFailure({ zh: `ID 令牌验证失败：${why}`, en: `The ID token does not verify: ${why}` })
  }
}

async function askUserinfo(config: Config, access: string, prove: Prover | undefined): Promise<Claims> {
  const headers: Record<string, string> = prove
    ? { authorization: `DPoP ${access}`, dpop: await prove('GET', routes.userinfo, access) }
    : { authorization: `Bearer ${access}` }
  const answered = await askOwn(config, { method: 'GET', path: routes.userinfo, headers })
  if (answered.status !== 200) throw refused('用户信息端点', 'The userinfo endpoint', answered)
  return answered.type.includes('application/jwt') ? decodeJwt(answered.body) : (JSON.parse(answered.body) as Claims)
}

type Prover = (method: string, path: string, token?: string) => Promise<string>

/** Makes proofs of one new key (RFC 9449 §4.2). */
async function proofs(config: Config): Promise<Prover> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwk = await exportJWK(publicKey)
  return (method, path, token) =>
    new SignJWT({
      htm: method,
      htu: config.ISSUER + path,
      jti: randomUUID(),
      ...(token ? { ath: createHash('sha256').update(token).digest('base64url') } : {}),
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      .setIssuedAt()
      .sign(privateKey)
}

async function personOf(db: Kysely<Schema>, id: string): Promise<TestResult['person']> {
  const person = await db.selectFrom('person').select(['id', 'name']).where('id', '=', id).executeTakeFirst()
  return person ?? { id, name: { zh: id, en: id } }
}

function refused(zh: string, en: string, { status, body }: OwnAnswer): TestFailure {
  let said = ''
  try {
    const { error, error_description: why, detail } = JSON.parse(body) as Record<string, string | undefined>
    said = [error, why ?? detail].filter(Boolean).join(': ')
  } catch {
    // Not JSON: the status alone has to do.
  }
  return new TestFailure({ zh: `${zh}答复 ${status} ${said}`.trim(), en: `${en} answered ${status} ${said}`.trim() })
}
