import { listen } from '@atrium/platform/database'
import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'

const channel = 'atrium_system_changed'
const flushMs = 10

/** Tells other gateways on the same database that something was written into a system, and hears it from them. */
export interface Changes {
  tell(system: string): void
  stop(): Promise<void>
}

/**
 * What is kept of a system's answers is kept by each gateway for itself, so a write through one makes the others forget too.
 * A hint that is lost costs no more than answers that are as old as the mapping allows anyway.
 * @param self this process among them
 */
export function startChanges<T>(
  db: Kysely<T>,
  options: { url: string; self: string; log: Logger; forget: (system: string) => void },
): Changes {
  const { url, self, log, forget } = options
  const told = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<unknown> = Promise.resolve()
  const subscription = listen(
    url,
    [channel],
    (_, payload) => {
      const [from, ...systems] = payload.split(' ')
      if (from !== self) for (const system of systems) forget(system)
    },
    () => {},
  )
  // Writes of one moment travel together.
  const flush = (): void => {
    timer = undefined
    const payload = [self, ...told].join(' ').slice(0, 7900)
    told.clear()
    sending = sql`select pg_notify(${channel}, ${payload})`
      .execute(db)
      .catch(error => log.debug({ err: error }, 'a hint of a write was lost'))
  }
  return {
    tell(system) {
      told.add(system)
      timer ??= setTimeout(flush, flushMs)
    },
    async stop() {
      clearTimeout(timer)
      await sending
      await subscription.stop()
    },
  }
}
