import { apiResource } from '../../oidc/resources.ts'
import { hasSecret } from '../kinds.ts'
import { type Facts, type Settings, secretPlaceholder } from './settings.ts'

type Line = [name: string, value: string | string[] | null]

/** What any OpenID Connect client is configured with, in the words of the specifications. */
export function openidConnect(facts: Facts): Settings {
  const { id, issuer, endpoint, authentication, kind } = facts
  const lines: Line[] = [
    ['Issuer', issuer],
    ['Discovery document', `${issuer}/.well-known/openid-configuration`],
    ['Client ID', id],
    ['Client secret', hasSecret(authentication) ? secretPlaceholder : null],
    ['Token endpoint authentication', authentication],
    ...flow(facts),
    ['Redirect URIs', facts.redirectUris],
    ['Post-logout redirect URIs', facts.postLogoutRedirectUris],
    ['Back-channel logout URI', facts.backchannelLogoutUri],
    ['DPoP', facts.dpop ? 'required (RFC 9449)' : null],
    ['Pushed authorization requests', facts.par ? 'required (RFC 9126)' : null],
    ['ID token algorithm', kind === 'machine' ? null : facts.idTokenAlg],
    ['Token endpoint', kind === 'legacy_implicit' ? null : endpoint.token],
    ['Userinfo endpoint', kind === 'machine' ? null : endpoint.userinfo],
    ['Key set', endpoint.jwks],
    ['End session endpoint', kind === 'machine' ? null : endpoint.end_session],
  ]
  return {
    target: 'oidc',
    title: { zh: '通用 OpenID Connect', en: 'Any OpenID Connect client' },
    language: 'text',
    text: [...lines.flatMap(written), ...example(facts)].join('\n'),
  }
}

function flow({ kind, endpoint, par }: Facts): Line[] {
  const scopes: Line = ['Scopes', 'openid profile email phone']
  switch (kind) {
    case 'web':
    case 'browser':
      return [
        ['Grant type', 'authorization_code, with PKCE (S256)'],
        scopes,
        ['Authorization endpoint', endpoint.authorization],
        ['Pushed authorization request endpoint', par ? endpoint.pushed_authorization_request : null],
      ]
    case 'machine':
      return [['Grant type', 'client_credentials']]
    case 'device':
      return [
        ['Grant type', 'urn:ietf:params:oauth:grant-type:device_code'],
        scopes,
        ['Device authorization endpoint', endpoint.device_authorization],
      ]
    case 'legacy_implicit':
      return [['Response type', 'token'], scopes, ['Authorization endpoint', endpoint.authorization]]
  }
}

/** A first request, to be tried in a shell. */
function example({ kind, id, authentication, endpoint, dpop }: Facts): string[] {
  if (dpop || authentication === 'private_key_jwt') return []
  const client =
    authentication === 'client_secret_basic'
      ? `-u '${id}:${secretPlaceholder}'`
      : authentication === 'client_secret_post'
        ? `-d client_id=${id} -d client_secret='${secretPlaceholder}'`
        : `-d client_id=${id}`
  if (kind === 'machine')
    return [
      '',
      '# A token to send events to Atrium:',
      `curl ${client} -d grant_type=client_credentials -d scope=events:write -d resource=${apiResource} ${endpoint.token}`,
    ]
  if (kind === 'device')
    return ['', '# A code to show:', `curl ${client} -d 'scope=openid profile' ${endpoint.device_authorization}`]
  return []
}

function written([name, value]: Line): string[] {
  if (value === null || value.length === 0) return []
  return [value].flat().map(one => `${name}: ${one}`)
}
