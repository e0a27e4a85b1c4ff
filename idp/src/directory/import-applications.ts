import { seal } from '@atrium/platform/secrets'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { ImportDocument } from './import-schema.ts'

type Application = NonNullable<ImportDocument['applications']>[number]

/** Registers applications; their secrets are sealed at rest. */
export async function importApplications(
  trx: Kysely<Schema>,
  applications: Application[],
  encryptionKey: Buffer,
): Promise<void> {
  for (const one of applications)
    await sql`
      insert into application (id, name, url, protocol, secret_sealed, redirect_uris, post_logout_redirect_uris, backchannel_logout_uri,
        native_roles, provisioning, client_metadata)
      values (${one.id}, ${JSON.stringify(one.name)}::jsonb, ${one.url}, ${one.protocol}, ${seal(one.clientSecret, encryptionKey)},
        ${one.redirectUris}::text[], ${one.postLogoutRedirectUris}::text[], ${one.backchannelLogoutUri ?? null},
        ${JSON.stringify(one.nativeRoles)}::jsonb, ${one.provisioning ? JSON.stringify(one.provisioning) : null}::jsonb,
        ${JSON.stringify(one.client ?? {})}::jsonb)
      on conflict (id) do update set name = excluded.name, url = excluded.url, protocol = excluded.protocol,
        secret_sealed = excluded.secret_sealed, redirect_uris = excluded.redirect_uris,
        post_logout_redirect_uris = excluded.post_logout_redirect_uris, backchannel_logout_uri = excluded.backchannel_logout_uri,
        native_roles = excluded.native_roles, provisioning = excluded.provisioning, client_metadata = excluded.client_metadata,
        updated_at = clock_timestamp(), updated_by = null, revision = application.revision + ${differs}::integer`.execute(
      trx,
    )
}

// The same document is imported at every start: what somebody is changing meanwhile is not stale by that.
const shown = ['name', 'url', 'redirect_uris', 'post_logout_redirect_uris', 'backchannel_logout_uri', 'client_metadata']
const differs = sql.raw(
  `((${shown.map(one => `application.${one}`).join(', ')}) is distinct from (${shown.map(one => `excluded.${one}`).join(', ')}))`,
)
