import * as client from 'openid-client'
import { authorizationRequest, relyingParty, visit } from '../../src/oidc/testing/relying-party.ts'
import { postgresCpu, processCpu } from '../cpu.ts'
import { atRest } from '../rest.ts'
import type { Row } from '../row.ts'
import type { BenchIdp } from '../servers.ts'
import { startGlewlwyd } from './glewlwyd.ts'
import { startLemonldap } from './lemonldap.ts'
import type { Peer } from './peer.ts'

const warmUp = 10
const rounds = 3
const signIns = 20
const refreshes = 60

/** Sign-ins and refreshes at other providers of the field, where they are installed, by the same client and beside ours. */
export async function benchPeers(idp: BenchIdp): Promise<Row[]> {
  const rows: Row[] = []
  for (const start of [startGlewlwyd, startLemonldap]) {
    const peer = await start().catch((error: Error) => console.log(`  a peer did not start: ${error.message}`))
    if (!peer) continue
    try {
      rows.push(...(await beside(await ours(idp), theirs(peer), peer.name)))
    } finally {
      await peer.stop()
    }
  }
  return rows
}

/** A provider as the measurement sees it. */
type Side = {
  pid: number
  postmaster: number | undefined
  rp: client.Configuration
  /** Signs somebody in. @returns the refresh token */
  signIn(): Promise<string>
}

async function ours(idp: BenchIdp): Promise<Side> {
  const rp = await relyingParty(idp, 'portal')
  const signIn = async () => (await visit(idp, 'portal', 'li.na', { rp })).tokens.refresh_token ?? ''
  return { pid: idp.pid, postmaster: idp.postmaster, rp, signIn }
}

function theirs({ pid, postmaster, rp, signIn }: Peer): Side {
  const one = async (): Promise<string> => {
    const { url, checks } = await authorizationRequest(rp, 'http://localhost:39000/', { scope: 'openid' })
    const tokens = await client.authorizationCodeGrant(rp, await signIn(url), checks)
    return tokens.refresh_token ?? ''
  }
  return { pid, postmaster, rp, signIn: one }
}

async function beside(us: Side, them: Side, name: string): Promise<Row[]> {
  const [our, their] = [await measured(us), await measured(them)]
  for (let round = 0; round < rounds; round++) {
    await our.run()
    await their.run()
  }
  const row = (what: string, of: (cost: Cost) => number): Row => ({
    name: `${what}: CPU of service and database, hash included, beside ${name}`,
    value: least(our.costs, of),
    unit: 'ms',
    baseline: `${least(their.costs, of).toFixed(2)} ms`,
    target: 'for comparison',
    pass: true,
  })
  return [row('sign-in', cost => cost.signIn), row('refresh', cost => cost.refresh)]
}

type Cost = { signIn: number; refresh: number }

function least(costs: Cost[], of: (cost: Cost) => number): number {
  return Math.min(...costs.map(of))
}

async function measured(side: Side) {
  for (let n = 0; n < warmUp; n++) await side.signIn()
  const rest = await atRest(side.pid, side.postmaster)
  const cpu = (): number => processCpu(side.pid).all + (side.postmaster ? postgresCpu(side.postmaster) : 0)
  const spent = async (count: number, work: () => Promise<void>): Promise<number> => {
    const before = { cpu: cpu(), at: performance.now() }
    for (let n = 0; n < count; n++) await work()
    return (cpu() - before.cpu - (rest.main + rest.postgres) * (performance.now() - before.at)) / count
  }
  const costs: Cost[] = []
  return {
    costs,
    run: async (): Promise<void> => {
      let token = ''
      const signIn = await spent(signIns, async () => {
        token = await side.signIn()
      })
      const refresh = await spent(refreshes, async () => {
        token = (await client.refreshTokenGrant(side.rp, token)).refresh_token ?? token
      })
      costs.push({ signIn, refresh })
    },
  }
}
