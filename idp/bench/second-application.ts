import { relyingParty, visit } from '../src/oidc/testing/relying-party.ts'
import type { Row } from './row.ts'
import { type BenchIdp, startBare } from './servers.ts'

type Side = { issuer: string; portal: string }

const warmUp = 15
const rounds = 60
const atMost = 4

/** Somebody signed in to the portal opens a second application: from its redirect to its tokens, without a page in between. */
export async function benchSecondApplication(idp: BenchIdp): Promise<Row> {
  const bare = await startBare()
  try {
    const ours = await opening(idp)
    const theirs = await opening({ issuer: bare.url, portal: idp.portal })
    for (let n = 0; n < warmUp + rounds; n++) {
      await ours.open(n < warmUp)
      await theirs.open(n < warmUp)
    }
    const ratio = ours.p95() / theirs.p95()
    return {
      name: 'silent sign-in to a second application: p95, against bare oidc-provider',
      value: ratio,
      unit: '×',
      baseline: `${ours.p95().toFixed(1)} against ${theirs.p95().toFixed(1)} ms`,
      target: `≤ ${atMost}`,
      pass: ratio <= atMost,
    }
  } finally {
    await bare.stop()
  }
}

async function opening(side: Side) {
  const portal = await relyingParty(side, 'portal')
  const crm = await relyingParty(side, 'crm')
  const times: number[] = []
  return {
    open: async (warmsUp: boolean): Promise<void> => {
      const { browser } = await visit(side, 'portal', 'li.na', { rp: portal })
      const started = performance.now()
      const { tokens } = await visit(side, 'crm', 'nobody', { rp: crm, browser })
      if (!tokens.id_token) throw new Error(`no ID token from ${side.issuer}`)
      if (!warmsUp) times.push(performance.now() - started)
    },
    p95: (): number => times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1] ?? 0,
  }
}
