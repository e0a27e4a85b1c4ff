import { open, seal } from '@atrium/platform/secrets'
import { type Kysely, sql } from 'kysely'
import type { Adapter, AdapterPayload } from 'oidc-provider'
import type { Config } from '../config.ts'
import type { Schema } from '../database/schema.ts'

/** What the ids of self-registered clients begin with. */
export const registeredPrefix = 'dyn.'

/** The storage of clients: those that registered themselves here, every other one where `others` finds it. */
export function registeredClients(db: Kysely<Schema>, config: Config, others: Adapter): Adapter {
  return {
    ...others,
    async find(id) {
      // RFC 6749 §2.2: visible characters only. Anything else is nobody's id, and the database is not asked.
      if (!/^[\x21-\x7e]{1,200}$/.test(id)) return undefined
      if (!id.startsWith(registeredPrefix)) return await others.find(id)
      const row = await db
        .selectFrom('registered_client')
        .select(['metadata', 'secret_sealed'])
        .where('id', '=', id)
        .executeTakeFirst()
      if (!row) return undefined
      const secret = row.secret_sealed ? { client_secret: open(row.secret_sealed, config.ENCRYPTION_KEY) } : {}
      return { ...(row.metadata as AdapterPayload), ...secret }
    },
    async upsert(id, payload) {
      const { client_secret: secret, ...metadata } = payload
      const sealed = secret ? seal(secret, config.ENCRYPTION_KEY) : null
      await sql`
        insert into registered_client (id, metadata, secret_sealed) values (${id}, ${JSON.stringify(metadata)}::jsonb, ${sealed})
        on conflict (id) do update set metadata = excluded.metadata, secret_sealed = excluded.secret_sealed, updated_at = now()`.execute(
        db,
      )
    },
    async destroy(id) {
      await db.deleteFrom('registered_client').where('id', '=', id).execute()
    },
  }
}
