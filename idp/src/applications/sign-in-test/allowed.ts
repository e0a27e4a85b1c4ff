import type { Kysely } from '@atrium/platform/database'
import type { Config } from '../../config.ts'
import type { Schema } from '../../database/schema.ts'
import type { ProviderMiddleware } from '../../oidc/context.ts'
import { routes } from '../../oidc/paths.ts'
import { asTest, testCallback } from '../../oidc/tested-client.ts'
import { testCookie } from './cookie.ts'
import { trialPage } from './pages.ts'
import { findOpenTest } from './tests.ts'

/** Middleware of the authorization endpoint: our own callback is an address of a client only for a test that is open in this browser. */
export function allowTests(db: Kysely<Schema>, config: Config): ProviderMiddleware {
  return async (ctx, next) => {
    if (ctx.path !== routes.authorization || ctx.query.redirect_uri !== config.ISSUER + testCallback)
      return await next()
    const { state, client_id: clientId } = ctx.query
    const browser = testCookie(ctx, config)
    const test = typeof state === 'string' && browser ? await findOpenTest(db, state, browser) : undefined
    if (!test || test.application !== clientId) return trialPage(ctx, config, { kind: 'spent' })
    await asTest(test.application, next)
  }
}
