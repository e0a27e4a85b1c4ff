import { password } from './accounts.ts'

/** A browser without a screen: keeps cookies, follows redirects within the identity provider, submits forms. */
export class TestBrowser {
  readonly cookies = new Map<string, { value: string; path: string }>()
  readonly #headers: Record<string, string>

  constructor(headers: Record<string, string> = {}) {
    this.#headers = headers
  }

  /** One request with the cookies that fit; redirects are returned, not followed. */
  async fetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const { pathname } = new URL(url)
    const fitting = [...this.cookies].filter(
      ([, { path }]) => pathname === path || pathname.startsWith(path.replace(/\/?$/, '/')),
    )
    const cookie = fitting.map(([key, { value }]) => `${key.split(' ')[0]}=${value}`).join('; ')
    const response = await fetch(url, {
      redirect: 'manual',
      ...init,
      headers: { ...this.#headers, ...(cookie ? { cookie } : {}), ...(init.headers as Record<string, string>) },
    })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    return response
  }

  /** Follows redirects as long as they stay on `origin`. */
  async follow(url: string | URL, init: RequestInit = {}): Promise<{ url: URL; response: Response }> {
    const origin = new URL(url).origin
    let at = new URL(url)
    let response = await this.fetch(at, init)
    for (let hop = 0; hop < 10 && response.status >= 300 && response.status < 400; hop++) {
      const next = new URL(response.headers.get('location') ?? '', at)
      at = next
      if (next.origin !== origin) break
      response = await this.fetch(next)
    }
    return { url: at, response }
  }

  /** Fills in the sign-in page that `page` shows. */
  async submitSignIn(page: URL, form: Record<string, string>): Promise<{ url: URL; response: Response }> {
    return await this.follow(page, { method: 'POST', body: new URLSearchParams(form) })
  }

  /** Opens an authorization address and signs in; gives the address it ends at. */
  async signIn(authorization: URL, username: string, more: Record<string, string> = {}): Promise<URL> {
    const { url } = await this.follow(authorization)
    if (!url.pathname.includes('/sign-in/')) return url
    return (await this.submitSignIn(url, { username, password, remember: 'yes', ...more })).url
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ')
    const name = pair.slice(0, pair.indexOf('='))
    const path = attributes.find(a => a.startsWith('path='))?.slice(5) ?? '/'
    const key = `${name} ${path}`
    if (/expires=Thu, 01 Jan 1970/i.test(line)) this.cookies.delete(key)
    else this.cookies.set(key, { value: pair.slice(pair.indexOf('=') + 1), path })
  }
}
