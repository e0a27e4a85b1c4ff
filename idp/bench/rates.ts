import { postgresCpu, processCpu } from './cpu.ts'
import { atRest } from './rest.ts'
import type { Row } from './row.ts'
import { untilCompiled } from './warmed-up.ts'

const turnMs = 1500
const turns = 7

/** A service under load: its processes, and requests that run beside one another, each of which goes on where it ended. */
export type Loaded = { pid: number; postmaster?: number; requests: (() => Promise<void>)[] }

/** Requests a CPU second of the service, ours against the baseline; what each process spends at rest is taken off. */
export async function compareRates(
  row: { name: string; atLeast: number },
  services: { ours: Loaded; bare: Loaded },
): Promise<Row> {
  const ours = await side(services.ours)
  const bare = await side(services.bare)
  // In turns, so that whatever else the machine does falls on both alike; the first only warms up.
  for (let turn = 0; turn < turns; turn++) {
    await ours.run(turn === 0)
    await bare.run(turn === 0)
  }
  const ratio = ours.perCpuSecond() / bare.perCpuSecond()
  const sides = (of: (one: typeof ours) => number): string => `${of(ours).toFixed(0)} against ${of(bare).toFixed(0)}`
  return {
    name: `${row.name}: per CPU second of the service, against bare oidc-provider`,
    value: ratio,
    unit: '×',
    baseline: `${sides(one => one.perCpuSecond())}/CPU s; ${sides(one => one.perSecond())}/s; PostgreSQL ${ours.postgresMs().toFixed(2)} ms each`,
    target: `≥ ${row.atLeast}`,
    pass: ratio >= row.atLeast,
  }
}

async function side({ pid, postmaster, requests }: Loaded) {
  const rest = await atRest(pid, postmaster)
  const sum = { done: 0, cpu: 0, ms: 0, postgres: 0 }
  const postgres = (): number => (postmaster ? postgresCpu(postmaster) : 0)
  return {
    run: async (warmUp: boolean): Promise<void> => {
      const before = { cpu: processCpu(pid).all, postgres: postgres(), at: performance.now() }
      let done = 0
      await Promise.all(
        requests.map(async request => {
          while (warmUp ? done < untilCompiled.requests : performance.now() < before.at + turnMs) {
            await request()
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
