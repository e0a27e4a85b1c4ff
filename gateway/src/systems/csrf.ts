import { sha256 } from '@atrium/platform/secrets'
import type { HttpAnswer, HttpCall } from './protocols/protocol.ts'
import { type Credential, UpstreamError } from './types.ts'

// SAP gives a token against forged requests with the answer to a GET that asks for it, bound to the session whose cookies
// come along, and refuses every other method without both: 403 with `x-csrf-token: Required`, before anything was done.

type Send = (call: HttpCall) => Promise<HttpAnswer>

const longestLife = 10 * 60_000
const mostKept = 1000

/** Tokens against forged requests, one a person, for systems that want one with every call that is no GET. */
export class CsrfTokens {
  #kept = new Map<string, { headers: Promise<Record<string, string>>; at: number }>()
  #wanted = false

  /**
   * Sends a call with the token of whoever it is made for. A token that is no longer good is had anew, once.
   * @param from where tokens are had; `expected` = the system is known to want one
   * @param authorization the headers by which the call says who is calling
   */
  async send(
    call: HttpCall,
    from: { address: string; expected: boolean },
    credential: Credential,
    authorization: Record<string, string>,
    send: Send,
  ): Promise<HttpAnswer> {
    if (call.method === 'GET') return await send(call)
    const owner = ownerOf(credential)
    const token = (): Promise<Record<string, string>> =>
      this.#tokenOf(owner, () => fetchToken(from.address, authorization, send))
    if (!from.expected && !this.#wanted) {
      const answer = await send(call)
      if (!wantsToken(answer)) return answer
      this.#wanted = true
    }
    const answer = await send(withToken(call, await token()))
    if (!wantsToken(answer)) return answer
    this.#kept.delete(owner)
    return await send(withToken(call, await token()))
  }

  #tokenOf(owner: string, fetch: () => Promise<Record<string, string>>): Promise<Record<string, string>> {
    const kept = this.#kept.get(owner)
    if (kept && Date.now() - kept.at < longestLife) return kept.headers
    if (this.#kept.size >= mostKept) this.#kept.delete(this.#kept.keys().next().value as string)
    const headers = fetch()
    this.#kept.set(owner, { headers, at: Date.now() })
    headers.then(
      had => had['x-csrf-token'] === undefined && this.#forget(owner, headers),
      () => this.#forget(owner, headers),
    )
    return headers
  }

  #forget(owner: string, headers: Promise<Record<string, string>>): void {
    if (this.#kept.get(owner)?.headers === headers) this.#kept.delete(owner)
  }
}

async function fetchToken(
  address: string,
  authorization: Record<string, string>,
  send: Send,
): Promise<Record<string, string>> {
  let answer: HttpAnswer
  try {
    const headers = { ...authorization, accept: 'application/json', 'x-csrf-token': 'Fetch' }
    answer = await send({ method: 'GET', url: address, headers })
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error
    // What was to be written was not sent yet.
    const { code, system, message, status } = error
    throw new UpstreamError(code, system, `no token against forged requests: ${message}`, {
      outcome: 'not_sent',
      cause: error,
      ...(status !== undefined && { status }),
    })
  }
  const token = headerOf(answer, 'x-csrf-token')
  if (answer.status >= 400 || !token || /^required$/i.test(token)) return {}
  const cookies = [answer.headers?.['set-cookie'] ?? []].flat().map(one => one.split(';')[0] ?? '')
  return { 'x-csrf-token': token, ...(cookies.length > 0 && { cookie: cookies.join('; ') }) }
}

function withToken(call: HttpCall, token: Record<string, string>): HttpCall {
  const cookie = [call.headers.cookie, token.cookie].filter(Boolean).join('; ')
  return { ...call, headers: { ...call.headers, ...token, ...(cookie && { cookie }) } }
}

function wantsToken(answer: HttpAnswer): boolean {
  return answer.status === 403 && /^required$/i.test(headerOf(answer, 'x-csrf-token') ?? '')
}

function headerOf(answer: HttpAnswer, name: string): string | undefined {
  const value = answer.headers?.[name]
  return typeof value === 'string' ? value : value?.[0]
}

function ownerOf(credential: Credential): string {
  if (credential.kind === 'person') return `person ${credential.personId}`
  return credential.kind === 'bearer' ? `bearer ${sha256(credential.token)}` : 'service'
}
