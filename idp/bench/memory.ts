import { readFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import type { Row } from './row.ts'
import type { BenchIdp } from './servers.ts'

/** Resident memory of idp, 30 s after it was ready. */
export async function memoryAtRest(idp: BenchIdp): Promise<Row> {
  await wait(Math.max(0, idp.readyAt + 30_000 - performance.now()))
  return await resident(idp, '30 s after ready', 150)
}

/** Resident memory of idp, 60 s after the load of all that was measured before. */
export async function memoryAfterLoad(idp: BenchIdp): Promise<Row> {
  await wait(60_000)
  return await resident(idp, '60 s after the load', 300)
}

async function resident(idp: BenchIdp, when: string, atMost: number): Promise<Row> {
  const status = await readFile(`/proc/${idp.pid}/status`, 'utf8')
  const value = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
  if (!Number.isFinite(value)) throw new Error(`/proc/${idp.pid}/status tells no resident memory`)
  return { name: `resident memory ${when}`, value, unit: 'MB', target: `≤ ${atMost}`, pass: value <= atMost }
}
