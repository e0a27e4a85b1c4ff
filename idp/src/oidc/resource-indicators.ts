import { type Configuration, errors } from 'oidc-provider'
import { accessTokenSeconds } from './access-token.ts'
import { defaultResource, personScopes, serviceScopes } from './clients.ts'
import { apiAudience, apiResource } from './resources.ts'

/** Resources (RFC 8707): every access token is a JWT for exactly one, since keycloak-js reads it and no system may pass it on. */
export const resourceIndicators: NonNullable<Configuration['features']>['resourceIndicators'] = {
  enabled: true,
  defaultResource: async (_ctx, client, oneOf) => oneOf?.[0] ?? defaultResource(client.clientId),
  useGrantedResource: async () => true,
  getResourceServerInfo: async (ctx, resource, client) => {
    const itself = ctx.oidc.params?.grant_type === 'client_credentials'
    const scope = itself ? serviceScopes(client.clientId, resource) : personScopes(client.clientId, resource)
    if (scope === undefined) throw new errors.InvalidTarget('this client may not use this resource')
    // RFC 6749 §3.3: who names no scope gets the default one, which is all the client may have.
    if (itself && ctx.oidc.params && !ctx.oidc.params.scope) ctx.oidc.params.scope = scope
    return {
      audience: resource === apiResource ? apiAudience : resource,
      scope,
      accessTokenFormat: 'jwt',
      accessTokenTTL: accessTokenSeconds,
      jwt: { sign: { alg: 'ES256' } },
    }
  },
}
