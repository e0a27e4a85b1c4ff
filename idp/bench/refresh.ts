import * as client from 'openid-client'
import { TestBrowser } from '../src/oidc/testing/browser.ts'
import { authorizationRequest, visit } from '../src/oidc/testing/relying-party.ts'
import { postgresCpu, processCpu } from './cpu.ts'
import { atRest } from './rest.ts'
import type { Row } from './row.ts'
import { type BenchIdp, startBare } from './servers.ts'

const chains = 8
const turnMs = 1500
const turns = 7
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
    const ours = await load(
      `${idp.issuer}/protocol/openid-connect/token`,
      idp.pid,
      () => tokenOfIdp(idp),
      idp.postmaster,
    )
    const baseline = await load(`${bare.url}/token`, bare.pid, () => tokenOfBare(bare.url))
    // In turns, so that whatever else the machine does falls on both alike.
    for (let turn = 0; turn < turns; turn++) {
      await ours.run(turn === 0)
      await baseline.run(turn === 0)
    }
    const ratio = ours.perCpuSecond() / baseline.perCpuSecond()
    const sides = (of: (one: typeof ours) => number): string =>
      `${of(ours).toFixed(0)} against ${of(baseline).toFixed(0)}`
    return {
      name: 'refresh: per CPU second of the service, against bare oidc-provider',
      value: ratio,
      unit: '×',
      baseline: `${sides(one => one.perCpuSecond())}/CPU s; ${sides(one => one.perSecond())}/s; PostgreSQL ${ours.postgresMs().toFixed(2)} ms each`,
      target: '≥ 0.6',
      pass: ratio >= 0.6,
    }
  } finally {
    await bare.stop()
  }
}

type Tokens = { refresh_token?: string }

/**
 * Chains of refreshes at one token endpoint; `run` loads it for a while and adds to the sums, unless it only warms up. What the
 * process spends at rest is taken off.
 */
async function load(endpoint: string, pid: number, start: () => Promise<string>, postmaster?: number) {
  const tokens: string[] = []
  // One after the other: sign-ins of one account at the same moment are slowed down as guesses.
  while (tokens.length < chains) tokens.push(await start())
  const rest = await atRest(pid, postmaster)
  const sum = { done: 0, cpu: 0, ms: 0, postgres: 0 }
  const postgres = (): number => (postmaster ? postgresCpu(postmaster) : 0)
  return {
    run: async (warmUp: boolean): Promise<void> => {
      const before = { cpu: processCpu(pid).all, postgres: postgres(), at: performance.now() }
      let done = 0
      await Promise.all(
        tokens.map(async (_, chain) => {
          while (performance.now() < before.at + turnMs) {
            tokens[chain] = (await refresh(endpoint, tokens[chain] ?? '')).refresh_token ?? ''
            done += 1
          }
        }),
      )
      if (warmUp) return
      const ms = performance.now() - before.at
      sum.done += done
      sum.cpu += processCpu(pid).all - before.cpu - rest.main * ms
      sum.postgres += postgres() - before.postgres - rest.postgres * ms
      sum.ms += ms
    },
    perCpuSecond: (): number => (sum.done / sum.cpu) * 1000,
    perSecond: (): number => (sum.done / sum.ms) * 1000,
    postgresMs: (): number => sum.postgres / sum.done,
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
