import type { KoaContextWithOIDC } from 'oidc-provider'

/** A middleware in front of oidc-provider's routes; `ctx.oidc` is there once the route has run. */
export type ProviderMiddleware = (ctx: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void>
