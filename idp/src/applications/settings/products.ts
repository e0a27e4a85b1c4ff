import { type Facts, type Settings, secretPlaceholder } from './settings.ts'

/**
 * Keycloak's own client libraries, which find realm and server in the issuer.
 * @see https://github.com/keycloak/keycloak-js `lib/keycloak.js`, `#loadConfig`
 */
export function keycloak(facts: Facts): Settings[] {
  const [, server, realm] = /^(.*)\/realms\/([^/]+)$/.exec(facts.issuer) ?? []
  if (server === undefined || realm === undefined) return []
  const settings = {
    realm,
    'auth-server-url': `${server}/`,
    'ssl-required': server.startsWith('https:') ? 'external' : 'none',
    resource: facts.id,
    ...(facts.kind === 'browser'
      ? { 'public-client': true }
      : { credentials: { secret: secretPlaceholder }, 'confidential-port': 0 }),
  }
  return [
    {
      target: 'keycloak',
      title: { zh: 'Keycloak 客户端库（keycloak.json）', en: 'Keycloak’s client libraries (keycloak.json)' },
      language: 'json',
      text: JSON.stringify(settings, null, 2),
    },
  ]
}

/** @see https://github.com/OpenIDC/mod_auth_openidc/blob/master/auth_openidc.conf; driven in test/conformance/mod-auth-openidc.test.ts */
export function modAuthOpenidc({ id, issuer, redirectUris, authentication, backchannelLogoutUri }: Facts): Settings {
  const redirect = redirectUris[0] ?? ''
  const backchannel = `${redirect}?logout=backchannel`
  return {
    target: 'mod_auth_openidc',
    title: { zh: 'Apache（mod_auth_openidc）', en: 'Apache (mod_auth_openidc)' },
    language: 'ini',
    text: [
      `OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration`,
      `OIDCProviderTokenEndpointAuth ${authentication}`,
      `OIDCClientID ${id}`,
      `OIDCClientSecret ${secretPlaceholder}`,
      `OIDCRedirectURI ${redirect}`,
      '# Any long random text of your own:',
      'OIDCCryptoPassphrase <passphrase>',
      'OIDCPKCEMethod S256',
      'OIDCScope "openid profile email"',
      'OIDCRemoteUserClaim preferred_username',
      ...(backchannelLogoutUri === backchannel
        ? []
        : [`# Signed out with Atrium: register the back-channel logout address ${backchannel}`]),
      '',
      '<Location "/">',
      '  AuthType openid-connect',
      '  Require valid-user',
      '</Location>',
    ].join('\n'),
  }
}

/** @see https://docs.spring.io/spring-boot/reference/security/oauth2.html */
export function spring({ id, issuer, redirectUris, authentication, idTokenAlg }: Facts): Settings {
  const redirect = redirectUris[0] ?? ''
  const registration = /\/login\/oauth2\/code\/([\w-]+)$/.exec(redirect)?.[1]
  return {
    target: 'spring',
    title: { zh: 'Spring Boot（application.yml）', en: 'Spring Boot (application.yml)' },
    language: 'yaml',
    text: [
      ...(registration
        ? []
        : [`# Spring Security comes back to {baseUrl}/login/oauth2/code/${id}: register that address.`]),
      ...(idTokenAlg === 'RS256'
        ? []
        : [
            '# Spring Security verifies ID tokens with RS256 unless a bean says otherwise: choose RS256 for this application.',
          ]),
      'spring:',
      '  security:',
      '    oauth2:',
      '      client:',
      '        registration:',
      `          ${registration ?? id}:`,
      '            provider: atrium',
      `            client-id: ${JSON.stringify(id)}`,
      `            client-secret: ${JSON.stringify(secretPlaceholder)}`,
      `            client-authentication-method: ${authentication}`,
      '            authorization-grant-type: authorization_code',
      `            redirect-uri: ${JSON.stringify(registration ? redirect : '{baseUrl}/login/oauth2/code/{registrationId}')}`,
      '            scope: [openid, profile, email]',
      '        provider:',
      '          atrium:',
      `            issuer-uri: ${JSON.stringify(issuer)}`,
      '            user-name-attribute: preferred_username',
    ].join('\n'),
  }
}

/** @see https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview */
export function oauth2Proxy({ id, issuer, redirectUris }: Facts): Settings {
  const redirect = redirectUris[0] ?? ''
  return {
    target: 'oauth2_proxy',
    title: { zh: 'oauth2-proxy（oauth2-proxy.cfg）', en: 'oauth2-proxy (oauth2-proxy.cfg)' },
    language: 'ini',
    text: [
      ...comesBackTo('oauth2-proxy', redirect, '/oauth2/callback'),
      'provider = "oidc"',
      `oidc_issuer_url = ${JSON.stringify(issuer)}`,
      `client_id = ${JSON.stringify(id)}`,
      `client_secret = ${JSON.stringify(secretPlaceholder)}`,
      `redirect_url = ${JSON.stringify(redirect)}`,
      'scope = "openid profile email"',
      'code_challenge_method = "S256"',
      'email_domains = ["*"]',
      ...(redirect.startsWith('http:') ? ['cookie_secure = false'] : []),
      "# Your own: openssl rand -base64 32 | tr -- '+/' '-_'",
      'cookie_secret = "<32 random bytes>"',
    ].join('\n'),
  }
}

/** @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/generic-oauth/ */
export function grafana({ id, name, endpoint, redirectUris }: Facts): Settings {
  return {
    target: 'grafana',
    title: { zh: 'Grafana（grafana.ini）', en: 'Grafana (grafana.ini)' },
    language: 'ini',
    text: [
      ...comesBackTo('Grafana', redirectUris[0] ?? '', '/login/generic_oauth'),
      '[auth.generic_oauth]',
      'enabled = true',
      `name = ${name.en.replace(/[#;\r\n]/g, ' ')}`,
      `client_id = ${id}`,
      `client_secret = ${secretPlaceholder}`,
      'scopes = openid profile email',
      `auth_url = ${endpoint.authorization}`,
      `token_url = ${endpoint.token}`,
      `api_url = ${endpoint.userinfo}`,
      'use_pkce = true',
      'login_attribute_path = preferred_username',
      'allow_sign_up = true',
    ].join('\n'),
  }
}

/**
 * Odoo's built-in sign-in (`auth_oauth`), which knows the implicit flow only. It takes the person from `sub`.
 * @see https://github.com/odoo/odoo/tree/16.0/addons/auth_oauth
 */
export function odoo({ id, name, endpoint, redirectUris }: Facts): Settings {
  return {
    target: 'odoo',
    title: { zh: 'Odoo（设置 › 用户 › OAuth 提供商）', en: 'Odoo (Settings › Users › OAuth Providers)' },
    language: 'text',
    text: [
      ...comesBackTo('Odoo', redirectUris[0] ?? '', '/auth_oauth/signin'),
      `Provider name: ${name.en}`,
      `Client ID: ${id}`,
      'Allowed: yes',
      `Authorization URL: ${endpoint.authorization}`,
      'Scope: openid profile email',
      `UserInfo URL: ${endpoint.userinfo}`,
      'Data URL: (empty)',
      '',
      '# System parameter, so that the token does not travel in an address:',
      'auth_oauth.authorization_header = True',
    ].join('\n'),
  }
}

function comesBackTo(product: string, redirect: string, path: string): string[] {
  return redirect.endsWith(path) ? [] : [`# ${product} comes back to …${path}: register that address.`]
}
