import type { Kysely } from '@atrium/platform/database'
import type { Config } from '../config.ts'
import type { Schema } from '../database/schema.ts'

/** The origins of the portal and of every registered application: who may embed our frames and read our answers. */
export async function registeredOrigins(db: Kysely<Schema>, config: Config): Promise<Set<string>> {
  const rows = await db.selectFrom('application').select('redirect_uris').execute()
  const uris = [config.PORTAL_URL, ...rows.flatMap(row => row.redirect_uris)]
  return new Set(uris.map(uri => new URL(uri).origin))
}
