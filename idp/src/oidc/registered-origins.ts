import { type Kysely, sql } from '@atrium/platform/database'
import type { Config } from '../config.ts'
import type { Schema } from '../database/schema.ts'

/** The origins of the portal and of every registered application: who may embed our frames and read our answers. */
export async function registeredOrigins(db: Kysely<Schema>, config: Config): Promise<Set<string>> {
  const { rows } = await sql<{ uri: string }>`
    select unnest(redirect_uris) as uri from application
    union select jsonb_array_elements_text(metadata->'redirect_uris') from registered_client`.execute(db)
  const uris = [config.PORTAL_URL, ...rows.map(row => row.uri)]
  return new Set(uris.map(uri => new URL(uri).origin))
}
