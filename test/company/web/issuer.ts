import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose'
import { allowInsecureRequests, ClientSecretBasic, type Configuration, discovery } from 'openid-client'

/** The OpenID provider as this system knows it: found by discovery at the first use, asked again after a failure. */
export type Issuer = {
  issuer: string
  clientId: string
  /** @throws when the issuer does not answer; the next call tries again */
  configuration(): Promise<Configuration>
  /** The issuer's public keys; fetched anew when a key id is unknown. */
  keys(): Promise<JWTVerifyGetKey>
}

export function createIssuer(options: { issuer: string; clientId: string; clientSecret: string }): Issuer {
  let found: Promise<{ configuration: Configuration; keys: JWTVerifyGetKey }> | undefined
  const find = () => {
    found ??= discover(options).catch(error => {
      found = undefined
      throw error
    })
    return found
  }
  return {
    issuer: options.issuer,
    clientId: options.clientId,
    configuration: async () => (await find()).configuration,
    keys: async () => (await find()).keys,
  }
}

async function discover({
  issuer,
  clientId,
  clientSecret,
}: {
  issuer: string
  clientId: string
  clientSecret: string
}) {
  const url = new URL(issuer)
  const configuration = await discovery(url, clientId, undefined, ClientSecretBasic(clientSecret), {
    timeout: 10,
    // The quick start runs on plain http on loopback.
    ...(url.protocol === 'http:' && { execute: [allowInsecureRequests] }),
  })
  const { jwks_uri } = configuration.serverMetadata()
  if (!jwks_uri) throw new Error(`${issuer} publishes no jwks_uri`)
  return { configuration, keys: createRemoteJWKSet(new URL(jwks_uri), { cooldownDuration: 5000 }) }
}
