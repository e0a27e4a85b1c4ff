import type * as client from 'openid-client'

/** Another identity provider of the field, installed from Debian's packages and running for the length of a measurement. */
export type Peer = {
  /** Name, and what is different with it: storage, hash, signature. */
  name: string
  rp: client.Configuration
  /** Its service. */
  pid: number
  /** Its database server, when it has one. */
  postmaster: number | undefined
  /** Takes the person from the authorization address through the provider's own sign-in. @returns the callback with the code */
  signIn(authorization: URL): Promise<URL>
  stop(): Promise<void>
}

/** Cookies of one browser, as far as a sign-in at these peers needs them. */
export class Jar {
  readonly #cookies = new Map<string, string>()

  async fetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...(cookie ? { cookie } : {}), ...(init.headers as Record<string, string>) }
    const response = await fetch(url, { redirect: 'manual', ...init, headers })
    for (const line of response.headers.getSetCookie()) {
      const pair = line.split(';')[0] ?? ''
      this.#cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    }
    return response
  }
}

/** The address a redirect leads to. @throws Error when there is none */
export function redirectOf(response: Response): URL {
  const location = response.headers.get('location')
  if (!location) throw new Error(`no redirect: ${response.status} ${response.url}`)
  return new URL(location, response.url)
}
