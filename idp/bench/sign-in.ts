import { setTimeout as wait } from 'node:timers/promises'
import { relyingParty, visit } from '../src/oidc/testing/relying-party.ts'
import { postgresCpu, processCpu } from './cpu.ts'
import type { Row } from './row.ts'
import type { BenchIdp } from './servers.ts'

const warmUp = 15
const signIns = 100
const restMs = 4000

/**
 * What a sign-in costs: five requests, from the portal's redirect to its tokens. The password's hash runs in libuv's threads and
 * is left out; the signing that runs there as well is measured in visits without a password and counted in. What the service
 * does anyway, polling its queues, is measured at rest and taken off.
 */
export async function benchSignIn(idp: BenchIdp): Promise<Row[]> {
  // The client has read the provider's metadata once, as every real one has.
  const rp = await relyingParty(idp, 'portal')
  for (let n = 0; n < warmUp; n++) await visit(idp, 'portal', 'li.na', { rp })
  const { browser } = await visit(idp, 'portal', 'li.na', { rp })
  const rest = await atRest(idp)
  const silent = await measure(idp, rest, () => visit(idp, 'portal', 'nobody', { rp, browser }))
  const full = await measure(idp, rest, () => visit(idp, 'portal', 'li.na', { rp }))
  const service = full.main + silent.pool
  const hash = full.pool - silent.pool
  return [
    {
      name: 'sign-in: CPU of idp without the hash',
      value: service,
      unit: 'ms',
      baseline: `hash ${hash.toFixed(1)} ms`,
      target: '≤ 8',
      pass: service <= 8,
    },
    { name: 'sign-in: CPU of PostgreSQL', value: full.postgres, unit: 'ms', target: '≤ 4', pass: full.postgres <= 4 },
  ]
}

type Rates = { main: number; postgres: number }

/** CPU per millisecond while nobody asks anything. */
async function atRest(idp: BenchIdp): Promise<Rates> {
  const before = { cpu: processCpu(idp.pid), postgres: postgresCpu(idp.postmaster) }
  await wait(restMs)
  const after = { cpu: processCpu(idp.pid), postgres: postgresCpu(idp.postmaster) }
  return { main: (after.cpu.all - before.cpu.all) / restMs, postgres: (after.postgres - before.postgres) / restMs }
}

async function measure(
  idp: BenchIdp,
  rest: Rates,
  work: () => Promise<unknown>,
): Promise<{ main: number; pool: number; postgres: number }> {
  const before = { cpu: processCpu(idp.pid), postgres: postgresCpu(idp.postmaster) }
  const started = performance.now()
  for (let n = 0; n < signIns; n++) await work()
  const ms = performance.now() - started
  const after = { cpu: processCpu(idp.pid), postgres: postgresCpu(idp.postmaster) }
  const pool = after.cpu.pool - before.cpu.pool
  return {
    main: (after.cpu.all - before.cpu.all - pool - rest.main * ms) / signIns,
    pool: pool / signIns,
    postgres: (after.postgres - before.postgres - rest.postgres * ms) / signIns,
  }
}
