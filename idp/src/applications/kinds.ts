import { implicitTokenClient } from '../oidc/implicit-token.ts'
import type { KeySet } from './key-set.ts'

/** What an application is: who keeps its secret, and how people come to it. */
export const kinds = ['web', 'browser', 'machine', 'device', 'legacy_implicit'] as const

/** What an application is. */
export type Kind = (typeof kinds)[number]

/** How an application proves itself at the token endpoint. */
export const authentications = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const

/** How an application proves itself at the token endpoint. */
export type Authentication = (typeof authentications)[number]

/** What the kind and the protocol choices of an application are in terms of client metadata (RFC 7591). */
export type Protocol = {
  kind: Kind
  authentication: Authentication
  redirectUris: string[]
  jwksUri: string | null
  jwks: KeySet | null
  dpop: boolean
  par: boolean
  idTokenAlg: 'ES256' | 'RS256'
}

type Metadata = Record<string, unknown>

const deviceCode = 'urn:ietf:params:oauth:grant-type:device_code'

/** How each kind may authenticate; the first one is usual. */
export const possibleAuthentications: Record<Kind, readonly Authentication[]> = {
  web: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
  browser: ['none'],
  machine: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
  device: ['none', 'client_secret_basic', 'client_secret_post'],
  legacy_implicit: ['none'],
}

/** Whether an application that proves itself so has a secret. */
export function hasSecret(authentication: Authentication): boolean {
  return authentication === 'client_secret_basic' || authentication === 'client_secret_post'
}

// What these pages decide; any other member of the metadata came by an import and stays.
const managed = [
  'token_endpoint_auth_method',
  'grant_types',
  'response_types',
  'application_type',
  'jwks',
  'jwks_uri',
  'dpop_bound_access_tokens',
  'require_pushed_authorization_requests',
  'id_token_signed_response_alg',
  'backchannel_logout_uri',
  'backchannel_logout_session_required',
]

/** The metadata of an application: what was there before, with the choices of these pages in its place. */
export function metadataOf(protocol: Protocol, before: Metadata = {}): Metadata {
  const kept = Object.fromEntries(Object.entries(before).filter(([name]) => !managed.includes(name)))
  const { authentication, jwks, jwksUri, dpop, par, idTokenAlg } = protocol
  return {
    ...kept,
    ...flows(protocol),
    token_endpoint_auth_method: authentication,
    id_token_signed_response_alg: idTokenAlg,
    ...(jwks ? { jwks } : {}),
    ...(jwksUri ? { jwks_uri: jwksUri } : {}),
    ...(dpop ? { dpop_bound_access_tokens: true } : {}),
    ...(par ? { require_pushed_authorization_requests: true } : {}),
  }
}

function flows({ kind, redirectUris }: Protocol): Metadata {
  switch (kind) {
    case 'web':
      return { grant_types: ['authorization_code', 'refresh_token', 'client_credentials'], response_types: ['code'] }
    case 'browser':
      return {
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        // The library issues `sid`, which the status iframe asks about, only to clients with a logout address. A page in a browser has
        // no server to be called; deliveries go by the application's own column, which is empty.
        backchannel_logout_uri: redirectUris[0],
        backchannel_logout_session_required: true,
      }
    case 'machine':
      return { grant_types: ['client_credentials'], response_types: [] }
    case 'device': {
      const code = redirectUris.length > 0
      return {
        application_type: 'native',
        grant_types: [deviceCode, 'refresh_token', ...(code ? ['authorization_code'] : [])],
        response_types: code ? ['code'] : [],
      }
    }
    case 'legacy_implicit':
      return { ...implicitTokenClient }
  }
}

/** The kind and choices of a stored application, whether it came by these pages or by an import. */
export function protocolOf(row: { redirect_uris: string[]; client_metadata: Metadata }): Protocol {
  const metadata = row.client_metadata
  const authentication = (metadata.token_endpoint_auth_method as Authentication | undefined) ?? 'client_secret_basic'
  return {
    kind: kindOf(row, authentication),
    authentication,
    redirectUris: row.redirect_uris,
    jwksUri: (metadata.jwks_uri as string | undefined) ?? null,
    jwks: (metadata.jwks as KeySet | undefined) ?? null,
    dpop: metadata.dpop_bound_access_tokens === true,
    par: metadata.require_pushed_authorization_requests === true,
    idTokenAlg: metadata.id_token_signed_response_alg === 'RS256' ? 'RS256' : 'ES256',
  }
}

function kindOf(
  { redirect_uris, client_metadata }: { redirect_uris: string[]; client_metadata: Metadata },
  authentication: Authentication,
): Kind {
  const grants = (client_metadata.grant_types as string[] | undefined) ?? []
  if (grants.includes('implicit')) return 'legacy_implicit'
  if (grants.includes(deviceCode)) return 'device'
  if (redirect_uris.length === 0) return 'machine'
  return authentication === 'none' ? 'browser' : 'web'
}
