import { type AuditEntry, auditAll } from '@atrium/platform/audit'
import { log } from '@atrium/platform/log'
import type { Kysely } from 'kysely'

/** Who read which fields of how many records, by which client and operation. */
export interface ReadEntry extends AuditEntry {
  action: 'data.read.personal' | 'data.read.secret'
  outcome: 'success'
  detail: {
    client: string | null
    operation: string | null
    type: string
    fields: string[]
    /** how many records, and the keys of the first of them */
    records: number
    keys: string[]
  }
  traceId: string
}

/** Takes records of sensitive reads off the request's path into the audit log. */
export interface ReadLog {
  /** whether values of a class may be given out now: they may not when their reading could not be recorded */
  takes(kind: 'personal' | 'secret'): boolean
  record(entries: readonly ReadEntry[]): void
  /** Writes what is waiting. @throws Error when the database does not take it */
  flush(): Promise<void>
  /** Writes what is waiting and ends; what cannot be written by then is logged as lost. */
  stop(): Promise<void>
}

export interface ReadLogOptions {
  /** most entries that wait in memory */
  most?: number
  everyMs?: number
  /** an entry that waits longer shows that the database is away */
  lateMs?: number
  /** how long a clean stop waits for the database */
  stopMs?: number
}

const batch = 500

/**
 * Entries wait in memory for at most a quarter of a second and are written in batches, so that nobody waits for the
 * audit log; a killed process loses at most what came in that time. When the database does not take them, values of
 * class secret are refused at once, so that none is read unrecorded beyond that quarter; personal ones until the memory
 * for waiting entries is full, and no longer. Both are given out again after the first batch that was written.
 */
export function startReadLog<T>(db: Kysely<T>, options: ReadLogOptions = {}): ReadLog {
  const { most = 20_000, everyMs = 250, lateMs = 2000, stopMs = 5000 } = options
  const logger = log('gateway')
  let waiting: ReadEntry[] = []
  /** since when the oldest entry waits */
  let since: number | undefined
  let failing = false
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const started = performance.now()
      const part = waiting.slice(0, batch)
      await auditAll(db, part)
      waiting = waiting.slice(part.length)
      since = waiting.length > 0 ? started : undefined
      failing = false
    }
  }

  function flush(): Promise<void> {
    writing ??= write().finally(() => {
      writing = undefined
    })
    return writing
  }

  function schedule(): void {
    if (timer || stopped) return
    timer = setTimeout(() => {
      timer = undefined
      flush()
        .catch(error => {
          if (!failing) logger.error({ err: error }, 'sensitive reads cannot be recorded; secret values are not shown')
          failing = true
        })
        .finally(() => {
          if (waiting.length > 0) schedule()
        })
    }, everyMs)
  }

  return {
    takes(kind) {
      if (stopped || waiting.length >= most) return false
      if (kind === 'personal') return true
      return !failing && (since === undefined || performance.now() - since < lateMs)
    },
    record(entries) {
      if (entries.length === 0) return
      since ??= performance.now()
      waiting.push(...entries)
      schedule()
    },
    flush,
    async stop() {
      clearTimeout(timer)
      const until = Date.now() + stopMs
      while (waiting.length > 0 && Date.now() < until) {
        const left = new Promise<void>(resolve => setTimeout(resolve, until - Date.now()).unref())
        await Promise.race([flush().catch(() => new Promise(resolve => setTimeout(resolve, 200))), left])
      }
      stopped = true
      if (waiting.length > 0) logger.error({ entries: waiting }, 'sensitive reads could not be recorded before the end')
    },
  }
}
