import { everyUnderLease } from '@atrium/platform/lease'
import { startOutbox } from '@atrium/platform/outbox'
import type { Deps } from '../deps.ts'
import { startTemporaryGrants } from '../roles/temporary.ts'
import { compareAll } from './drift.ts'
import { startHints } from './hints.ts'
import { provisioningTopic } from './plan.ts'
import { pushHandler } from './push.ts'
import { provisionedSystems } from './targets.ts'

/** As many tries as the outbox makes by itself when no delays are configured. */
const defaultRetries = 21

/** Often enough that an application imported a moment ago gets its accounts at once. */
const lookForSystemsMs = 500

const compareMs = 300_000

/** Starts what carries changes outward: pushes to every system, hints to the gateway, temporary grants, comparisons. */
export function startProvisioning(deps: Deps): { stop(): Promise<void> } {
  const pushes = startPushes(deps)
  const hints = startHints(deps)
  const grants = startTemporaryGrants(deps)
  const drift = everyUnderLease(
    deps.db,
    {
      name: 'drift',
      everyMs: compareMs,
      onError: error => deps.log.error({ err: error }, 'the systems were not compared; it will be tried again'),
    },
    () => compareAll(deps),
  )
  return {
    stop: async () => {
      await Promise.all([pushes, hints, grants, drift].map(one => one.stop()))
    },
  }
}

/** One worker for each system that takes accounts, started when the system appears. */
function startPushes(deps: Deps): { stop(): Promise<void> } {
  const { db, config, log } = deps
  const workers = new Map<string, ReturnType<typeof startOutbox>>()
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  const look = async (): Promise<void> => {
    try {
      for (const system of await provisionedSystems(db)) {
        if (stopped || workers.has(system)) continue
        workers.set(
          system,
          startOutbox(db, {
            topic: provisioningTopic(system),
            handle: pushHandler(deps, config.RETRY_DELAYS?.length ?? defaultRetries),
            pollMs: 300,
            ...(config.RETRY_DELAYS ? { retryDelays: config.RETRY_DELAYS } : {}),
          }),
        )
      }
    } catch (error) {
      if (!stopped) log.error({ err: error }, 'the systems to push to could not be read; it will be tried again')
    }
    if (!stopped) timer = setTimeout(again, lookForSystemsMs)
  }
  let looking: Promise<void> = Promise.resolve()
  const again = (): void => {
    looking = look()
  }
  again()
  return {
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await looking
      await Promise.all([...workers.values()].map(worker => worker.stop()))
    },
  }
}
