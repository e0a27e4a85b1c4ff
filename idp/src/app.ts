import { createApp } from '@atrium/platform/http'
import type Koa from 'koa'
import mount from 'koa-mount'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import { accountRoutes } from './account/routes.ts'
import { adminRoutes } from './admin/routes.ts'
import { allowTests } from './applications/sign-in-test/allowed.ts'
import { signInTestRoutes } from './applications/sign-in-test/routes.ts'
import { countSignIns, type SignInCounter } from './applications/use.ts'
import type { Deps } from './deps.ts'
import { scimRoutes } from './directory/scim-routes.ts'
import { type AccessTokens, accessTokens } from './oidc/access-token.ts'
import { accounts } from './oidc/account.ts'
import { cookieKeys } from './oidc/cookie-keys.ts'
import { limitGuesses } from './oidc/device-guesses.ts'
import { startDeviceFlowAnew } from './oidc/device-session.ts'
import { implicitToken } from './oidc/implicit-token.ts'
import { introspectAccessTokens } from './oidc/introspection.ts'
import { keycloakFrames } from './oidc/keycloak.ts'
import type { KeyRing, Keys } from './oidc/keys.ts'
import { allowCredentials, keepSessionCookie } from './oidc/middleware.ts'
import { oneSessionAtDevices } from './oidc/one-session.ts'
import { routes } from './oidc/paths.ts'
import { personEndpoints } from './oidc/person-endpoints.ts'
import { openidProvider } from './oidc/provider.ts'
import { postedAsGet } from './oidc/request-methods.ts'
import { revokeAccessTokens, revokedTokens } from './oidc/revocation.ts'
import { ignoreRevokedHints } from './oidc/revoked-hint.ts'
import { sessionTimes } from './oidc/session-time.ts'
import { signOuts } from './oidc/sign-out.ts'
import { authorizationRequests, tokenRequests } from './oidc/token-requests.ts'
import { serveAssets } from './sign-in/assets.ts'
import { serveBrand } from './sign-in/branding/files.ts'
import { withLook } from './sign-in/branding/look.ts'
import { firstPasswordRoutes } from './sign-in/first-password.ts'
import { resetRoutes } from './sign-in/reset/routes.ts'
import { signInRoutes } from './sign-in/routes.ts'
import { goingOn } from './sign-in/steps/go-on.ts'
import { sameOrigin } from './sign-in/steps/same-origin.ts'

/** What a request to the identity provider meets, in order. */
export function idpApp(deps: Deps, ring: KeyRing, signIns: SignInCounter): Koa {
  const { config } = deps
  const app = createApp({
    name: 'idp',
    trustProxy: config.TRUST_PROXY,
    corsOrigins: [new URL(config.PORTAL_URL).origin],
  })
  // Mounted, the provider reads its cookies through this application.
  app.keys = cookieKeys(config.COOKIE_KEYS)
  app.use(providerOf(deps, ring, signIns))
  const admin = adminRoutes(deps)
  app.use(admin.routes()).use(admin.allowedMethods())
  const account = accountRoutes(deps)
  app.use(account.routes()).use(account.allowedMethods())
  const scim = scimRoutes(deps)
  app.use(scim.routes()).use(scim.allowedMethods())
  return app
}

/**
 * The provider with the keys of the moment. Its key store is fixed when it is made: for new keys another one is made, which takes
 * the requests from then on, while the old one ends those it has.
 */
function providerOf(deps: Deps, ring: KeyRing, signIns: SignInCounter): Koa.Middleware {
  const tokens = accessTokens(deps.config.ISSUER, ring, revokedTokens(deps.db))
  const made = (keys: Keys) => ({
    keys,
    handle: mount(new URL(deps.config.ISSUER).pathname, provider(deps, { tokens, keys, signIns })),
  })
  let current = made(ring.current)
  return (ctx, next) => {
    if (current.keys !== ring.current) current = made(ring.current)
    return current.handle(ctx, next)
  }
}

/** Lets authorization requests, half of a sign-in, pass by routes that are none of theirs. */
function besidesAuthorization(routed: Koa.Middleware): Koa.Middleware {
  return (ctx, next) => (ctx.path.startsWith(routes.authorization) ? next() : routed(ctx, next))
}

/** Everything below the issuer: what stands in front of the library's routes, then the library. */
function provider(
  { db, config }: Deps,
  { tokens, keys, signIns }: { tokens: AccessTokens; keys: Keys; signIns: SignInCounter },
): Provider {
  const findAccount = accounts(db)
  const openid = openidProvider({ db, config, keys, tokens, findAccount })
  countSignIns(openid, signIns)
  const [library] = openid.middleware
  if (!library) throw new Error('the library has no middleware')
  const tokenEndpoint = tokenRequests(db, routes.token)
  // Most requests are for tokens, and nothing of what follows concerns them.
  openid.use(async (ctx, next) => {
    if (ctx.method !== 'POST' || ctx.path !== routes.token) return await next()
    const answer = () => tokenEndpoint(ctx as KoaContextWithOIDC, () => library(ctx, next))
    await allowCredentials(ctx as KoaContextWithOIDC, answer)
  })
  openid.use(serveAssets)
  openid.use(withLook(db, config))
  openid.use(serveBrand(config))
  openid.use(keepSessionCookie(openid.cookieName('session'), sessionTimes(config).absolute))
  openid.use(sameOrigin(config))
  openid.use(goingOn(openid, signInRoutes({ provider: openid, db, config })))
  const asides = [
    firstPasswordRoutes({ db, config }),
    resetRoutes({ db, config }),
    keycloakFrames({ provider: openid, db, config }),
    personEndpoints({ provider: openid, db, config, keys, tokens, findAccount }),
    signInTestRoutes({ db, config }),
  ]
  for (const router of asides) openid.use(besidesAuthorization(router.routes() as unknown as Koa.Middleware))
  openid.use(postedAsGet)
  openid.use(ignoreRevokedHints({ db, keys }))
  openid.use(allowTests(db, config))
  openid.use(implicitToken(openid))
  openid.use(startDeviceFlowAnew(openid))
  openid.use(limitGuesses(db, config))
  openid.use(oneSessionAtDevices(db))
  openid.use(allowCredentials)
  openid.use(revokeAccessTokens({ db, tokens }))
  openid.use(introspectAccessTokens({ db, issuer: config.ISSUER, tokens, keys }))
  for (const path of [routes.authorization, routes.code_verification, routes.end_session])
    openid.use(authorizationRequests(db, path, `${openid.cookieName('session')}_device`))
  openid.use(signOuts(db))
  return openid
}
