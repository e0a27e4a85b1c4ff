import { type Kysely, type Selectable, sql } from 'kysely'
import type { Text } from '../types.ts'
import type { Change, ChangeLevel } from './difference.ts'
import type { Risk } from './risk.ts'
import type { DriftTables, SystemDriftTable } from './tables.ts'

export type DriftRow = Selectable<SystemDriftTable>

export interface Finding {
  system: string
  source: 'DESCRIPTION' | 'ANSWERS'
  level: ChangeLevel
  fingerprint: string
  fits: boolean
  changes: readonly Change[]
  atRisk: readonly Risk[]
  operations: readonly string[]
}

/** Records a finding. @returns its id; undefined when it is recorded already */
export async function recordDrift(db: Kysely<DriftTables>, finding: Finding): Promise<string | undefined> {
  const { system, source, level, fingerprint, fits, changes, atRisk, operations } = finding
  // What endangers nothing is over as soon as it is told; replicas tell it within the same minutes.
  const { rows } = await sql<{ id: string }>`
    insert into system_drift (system, source, level, fingerprint, fits, changes, at_risk, operations, ended_at)
    select ${system}, ${source}, ${level}, ${fingerprint}, ${fits}, ${JSON.stringify(changes)}::jsonb,
      ${JSON.stringify(atRisk)}::jsonb, ${JSON.stringify(operations)}::jsonb,
      case when ${level} = 'HARMLESS' then clock_timestamp() end
    where not exists (
      select from system_drift where system = ${system} and source = ${source} and fingerprint = ${fingerprint}
        and found_at > clock_timestamp() - interval '10 minutes' and level = 'HARMLESS')
    on conflict (system, source, fingerprint) where ended_at is null do nothing
    returning id`.execute(db)
  return rows[0]?.id
}

/** The mapping fits again, or values are as they were: what was found is over. */
export async function endDrift(
  db: Kysely<DriftTables>,
  which: { system: string; source: Finding['source']; fingerprint?: string },
): Promise<number> {
  const ended = await db
    .updateTable('system_drift')
    .set({ ended_at: sql<Date>`clock_timestamp()` })
    .where('system', '=', which.system)
    .where('source', '=', which.source)
    .where('ended_at', 'is', null)
    .$if(which.fingerprint !== undefined, query => query.where('fingerprint', '=', which.fingerprint as string))
    .$if(which.fingerprint === undefined, query => query.where('fits', '=', false))
    .executeTakeFirst()
  return Number(ended.numUpdatedRows)
}

/** The newest findings first. @param open only those that neither ended nor were acknowledged */
export async function readDrift(
  db: Kysely<DriftTables>,
  { system, open, limit }: { system?: string | undefined; open: boolean; limit: number },
): Promise<DriftRow[]> {
  return await db
    .selectFrom('system_drift')
    .selectAll()
    .$if(system !== undefined, query => query.where('system', '=', system as string))
    .$if(open, query => query.where('ended_at', 'is', null).where('acknowledged_at', 'is', null))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

/** Notes who has seen a finding; the first keeps it. @returns undefined when there is no such finding */
export async function acknowledgeDrift(
  db: Kysely<DriftTables>,
  id: string,
  by: { id: string; name: Text },
  comment: string | null,
): Promise<DriftRow | undefined> {
  await db
    .updateTable('system_drift')
    .set({
      acknowledged_at: sql<Date>`clock_timestamp()`,
      acknowledged_by: JSON.stringify({ id: by.id, name: by.name }),
      comment,
      // A system that changed for good is no drift once somebody knows; one that does not fit ends when it fits.
      ended_at: sql<Date | null>`case when fits then clock_timestamp() end`,
    })
    .where('id', '=', id)
    .where('acknowledged_at', 'is', null)
    .execute()
  return await db.selectFrom('system_drift').selectAll().where('id', '=', id).executeTakeFirst()
}

export async function forgetOldDrift(db: Kysely<DriftTables>): Promise<void> {
  await db.deleteFrom('system_drift').where('ended_at', '<', sql<Date>`now() - interval '180 days'`).execute()
}
