type Cookie = { name: string; value: string; path: string }
export type Page = { url: URL; status: number; text: string }

/** A browser without a screen: cookies of localhost (ports share them), redirects, plain HTML forms. */
export class FormBrowser {
  readonly #cookies = new Map<string, Cookie>()
  readonly #language: string

  constructor(language = 'zh-CN') {
    this.#language = language
  }

  /** Opens an address and follows redirects, wherever they lead on this machine. */
  async open(address: string | URL, init: RequestInit = {}): Promise<Page> {
    let url = new URL(address)
    let response = await this.#request(url, init)
    for (let hop = 0; hop < 15 && response.status >= 300 && response.status < 400; hop++) {
      url = new URL(response.headers.get('location')!, url)
      response = await this.#request(url, {})
    }
    return { url, status: response.status, text: await response.text() }
  }

  /** Fills in the first form of a page and submits it. */
  async submit(page: Page, fields: Record<string, string>): Promise<Page> {
    const form = /<form[^>]*>.*?<\/form>/is.exec(page.text)?.[0] ?? ''
    const action = /^<form[^>]* action="([^"]*)"/i.exec(form)?.[1]?.replaceAll('&amp;', '&')
    const hidden = [...form.matchAll(/<input[^>]*type="hidden"[^>]*>/gi)].map(([input]) => [
      /name="([^"]*)"/.exec(input)?.[1] ?? '',
      /value="([^"]*)"/.exec(input)?.[1] ?? '',
    ])
    const body = new URLSearchParams({ ...Object.fromEntries(hidden), ...fields })
    return await this.open(new URL(action || page.url, page.url), {
      method: 'POST',
      body,
      headers: { origin: page.url.origin },
    })
  }

  cookie(name: string): string | undefined {
    return [...this.#cookies.values()].find(cookie => cookie.name === name)?.value
  }

  async #request(url: URL, init: RequestInit): Promise<Response> {
    const cookie = [...this.#cookies.values()]
      .filter(({ path }) => url.pathname === path || url.pathname.startsWith(path.replace(/\/?$/, '/')))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
    const headers = {
      'accept-language': this.#language,
      ...(cookie && { cookie }),
      ...(init.headers as Record<string, string>),
    }
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    return response
  }

  #keep(line: string) {
    const [pair = '', ...attributes] = line.split('; ')
    const name = pair.slice(0, pair.indexOf('='))
    const value = pair.slice(pair.indexOf('=') + 1)
    const path = attributes.find(attribute => /^path=/i.test(attribute))?.slice(5) ?? '/'
    const gone = value === '' || attributes.some(attribute => /^expires=Thu, 01 Jan 1970/i.test(attribute))
    if (gone) this.#cookies.delete(`${name} ${path}`)
    else this.#cookies.set(`${name} ${path}`, { name, value, path })
  }
}
