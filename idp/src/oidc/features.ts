import { hkdfSync } from 'node:crypto'
import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider'
import type { Config } from '../config.ts'
import { deviceCodePage, deviceConfirmPage, deviceDonePage } from '../sign-in/pages/device-pages.ts'
import { refuseUnreachableAcr } from './acr.ts'
import { tokenExchange } from './clients.ts'
import { noteWrongCode } from './device-guesses.ts'
import { mayCall } from './outgoing.ts'
import { registeredPrefix } from './registered-clients.ts'

type Features = NonNullable<Configuration['features']>

/** The policy that every initial access token carries: what a client that registers itself may be. */
export const registrationPolicy = 'registered'

/** The protocols beyond sign-in and sign-out, each switched on with its rules. */
export function protocolFeatures(config: Config) {
  return {
    claimsParameter: { enabled: true, assertClaimsParameter: refuseUnreachableAcr },
    pushedAuthorizationRequests: { enabled: true },
    requestObjects: { enabled: true },
    jwtUserinfo: { enabled: true },
    jwtIntrospection: { enabled: true },
    // Every replica takes the nonces of every other one: they come from a key that all of them have.
    dPoP: { enabled: true, nonceSecret: derived(config, 'dpop nonce') },
    deviceFlow: {
      enabled: true,
      deviceInfo: ctx => ({ ip: ctx.ip, ua: ctx.get('user-agent').slice(0, 200) }),
      userCodeInputSource: (ctx, form, _out, error) => {
        noteWrongCode(ctx, error)
        deviceCodePage(ctx, form, error, config)
      },
      userCodeConfirmSource: (ctx, form, client, device, code) =>
        deviceConfirmPage(ctx, { form, client, device, code }, config),
      successSource: ctx => deviceDonePage(ctx, config),
    },
    registration: {
      enabled: true,
      initialAccessToken: true,
      idFactory: () => registeredPrefix + randomId(),
      policies: { [registrationPolicy]: (ctx, properties) => restrict(ctx, properties, config) },
    },
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: true },
  } satisfies Features
}

const calledAddresses = ['jwks_uri', 'sector_identifier_uri', 'backchannel_logout_uri'] as const

/** Self-registered clients sign people in. They do not act for others, and name no address we would call unless it is allowed. */
function restrict(_ctx: KoaContextWithOIDC, properties: Record<string, unknown>, config: Config): void {
  const grants = properties.grant_types
  if (Array.isArray(grants) && grants.includes(tokenExchange))
    throw new errors.InvalidClientMetadata('grant_types: token exchange is not for registered clients')
  const responses = [properties.response_types].flat().map(type => String(type).split(' '))
  if (responses.some(parts => parts.includes('token')))
    throw new errors.InvalidClientMetadata(
      'response_types: an access token in an address is for single named clients only',
    )
  for (const name of calledAddresses)
    if (properties[name] !== undefined && !mayCall(config, properties[name]))
      throw new errors.InvalidClientMetadata(`${name} must be at a host that this provider may call (OUTGOING_HOSTS)`)
  // OpenID Connect Dynamic Client Registration §2: who names no algorithm expects RS256.
  properties.id_token_signed_response_alg ??= 'RS256'
}

function derived(config: Config, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', config.ENCRYPTION_KEY, '', `atrium ${purpose}`, 32))
}

function randomId(): string {
  return crypto.randomUUID().replaceAll('-', '')
}
