import { open, seal } from '@atrium/platform/secrets'
import { type Kysely, sql } from 'kysely'
import type { Author, PublishingTables } from './tables.ts'

/** The secrets of all systems, opened: system → name → value. */
export type Secrets = ReadonlyMap<string, ReadonlyMap<string, string>>

export interface KnownSecret {
  name: string
  setAt: Date
  setBy: string
}

/** Which secrets there are by now: it grows with every change. */
export async function secretsVersion(db: Kysely<PublishingTables>): Promise<string> {
  const { rows } = await sql<{ version: string }>`
    select coalesce(max(version), 0)::text || '.' || count(*)::text as version from system_secret`.execute(db)
  return rows[0]?.version ?? ''
}

/** @param unreadable is told of those that this ENCRYPTION_KEY does not open */
export async function readSecrets(
  db: Kysely<PublishingTables>,
  key: Buffer,
  unreadable: (system: string, name: string) => void,
): Promise<Secrets> {
  const secrets = new Map<string, Map<string, string>>()
  for (const { system, name, sealed } of await db.selectFrom('system_secret').selectAll().execute()) {
    const own = secrets.get(system) ?? new Map<string, string>()
    secrets.set(system, own)
    try {
      own.set(name, open(sealed, key))
    } catch {
      unreadable(system, name)
    }
  }
  return secrets
}

/** Names, never values. */
export async function listSecrets(db: Kysely<PublishingTables>, system: string): Promise<KnownSecret[]> {
  const rows = await db
    .selectFrom('system_secret')
    .select(['name', 'set_at', 'set_by'])
    .where('system', '=', system)
    .orderBy('name')
    .execute()
  return rows.map(row => ({ name: row.name, setAt: row.set_at, setBy: row.set_by.name ?? row.set_by.id }))
}

export async function writeSecret(
  db: Kysely<PublishingTables>,
  secret: { system: string; name: string; value: string; by: Author },
  key: Buffer,
): Promise<KnownSecret> {
  const { system, name, value, by } = secret
  const values = { sealed: seal(value, key), set_by: JSON.stringify(by) }
  const row = await db
    .insertInto('system_secret')
    .values({ system, name, ...values })
    .onConflict(conflict =>
      conflict.columns(['system', 'name']).doUpdateSet({
        ...values,
        set_at: sql<Date>`now()`,
        version: sql<number>`nextval('system_secret_version')`,
      }),
    )
    .returning('set_at')
    .executeTakeFirstOrThrow()
  return { name, setAt: row.set_at, setBy: by.name ?? by.id }
}

export async function deleteSecret(db: Kysely<PublishingTables>, system: string, name: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('system_secret')
    .where('system', '=', system)
    .where('name', '=', name)
    .executeTakeFirst()
  return numDeletedRows > 0n
}
