import * as client from 'openid-client'
import { TestBrowser } from '../src/oidc/testing/browser.ts'
import { authorizationRequest, visit } from '../src/oidc/testing/relying-party.ts'
import { compareRates, type Loaded } from './rates.ts'
import type { Row } from './row.ts'
import { type BenchIdp, startBare } from './servers.ts'

const chains = 8
const rounds = 30

/** Refreshes against bare oidc-provider with its memory adapter, and the races that must never cost a session. */
export async function benchRefresh(idp: BenchIdp): Promise<Row[]> {
  return [
    await compare(idp),
    await race(idp, '3 at once', token => Promise.all([1, 2, 3].map(() => refreshAt(idp, token)))),
    await race(idp, '10 at once', token => Promise.all(Array.from({ length: 10 }, () => refreshAt(idp, token)))),
    await race(idp, 'a retry after a lost answer', async token => [
      await refreshAt(idp, token),
      await refreshAt(idp, token),
    ]),
  ]
}

async function compare(idp: BenchIdp): Promise<Row> {
  const bare = await startBare()
  try {
    return await compareRates(
      { name: 'refresh', atLeast: 0.8 },
      {
        ours: { ...idp, ...(await refreshing(`${idp.issuer}/protocol/openid-connect/token`, () => tokenOfIdp(idp))) },
        bare: { pid: bare.pid, ...(await refreshing(`${bare.url}/token`, () => tokenOfBare(bare.url))) },
      },
    )
  } finally {
    await bare.stop()
  }
}

type Tokens = { refresh_token?: string }

/** Chains of refreshes at one token endpoint. */
async function refreshing(endpoint: string, start: () => Promise<string>): Promise<Pick<Loaded, 'requests'>> {
  const tokens: string[] = []
  // One after the other: sign-ins of one account at the same moment are slowed down as guesses.
  while (tokens.length < chains) tokens.push(await start())
  return {
    requests: tokens.map((first, chain) => async () => {
      const next = (await refresh(endpoint, tokens[chain] ?? first)).refresh_token
      if (!next) throw new Error(`no refresh token from ${endpoint}`)
      tokens[chain] = next
    }),
  }
}

async function race(idp: BenchIdp, name: string, attempt: (token: string) => Promise<Tokens[]>): Promise<Row> {
  let token = await tokenOfIdp(idp)
  let good = 0
  for (let round = 0; round < rounds; round++) {
    const successors = new Set((await attempt(token)).map(answer => answer.refresh_token))
    const [only] = successors
    if (successors.size !== 1 || !only) {
      token = await tokenOfIdp(idp)
      continue
    }
    token = only
    good += 1
  }
  // The grant lives when the last successor still works.
  if (!(await refreshAt(idp, token)).refresh_token) good = 0
  return {
    name: `refresh: ${name}, one successor and the grant alive`,
    value: good,
    unit: `of ${rounds}`,
    target: rounds,
    pass: good === rounds,
  }
}

async function refreshAt(idp: BenchIdp, token: string): Promise<Tokens> {
  return await refresh(`${idp.issuer}/protocol/openid-connect/token`, token)
}

async function refresh(endpoint: string, token: string): Promise<Tokens> {
  const response = await fetch(endpoint, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'portal', refresh_token: token }),
  })
  return (await response.json()) as Tokens
}

async function tokenOfIdp(idp: BenchIdp): Promise<string> {
  return (await visit(idp, 'portal', 'li.na')).tokens.refresh_token ?? ''
}

async function tokenOfBare(url: string): Promise<string> {
  const rp = await client.discovery(new URL(url), 'portal', { id_token_signed_response_alg: 'ES256' }, client.None(), {
    execute: [client.allowInsecureRequests],
  })
  const request = await authorizationRequest(rp, 'http://localhost:39000/')
  const { url: callback } = await new TestBrowser().follow(request.url)
  const tokens = await client.authorizationCodeGrant(rp, callback, request.checks)
  return tokens.refresh_token ?? ''
}
