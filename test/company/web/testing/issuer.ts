import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

/** An issuer's published side, discovery document and keys, with a pen to sign what a test needs, right or wrong. */
export type TestIssuer = {
  issuer: string
  /** What its token endpoint was asked; it answers `token-1`, `token-2` … */
  tokenRequests: Record<string, string>[]
  /** Signs claims; `exp` is five minutes ahead unless given, null leaves it out. */
  sign(claims: JWTPayload, options?: { typ?: string; exp?: number | null; forged?: boolean }): Promise<string>
  /** A person's token for a system. */
  user(system: string, nativeId: string): Promise<string>
  /** A client's token for a system. */
  service(system: string, clientId: string, scope: string): Promise<string>
  /** New key; the old one is no longer published. */
  rotate(): Promise<void>
  stop(): Promise<void>
}

export async function startTestIssuer(): Promise<TestIssuer> {
  const newKey = async () => ({ kid: randomUUID(), ...(await generateKeyPair('ES256', { extractable: true })) })
  let key = await newKey()
  const forger = await newKey()
  const tokenRequests: Record<string, string>[] = []
  const server = createServer(async (request, response) => {
    const jwk = { ...(await exportJWK(key.publicKey)), kid: key.kid, alg: 'ES256', use: 'sig' }
    const path = request.url ?? ''
    if (path.endsWith('/token')) {
      let form = ''
      for await (const chunk of request) form += chunk
      tokenRequests.push({
        ...Object.fromEntries(new URLSearchParams(form)),
        authorization: request.headers.authorization ?? '',
      })
      response.writeHead(200, { 'content-type': 'application/json' })
      return response.end(
        JSON.stringify({ access_token: `token-${tokenRequests.length}`, token_type: 'Bearer', expires_in: 300 }),
      )
    }
    const body = path.endsWith('/.well-known/openid-configuration')
      ? {
          issuer,
          jwks_uri: `${issuer}/protocol/openid-connect/certs`,
          authorization_endpoint: `${issuer}/protocol/openid-connect/auth`,
          token_endpoint: `${issuer}/protocol/openid-connect/token`,
          end_session_endpoint: `${issuer}/protocol/openid-connect/logout`,
        }
      : { keys: [jwk] }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}/realms/test`

  const sign: TestIssuer['sign'] = async (claims, { typ = 'at+jwt', exp, forged = false } = {}) => {
    const signer = forged ? { ...forger, kid: key.kid } : key
    const jwt = new SignJWT({ iss: issuer, jti: randomUUID(), ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: signer.kid, typ })
      .setIssuedAt()
    if (exp !== null) jwt.setExpirationTime(exp ?? Math.floor(Date.now() / 1000) + 300)
    return await jwt.sign(signer.privateKey)
  }
  return {
    issuer,
    tokenRequests,
    sign,
    user: (system, nativeId) =>
      sign({
        aud: `urn:atrium:system:${system}`,
        sub: `e-${nativeId}`,
        native_id: nativeId,
        client_id: 'gateway',
        act: { sub: 'gateway' },
      }),
    service: (system, clientId, scope) =>
      sign({ aud: `urn:atrium:system:${system}`, sub: clientId, client_id: clientId, scope }),
    rotate: async () => {
      key = await newKey()
    },
    stop: () =>
      new Promise(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
