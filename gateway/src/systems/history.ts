import { type Kysely, sql } from 'kysely'
import type { Described } from './description.ts'
import type { SystemTables } from './tables.ts'
import type { SystemEventKind, SystemStatus, Text } from './types.ts'

/** The description document a system had when it was last read. */
export async function loadDescription(
  db: Kysely<SystemTables>,
  system: string,
): Promise<{ hash: string; document: string } | undefined> {
  return await db
    .selectFrom('system_description')
    .select(['hash', 'document'])
    .where('system', '=', system)
    .executeTakeFirst()
}

export async function saveDescription(
  db: Kysely<SystemTables>,
  system: string,
  { hash, document }: Described,
): Promise<void> {
  await db
    .insertInto('system_description')
    .values({ system, hash, document })
    .onConflict(conflict => conflict.column('system').doUpdateSet({ hash, document, read_at: sql<Date>`now()` }))
    .execute()
}

export async function recordEvent(
  db: Kysely<SystemTables>,
  system: string,
  kind: SystemEventKind,
  text: Text,
): Promise<void> {
  await db
    .insertInto('system_event')
    .values({ system, kind, text: JSON.stringify(text) })
    .execute()
}

/** The newest events of a system, newest first. */
export async function recentEvents(db: Kysely<SystemTables>, system: string): Promise<SystemStatus['events']> {
  const rows = await db
    .selectFrom('system_event')
    .select(['kind', 'text', 'at'])
    .where('system', '=', system)
    .orderBy('id', 'desc')
    .limit(20)
    .execute()
  return rows.map(row => ({ at: row.at, kind: row.kind as SystemEventKind, text: row.text }))
}

export async function forgetOldEvents(db: Kysely<SystemTables>): Promise<void> {
  await db.deleteFrom('system_event').where('at', '<', sql<Date>`now() - interval '90 days'`).execute()
}
