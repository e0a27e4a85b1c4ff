import { execute, type Kysely } from '@atrium/platform/database'
import { open } from '@atrium/platform/secrets'
import type { AdapterPayload, ClientMetadata } from 'oidc-provider'
import type { Config } from '../config.ts'
import type { Schema } from '../database/schema.ts'
import { registeredPrefix } from './registered-clients.ts'
import { apiResource, systemOf, systemResource } from './resources.ts'
import type { Text } from './tables.ts'
import { duringTest } from './tested-client.ts'

/** RFC 8693. */
export const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** The client of the portal. */
export const portal = 'portal'
const gateway = 'gateway'
const bootstrap = 'bootstrap'

const findSql = `
  select id, name, secret_sealed, redirect_uris, post_logout_redirect_uris, backchannel_logout_uri, client_metadata
  from application where id = $1`
type Row = {
  id: string
  name: Text
  secret_sealed: string | null
  redirect_uris: string[]
  post_logout_redirect_uris: string[]
  backchannel_logout_uri: string | null
  client_metadata: Record<string, unknown>
}

/** Finds the client of an application, in `application` at each request, so that an import works at once. */
export function clientRegistry(db: Kysely<Schema>, config: Config) {
  return async function findClient(id: string): Promise<AdapterPayload | undefined> {
    const [row] = (await execute<Row>(db, findSql, [id])).rows
    if (!row) return undefined
    return {
      client_id: row.id,
      client_name: row.name.en,
      ...(row.secret_sealed ? { client_secret: open(row.secret_sealed, config.ENCRYPTION_KEY) } : {}),
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types:
        row.redirect_uris.length > 0
          ? ['authorization_code', 'refresh_token', 'client_credentials']
          : ['client_credentials'],
      response_types: row.redirect_uris.length > 0 ? ['code'] : [],
      redirect_uris: row.redirect_uris,
      post_logout_redirect_uris: row.post_logout_redirect_uris,
      ...(row.backchannel_logout_uri
        ? { backchannel_logout_uri: row.backchannel_logout_uri, backchannel_logout_session_required: true }
        : {}),
      ...row.client_metadata,
      ...duringTest(row.id, row.redirect_uris, config.ISSUER),
    }
  }
}

/** Clients of Atrium's own: known by configuration, so that a wrong import cannot lock everybody out. */
export function ownClients(config: Config): ClientMetadata[] {
  const machine = (id: string, secret: string, grants: string[]): ClientMetadata => ({
    client_id: id,
    client_secret: secret,
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: grants,
    response_types: [],
    redirect_uris: [],
  })
  const clients: ClientMetadata[] = [
    {
      client_id: portal,
      client_name: 'Atrium',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: [`${config.PORTAL_URL}/`, `${config.PORTAL_URL}/silent-check-sso.html`],
      post_logout_redirect_uris: [`${config.PORTAL_URL}/`],
      // The library issues `sid` only to clients with a logout address. The portal keeps no session on a server: its tabs
      // learn from the status iframe, and `enqueueLogouts` knows only applications.
      backchannel_logout_uri: `${config.PORTAL_URL}/`,
      backchannel_logout_session_required: true,
    },
    machine(gateway, config.GATEWAY_CLIENT_SECRET, ['client_credentials', tokenExchange]),
  ]
  if (config.BOOTSTRAP_CLIENT_SECRET)
    clients.push(machine(bootstrap, config.BOOTSTRAP_CLIENT_SECRET, ['client_credentials']))
  return clients
}

/** The resource a client means when it names none. */
export function defaultResource(clientId: string): string {
  return clientId === portal || clientId === gateway || clientId === bootstrap ? apiResource : systemResource(clientId)
}

/** The scopes a client may have for a resource when it acts for itself; undefined when the resource is not for it. */
export function serviceScopes(clientId: string, resource: string): string | undefined {
  if (resource === apiResource) {
    if (clientId === bootstrap) return 'admin'
    if (clientId === gateway) return 'scim:read'
    // Who registered itself signs people in, and sends nothing.
    if (clientId.startsWith(registeredPrefix)) return undefined
    return 'events:write'
  }
  // Only the gateway speaks to systems, besides a system that wants a token for its own API.
  const system = systemOf(resource)
  if (!system) return undefined
  return clientId === gateway || clientId === system ? 'service' : undefined
}

/** The scopes a person's token may have for a resource; undefined when this client may not ask for the resource. */
export function personScopes(clientId: string, resource: string): string | undefined {
  return resource === defaultResource(clientId) ? 'openid profile email phone' : undefined
}
