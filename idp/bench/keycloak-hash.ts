import { relyingParty, visit } from '../src/oidc/testing/relying-party.ts'
import { knownBrowser } from './browser.ts'
import { processCpu } from './cpu.ts'
import type { Row } from './row.ts'
import { startBenchIdp } from './servers.ts'

// Keycloak's default for Argon2id, in the notation of its hashes: 7 MiB, 5 passes, 1 lane.
const keycloaks = 'm=7168,t=5,p=1'
const warmUp = 40
const rounds = 4
const perRound = 30
const atLeast = 45

/** Sign-ins that one core of idp could do, everything included, with passwords hashed as Keycloak hashes them by default. */
export async function benchKeycloakHash(): Promise<Row> {
  const idp = await startBenchIdp({ PASSWORD_HASH: keycloaks })
  try {
    const rp = await relyingParty(idp, 'portal')
    const known = await knownBrowser(idp, rp)
    for (let n = 0; n < warmUp; n++) await visit(idp, 'portal', 'li.na', { rp, browser: known() })
    const costs: number[] = []
    for (let round = 0; round < rounds; round++) {
      const before = processCpu(idp.pid).all
      for (let n = 0; n < perRound; n++) await visit(idp, 'portal', 'li.na', { rp, browser: known() })
      costs.push((processCpu(idp.pid).all - before) / perRound)
    }
    const perSecond = 1000 / Math.min(...costs)
    return {
      name: `sign-ins per core of idp with Keycloak's default hash (Argon2id ${keycloaks}), hash included`,
      value: perSecond,
      unit: '/s',
      baseline: "15, Keycloak's guide",
      target: `≥ ${atLeast}`,
      pass: perSecond >= atLeast,
    }
  } finally {
    await idp.stop()
  }
}
