import { everyUnderLease } from '@atrium/platform/lease'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { PeopleTables } from '../access/tables.ts'
import type { InboxTables } from '../inbox/tables.ts'
import { tellOwners } from './alerts.ts'
import { type Collector, startCollecting } from './collector.ts'
import type { QualityWorld } from './service.ts'
import { forgetOld, forgetRest, writeBatch } from './store.ts'
import type { QualityTables } from './tables.ts'

export interface Quality {
  /** what requests tell their faults to */
  collector: Collector
  stop(): Promise<void>
}

type Tables = QualityTables & InboxTables & PeopleTables

/**
 * Starts counting faults of records: written every few seconds by every gateway; told to owners, and forgotten when old,
 * by one of them.
 * @param options `zone` is the company's, `world` what holds at the moment
 */
export function startQuality<DB extends Tables>(options: {
  db: Kysely<DB>
  zone: string
  world(): QualityWorld
  log: Logger
  flushMs?: number
  tellMs?: number
}): Quality {
  const { zone, world, log } = options
  // Only these tables are used below; Kysely's type is invariant in its tables.
  const db = options.db as unknown as Kysely<Tables>
  const qualityDb = options.db as unknown as Kysely<QualityTables>
  const collector = startCollecting(batch => writeBatch(qualityDb, zone, batch), {
    flushMs: options.flushMs ?? 5000,
    log,
  })
  const telling = everyUnderLease(
    db,
    {
      name: 'quality.tell',
      everyMs: options.tellMs ?? 60_000,
      onError: error => log.warn({ err: error }, 'owners could not be told of faults'),
    },
    async () => {
      await forgetRest(qualityDb)
      await tellOwners(db, world(), zone)
    },
  )
  const forgetting = everyUnderLease(
    db,
    {
      name: 'quality.forget',
      everyMs: 3_600_000,
      onError: error => log.warn({ err: error }, 'old faults could not be removed'),
    },
    () => forgetOld(qualityDb),
  )
  return {
    collector,
    stop: async () => {
      await Promise.all([telling.stop(), forgetting.stop()])
      await collector.stop()
    },
  }
}
