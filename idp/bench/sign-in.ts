import { relyingParty, visit } from '../src/oidc/testing/relying-party.ts'
import { knownBrowser } from './browser.ts'
import { postgresCpu, processCpu } from './cpu.ts'
import { atRest, type Rates } from './rest.ts'
import type { Row } from './row.ts'
import type { BenchIdp } from './servers.ts'
import { untilCompiled, withStatistics } from './warmed-up.ts'

const rounds = 4
const perRound = 30

/**
 * What a sign-in costs: five requests from a browser used before, from the portal's redirect to its tokens. The password's hash runs in libuv's threads and
 * is left out; the signing that runs there as well is measured in visits without a password and counted in. What the service
 * does anyway, polling its queues, is measured at rest and taken off. Of the rounds the cheapest counts: what else a machine
 * does makes the same work dearer, never cheaper.
 */
export async function benchSignIn(idp: BenchIdp): Promise<Row[]> {
  // The client has read the provider's metadata once, as every real one has.
  const rp = await relyingParty(idp, 'portal')
  const known = await knownBrowser(idp, rp)
  for (let n = 0; n < untilCompiled.signIns; n++) await visit(idp, 'portal', 'li.na', { rp, browser: known() })
  await withStatistics(idp.databaseUrl, () => visit(idp, 'portal', 'li.na', { rp, browser: known() }))
  const { browser } = await visit(idp, 'portal', 'li.na', { rp })
  const rest = await atRest(idp.pid, idp.postmaster)
  const silent: Cost[] = []
  const full: Cost[] = []
  for (let round = 0; round < rounds; round++) {
    silent.push(await measure(idp, rest, () => visit(idp, 'portal', 'nobody', { rp, browser })))
    full.push(await measure(idp, rest, () => visit(idp, 'portal', 'li.na', { rp, browser: known() })))
  }
  const signing = least(silent, one => one.pool)
  const service = least(full, one => one.main) + signing
  const hash = least(full, one => one.pool) - signing
  const postgres = least(full, one => one.postgres)
  return [
    {
      name: 'sign-in from a browser used before: CPU of idp without the hash',
      value: service,
      unit: 'ms',
      baseline: `hash ${hash.toFixed(1)} ms`,
      target: '≤ 5',
      pass: service <= 5,
    },
    {
      name: 'sign-in from a browser used before: CPU of PostgreSQL',
      value: postgres,
      unit: 'ms',
      target: '≤ 2',
      pass: postgres <= 2,
    },
  ]
}

type Cost = { main: number; pool: number; postgres: number }

function least(costs: Cost[], of: (cost: Cost) => number): number {
  return Math.min(...costs.map(of))
}

async function measure(idp: BenchIdp, rest: Rates, work: () => Promise<unknown>): Promise<Cost> {
  const before = { cpu: processCpu(idp.pid), postgres: postgresCpu(idp.postmaster) }
  const started = performance.now()
  for (let n = 0; n < perRound; n++) await work()
  const ms = performance.now() - started
  const after = { cpu: processCpu(idp.pid), postgres: postgresCpu(idp.postmaster) }
  const pool = after.cpu.pool - before.cpu.pool
  return {
    main: (after.cpu.all - before.cpu.all - pool - rest.main * ms) / perRound,
    pool: pool / perRound,
    postgres: (after.postgres - before.postgres - rest.postgres * ms) / perRound,
  }
}
