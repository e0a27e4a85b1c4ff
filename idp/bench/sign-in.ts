import { visit } from '../src/oidc/testing/relying-party.ts'
import { postgresCpu, processCpu } from './cpu.ts'
import type { Row } from './row.ts'
import type { BenchIdp } from './servers.ts'

const warmUp = 15
const signIns = 80

/**
 * What a sign-in costs: five requests, from the portal's redirect to its tokens. The password's hash runs in libuv's threads and
 * is left out; the signing that runs there as well is measured in visits without a password and counted in.
 */
export async function benchSignIn(idp: BenchIdp): Promise<Row[]> {
  for (let n = 0; n < warmUp; n++) await visit(idp, 'portal', 'li.na')
  const { browser } = await visit(idp, 'portal', 'li.na')
  const silent = await measure(idp, () => visit(idp, 'portal', 'nobody', { browser }))
  const full = await measure(idp, () => visit(idp, 'portal', 'li.na'))
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

async function measure(
  idp: BenchIdp,
  work: () => Promise<unknown>,
): Promise<{ main: number; pool: number; postgres: number }> {
  const before = { cpu: processCpu(idp.pid), postgres: postgresCpu(idp.postmaster) }
  for (let n = 0; n < signIns; n++) await work()
  const after = { cpu: processCpu(idp.pid), postgres: postgresCpu(idp.postmaster) }
  const pool = after.cpu.pool - before.cpu.pool
  return {
    main: (after.cpu.all - before.cpu.all - pool) / signIns,
    pool: pool / signIns,
    postgres: (after.postgres - before.postgres) / signIns,
  }
}
