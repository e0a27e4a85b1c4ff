const base = '/protocol/openid-connect'

/** Addresses below the issuer, as Keycloak has them: any client library for Keycloak then works against Atrium. */
export const routes = {
  authorization: `${base}/auth`,
  token: `${base}/token`,
  userinfo: `${base}/userinfo`,
  end_session: `${base}/logout`,
  jwks: `${base}/certs`,
  revocation: `${base}/revoke`,
  introspection: `${base}/token/introspect`,
  pushed_authorization_request: `${base}/ext/par/request`,
  device_authorization: `${base}/auth/device`,
  code_verification: '/device',
  registration: '/clients-registrations/openid-connect',
}

/** What Keycloak serves besides, which the library does not know. */
export const keycloakRoutes = {
  statusFrame: `${base}/login-status-iframe.html`,
  statusInit: `${base}/login-status-iframe.html/init`,
  cookieStep1: `${base}/3p-cookies/step1.html`,
  cookieStep2: `${base}/3p-cookies/step2.html`,
  account: '/account',
}
