import type { Configuration } from 'oidc-provider'
import type { Config } from '../config.ts'
import { mayCall } from './outgoing.ts'
import { signingOut } from './sign-out.ts'

type Fetch = NonNullable<Configuration['fetch']>

/**
 * The library's outgoing requests. Back-channel logouts it would try once: instead they are queued with the end of the session and
 * delivered until they are confirmed (`sign-out.ts`, `logout.ts`). Key sets and sector files of registered clients are read from
 * allowed hosts only. Any other request is refused, so that no client registration can make this service call a host.
 */
export function libraryRequests(config: Config): Fetch {
  return async (url, options) => {
    if (signingOut() && options?.body instanceof URLSearchParams && options.body.has('logout_token'))
      return new Response(null, { status: 204 })
    if (options?.method !== 'GET' || !mayCall(config, String(url)))
      throw new Error('this provider makes no such outgoing request')
    // Without the library's dispatcher, which closes connections to private addresses: the host was named by an administrator. A
    // redirect could lead to one that was not.
    const { dispatcher: _dispatcher, ...rest } = options as RequestInit & { dispatcher?: unknown }
    return await fetch(url, { ...rest, redirect: 'error' })
  }
}
