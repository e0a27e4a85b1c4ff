import { now } from '@atrium/platform/clock'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { type Systems, UpstreamError } from '../systems/types.ts'
import type { CompanyCalendar } from './company-calendar.ts'
import type { Boards } from './definition.ts'
import { type Claim, claimDue, doubt, saveFailure, saveReading } from './kpi-store.ts'
import { readKpi } from './read-kpi.ts'
import type { BoardTables } from './tables.ts'

const budget = 15_000
const atOnce = 6
const pollMs = 1000
// These say that the system is not there, not that one question was wrong.
const away = new Set(['UPSTREAM_UNAVAILABLE', 'UPSTREAM_TIMEOUT', 'UPSTREAM_BUSY', 'CIRCUIT_OPEN'])

export type KpiWorkerDeps = {
  db: Kysely<BoardTables>
  systems: Systems
  boards: Boards
  calendar: CompanyCalendar
  log: Logger
}

/** Reads figures that are due, each in one gateway at a time, until stopped. `nudge` looks again after `ms`. */
export function startKpiWorker(deps: KpiWorkerDeps): { nudge(ms: number): void; stop(): Promise<void> } {
  const { db, boards, log } = deps
  const known = [...boards.kpis.keys()]
  const inWork = new Set<Promise<void>>()
  let timer: NodeJS.Timeout | undefined
  let dueAt = Number.POSITIVE_INFINITY
  let taking: Promise<void> | undefined
  let stopped = false

  const schedule = (ms: number): void => {
    const at = Date.now() + ms
    if (stopped || at >= dueAt) return
    dueAt = at
    clearTimeout(timer)
    timer = setTimeout(turn, ms)
  }
  const turn = (): void => {
    dueAt = Number.POSITIVE_INFINITY
    taking = take().finally(() => schedule(pollMs))
  }
  const take = async (): Promise<void> => {
    const free = atOnce - inWork.size
    if (stopped || free <= 0) return
    try {
      const claims = await claimDue(db, known, free)
      for (const claim of claims) {
        const work = refresh(deps, claim).finally(() => {
          inWork.delete(work)
          schedule(0)
        })
        inWork.add(work)
      }
    } catch (error) {
      log.warn({ err: error }, 'figures that are due could not be looked for; it will be tried again')
    }
  }
  schedule(0)
  return {
    nudge: schedule,
    async stop() {
      stopped = true
      clearTimeout(timer)
      await taking
      await Promise.allSettled(inWork)
    },
  }
}

/** Reads one claimed figure and writes the outcome. Never rejects. */
export async function refresh(deps: KpiWorkerDeps, claim: Claim): Promise<void> {
  const { db, boards, calendar, systems, log } = deps
  const kpi = boards.kpis.get(claim.kpi)
  if (!kpi) return
  try {
    const reading = await readKpi(kpi, { systems, calendar, owners: claim.owners, deadline: Date.now() + budget })
    await saveReading(db, claim, kpi, reading, now(), calendar.today())
  } catch (error) {
    const code = error instanceof UpstreamError ? error.code : 'INTERNAL'
    log.warn({ kpi: kpi.id, code, err: error }, 'a figure could not be read; its last value stays')
    // If even this cannot be written, the claim ends by itself and the figure is due again.
    try {
      const fresh = await saveFailure(db, claim, kpi, code)
      if (fresh && away.has(code))
        await doubt(
          db,
          [...boards.kpis.values()].flatMap(one => (one.system === kpi.system ? one.id : [])),
        )
    } catch (failure) {
      log.error({ kpi: kpi.id, err: failure }, 'the failure of a figure could not be recorded')
    }
  }
}
