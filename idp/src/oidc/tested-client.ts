import { AsyncLocalStorage } from 'node:async_hooks'

/** Where every tried-out sign-in ends, below the issuer. */
export const testCallback = '/sign-in-test/callback'

const tested = new AsyncLocalStorage<string>()

/** Runs an authorization request that tries an application's sign-in out. */
export async function asTest(clientId: string, next: () => Promise<void>): Promise<void> {
  await tested.run(clientId, next)
}

/**
 * What the registration of a client is besides, while it is tried out: one more redirect address, and no need to push the request,
 * which only the application itself could do. Nothing at any other time.
 */
export function duringTest(clientId: string, redirectUris: string[], issuer: string): Record<string, unknown> {
  if (tested.getStore() !== clientId) return {}
  return { redirect_uris: [...redirectUris, issuer + testCallback], require_pushed_authorization_requests: false }
}
