import { createHash, randomBytes } from 'node:crypto'
import { type Client, createClientAsync } from 'soap'
import { SAMPLE_PASSWORD } from '../company/seed.ts'
import { FormBrowser } from '../company/testing/browser.ts'
import type { Stack } from './stack.ts'

// biome-ignore lint/suspicious/noExplicitAny: an answer is whatever a system sent; the tests assert its content
export type Answered = any

/** Somebody who asks the systems themselves, by their own protocols, with a token from the identity provider and nothing of Atrium's code. */
export type Stranger = {
  /** A person's access token, from a sign-in of their own over plain HTTP; kept for three minutes. */
  tokenOf(username: string): Promise<string>
  /** REST, as this person: `{status, body}`. */
  crm(as: string, method: string, path: string, body?: object): Promise<{ status: number; body: Answered }>
  /** SOAP by npm `soap`, as this person; a Fault is thrown. */
  oa(as: string, operation: string, input?: object): Promise<Answered>
  /** OData over HTTP, as this person. */
  erp(as: string, method: string, path: string, body?: object): Promise<{ status: number; body: Answered }>
  /** GraphQL over HTTP, as this person. */
  graph(as: string, query: string, variables?: object): Promise<{ data: Answered; errors?: Answered[] }>
  /** The admin API, as this person. */
  admin(as: string, method: string, path: string, body?: object): Promise<{ status: number; body: Answered }>
}

const keptMs = 180_000

/** In the place of a username each call also takes `token:<access token>`, e.g. the one an open browser works with. */
export function strangerTo(stack: Pick<Stack, 'issuer' | 'portal' | 'gateway' | 'systems' | 'secrets'>): Stranger {
  const tokens = new Map<string, { token: string; at: number }>()
  const clients = new Map<string, Promise<Client>>()

  const tokenOf = async (username: string): Promise<string> => {
    if (username.startsWith('token:')) return username.slice(6)
    const known = tokens.get(username)
    if (known && Date.now() - known.at < keptMs) return known.token
    const token = await signInOverHttp(stack, username)
    tokens.set(username, { token, at: Date.now() })
    return token
  }
  // Kept as well: each exchange is an entry of the audit log, and a test that polls would fill its first page.
  const systemToken = async (as: string, system: string): Promise<string> => {
    const subject = await tokenOf(as)
    const known = tokens.get(`${subject} ${system}`)
    if (known && Date.now() - known.at < keptMs) return known.token
    const token = await exchange(stack, subject, system)
    tokens.set(`${subject} ${system}`, { token, at: Date.now() })
    return token
  }

  return {
    tokenOf,
    crm: async (as, method, path, body) =>
      await ask(`${stack.systems.crm}/api/v1${path}`, method, await systemToken(as, 'crm'), body),
    erp: async (as, method, path, body) =>
      await ask(`${stack.systems.erp}/odata/v4/${path}`, method, await systemToken(as, 'erp'), body),
    oa: async (as, operation, input = {}) => {
      const description = `${stack.systems.oa}/services/oa?wsdl`
      const client = await (clients.get(as) ?? createClientAsync(description, { disableCache: true }))
      clients.set(as, Promise.resolve(client))
      client.clearHttpHeaders()
      client.addHttpHeader('Authorization', `Bearer ${await systemToken(as, 'oa')}`)
      const [answer] = await client[`${operation}Async`](input)
      return answer ?? {}
    },
    graph: async (as, query, variables = {}) =>
      (await ask(`${stack.gateway}/graphql`, 'POST', await tokenOf(as), { query, variables })).body,
    admin: async (as, method, path, body) =>
      await ask(`${new URL(stack.issuer).origin}/admin/${path}`, method, await tokenOf(as), body),
  }
}

/** Authorization code flow with PKCE as the public client `portal`, through the plain form. */
async function signInOverHttp({ issuer, portal }: Pick<Stack, 'issuer' | 'portal'>, username: string): Promise<string> {
  const verifier = randomBytes(32).toString('base64url')
  const browser = new FormBrowser()
  const redirectUri = `${portal}/`
  const form = await browser.open(
    `${issuer}/protocol/openid-connect/auth?${new URLSearchParams({
      client_id: 'portal',
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'openid',
      state: 'state',
      nonce: 'nonce',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    })}`,
  )
  const page = await browser.submit(form, { username, password: SAMPLE_PASSWORD })
  const code = page.url.searchParams.get('code')
  if (!code) throw new Error(`${username} was not signed in: ${page.status} at ${page.url}`)
  const answer = await fetch(`${issuer}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'portal',
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    }),
  })
  return ((await answer.json()) as { access_token: string }).access_token
}

/** RFC 8693: a person's token for one system's audience. */
async function exchange(
  { issuer, secrets }: Pick<Stack, 'issuer' | 'secrets'>,
  token: string,
  system: string,
): Promise<string> {
  const answer = await fetch(`${issuer}/protocol/openid-connect/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`gateway:${encodeURIComponent(secrets.gateway)}`).toString('base64')}`,
    },
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience: `urn:atrium:system:${system}`,
    }),
  })
  const body = (await answer.json()) as { access_token?: string; error?: string; error_description?: string }
  if (!body.access_token) throw new Error(`no token for ${system}: ${body.error} ${body.error_description ?? ''}`)
  return body.access_token
}

async function ask(
  url: string,
  method: string,
  token: string,
  body?: object,
): Promise<{ status: number; body: Answered }> {
  const answer = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'accept-language': 'zh-CN',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
}
