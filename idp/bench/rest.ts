import { setTimeout as wait } from 'node:timers/promises'
import { postgresCpu, processCpu } from './cpu.ts'

/** CPU per millisecond. */
export type Rates = { main: number; postgres: number }

const restMs = 4000

/** What a process, and its PostgreSQL if it has one, spend while nobody asks anything. */
export async function atRest(pid: number, postmaster?: number): Promise<Rates> {
  const postgres = (): number => (postmaster ? postgresCpu(postmaster) : 0)
  const before = { cpu: processCpu(pid).all, postgres: postgres() }
  await wait(restMs)
  return { main: (processCpu(pid).all - before.cpu) / restMs, postgres: (postgres() - before.postgres) / restMs }
}
