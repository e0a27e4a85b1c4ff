import type { Kysely } from '@atrium/platform/database'
import { log } from '@atrium/platform/log'
import { type Configuration, Provider } from 'oidc-provider'
import type { Config } from '../config.ts'
import type { Schema } from '../database/schema.ts'
import { expiredPage, logoutPage, signedOutPage } from '../sign-in/pages/provider-pages.ts'
import { type AccessTokens, accessTokenSeconds } from './access-token.ts'
import type { accounts } from './account.ts'
import { acrValues } from './acr.ts'
import { postgresAdapter } from './adapter.ts'
import { clientRegistry, ownClients } from './clients.ts'
import { cookieKeys } from './cookie-keys.ts'
import { protocolFeatures } from './features.ts'
import { loadExistingGrant } from './grant.ts'
import { allowIntranet, onlyToken } from './implicit-token.ts'
import type { Keys } from './keys.ts'
import { libraryRequests } from './library-requests.ts'
import { routes } from './paths.ts'
import { interactionPolicy } from './policy.ts'
import { protocolAdapter } from './protocol-adapter.ts'
import { resourceIndicators } from './resource-indicators.ts'
import { remaining, sessionTimes } from './session-time.ts'
import { heldBackDuringSignOut } from './sign-out.ts'
import { SigningKey } from './signing-key.ts'
import { extraTokenClaims } from './token-claims.ts'
import { registerTokenExchange } from './token-exchange.ts'

/** What the provider stands on. */
export type ProviderParts = {
  db: Kysely<Schema>
  config: Config
  keys: Keys
  tokens: AccessTokens
  findAccount: ReturnType<typeof accounts>
}

/** The OpenID Connect provider: certified library, Keycloak's addresses, our storage and rules. */
export function openidProvider(parts: ProviderParts): Provider {
  const { config } = parts
  const provider = new Provider(config.ISSUER, configuration(parts))
  provider.proxy = config.TRUST_PROXY
  allowIntranet(provider)
  registerTokenExchange(provider, parts)
  provider.on('server_error', (_ctx, error) => log('idp').error({ err: error }, 'the provider failed'))
  return provider
}

function configuration(parts: ProviderParts): Configuration {
  const { db, config, keys, findAccount } = parts
  const times = sessionTimes(config)
  return {
    adapter: heldBackDuringSignOut(protocolAdapter(db, config, postgresAdapter(db, clientRegistry(db, config), times))),
    clients: ownClients(config),
    jwks: { keys: keys.privateKeys.map(key => new SigningKey(key)) },
    routes,
    cookies: cookies(config),
    ttl: {
      AccessToken: accessTokenSeconds,
      AuthorizationCode: 60,
      ClientCredentials: accessTokenSeconds,
      DeviceCode: 600,
      IdToken: 3600,
      Interaction: 3600,
      Grant: times.absolute + 3600,
      // The session they are bound to ends them earlier; a rotated token never outlives the first one.
      RefreshToken: ctx => ctx.oidc.entities.RotatedRefreshToken?.remainingTTL ?? times.absolute,
      Session: (_ctx, session) => remaining(session, times),
    },
    features: {
      devInteractions: { enabled: false },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
      ...protocolFeatures(config),
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: async (_ctx, client, token) => own(client, token) },
      revocation: { enabled: true, allowedPolicy: async (_ctx, client, token) => own(client, token) },
      backchannelLogout: { enabled: true },
      resourceIndicators,
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => logoutPage(ctx, form, config),
        postLogoutSuccessSource: ctx => signedOutPage(ctx, config),
      },
    },
    fetch: libraryRequests(config),
    findAccount: (ctx, id) => findAccount(id, ctx.oidc?.client?.clientId),
    loadExistingGrant,
    interactions: {
      url: (_ctx, interaction) => `${new URL(config.ISSUER).pathname}/sign-in/${interaction.uid}`,
      policy: interactionPolicy(db),
    },
    scopes: ['openid', 'profile', 'email', 'phone'],
    acrValues,
    claims: {
      openid: ['sub', 'preferred_username', 'name', 'native_id', 'acr', 'amr', 'auth_time'],
      profile: ['locale'],
      email: ['email', 'email_verified'],
      phone: ['phone_number', 'phone_number_verified'],
    },
    extraTokenClaims,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    // OpenID Connect Core §3.1.2.1: always named, so that what was registered later cannot change what a request meant.
    allowOmittingSingleRegisteredRedirectUri: false,
    // `id_token token` for single named clients only (implicit-token.ts); the registration policy keeps it from everybody else.
    responseTypes: ['code', 'none', 'id_token', 'code id_token', 'id_token token'],
    extraParams: ['kc_idp_hint', 'kc_action', onlyToken],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    enabledJWA: {
      idTokenSigningAlgValues: signing,
      userinfoSigningAlgValues: signing,
      introspectionSigningAlgValues: signing,
    },
    clientBasedCORS: (_ctx, origin, client) => (client.redirectUris ?? []).some(uri => new URL(uri).origin === origin),
    discovery: {
      check_session_iframe: `${config.ISSUER}/protocol/openid-connect/login-status-iframe.html`,
      ui_locales_supported: ['zh-CN', 'en'],
    },
    renderError: (ctx, out) => expiredPage(ctx, out, config),
  }
}

// What our keys can do (`keys.ts`).
const signing: ('ES256' | 'RS256')[] = ['ES256', 'RS256']

/** A client may ask about, and revoke, what was issued to itself. */
function own(client: { clientId: string }, token: { clientId?: string }): boolean {
  return token.clientId === client.clientId
}

/** Cookies ignore ports, so their names carry service and port; `path` keeps them from every other application of the host. */
function cookies(config: Config): Configuration['cookies'] {
  const issuer = new URL(config.ISSUER)
  const name = `atrium_idp_${issuer.port || (issuer.protocol === 'https:' ? '443' : '80')}`
  const secure = issuer.protocol === 'https:'
  return {
    keys: cookieKeys(config.COOKIE_KEYS),
    names: { session: name, interaction: `${name}_interaction`, resume: `${name}_resume` },
    long: { signed: true, httpOnly: true, sameSite: 'lax', path: issuer.pathname, secure },
    short: { signed: true, httpOnly: true, sameSite: 'lax', secure },
  }
}
