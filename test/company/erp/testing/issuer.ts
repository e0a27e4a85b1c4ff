import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

/** An issuer that signs whatever a test asks for; what it signs, the systems verify as they verify the real one's. */
export type TestIssuer = {
  issuer: string
  /** A token that names a person by the id of one system, as token exchange gives it. */
  personToken(system: string, nativeId: string, claims?: JWTPayload): Promise<string>
  serviceToken(system: string, clientId?: string, scope?: string): Promise<string>
  sign(claims: JWTPayload): Promise<string>
  stop(): Promise<void>
}

export async function startIssuer(): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'test', alg: 'ES256', use: 'sig' }
  const server = createServer(async (request, response) => {
    const path = request.url?.split('?')[0] ?? ''
    response.setHeader('content-type', 'application/json')
    if (path.endsWith('/.well-known/openid-configuration')) return response.end(JSON.stringify(metadata()))
    if (path.endsWith('/certs')) return response.end(JSON.stringify({ keys: [jwk] }))
    if (path.endsWith('/token')) return response.end(JSON.stringify(await clientCredentials(request)))
    response.statusCode = 404
    response.end('{}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/realms/atrium`

  const metadata = () => ({
    issuer,
    authorization_endpoint: `${issuer}/protocol/openid-connect/auth`,
    token_endpoint: `${issuer}/protocol/openid-connect/token`,
    jwks_uri: `${issuer}/protocol/openid-connect/certs`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  })
  const sign = (claims: JWTPayload) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: 'test', typ: 'at+jwt' })
      .setIssuer(claims.iss ?? issuer)
      .setIssuedAt()
      .setExpirationTime(claims.exp ?? '5m')
      .sign(privateKey)
  async function clientCredentials(request: IncomingMessage) {
    const body = new URLSearchParams(await textOf(request))
    const [clientId = ''] = Buffer.from(request.headers.authorization?.split(' ')[1] ?? '', 'base64')
      .toString()
      .split(':')
    const scope = body.get('scope') ?? ''
    return {
      access_token: await sign({ sub: clientId, client_id: clientId, aud: 'atrium', scope }),
      token_type: 'Bearer',
      expires_in: 300,
    }
  }
  return {
    issuer,
    sign,
    personToken: (system, nativeId, claims = {}) =>
      sign({
        sub: 'e0000',
        aud: `urn:atrium:system:${system}`,
        native_id: nativeId,
        act: { sub: 'gateway' },
        client_id: 'gateway',
        ...claims,
      }),
    serviceToken: (system, clientId = 'gateway', scope = 'service') =>
      sign({ sub: clientId, client_id: clientId, aud: `urn:atrium:system:${system}`, scope }),
    stop: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** The body of a request, whole. */
export async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
