import { Problem } from '@atrium/platform/problem'
import type { Kysely, Selectable } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Actor } from '../directory/tables.ts'
import type { ApplicationTable, Text } from '../oidc/tables.ts'
import { addressWarning } from './addresses.ts'
import { type Kind, type Protocol, protocolOf } from './kinds.ts'
import { readUse, type Use } from './use.ts'

/** An application as administrators see it: never its secret. */
export type Application = Protocol &
  Use & {
    id: string
    name: Text
    url: string
    postLogoutRedirectUris: string[]
    backchannelLogoutUri: string | null
    revision: number
    createdAt: Date
    updatedAt: Date
    /** Null where no administrator has changed it since it was imported. */
    updatedBy: Actor | null
    /** What may be, yet should not stay. */
    warnings: Text[]
  }

/** A stored application. */
export type ApplicationRow = Selectable<ApplicationTable>

/** @throws Problem 404 `unknown_application` */
export async function requireApplication(db: Kysely<Schema>, id: string, lock = false): Promise<ApplicationRow> {
  const query = db.selectFrom('application').selectAll().where('id', '=', id)
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst()
  if (row) return row
  throw new Problem(404, 'unknown_application', { zh: `没有应用“${id}”`, en: `There is no application "${id}"` })
}

/** @throws Problem 404 `unknown_application` */
export async function readApplication(db: Kysely<Schema>, id: string): Promise<Application> {
  const row = await requireApplication(db, id)
  const use = (await readUse(db)).get(id)
  return shown(row, use ?? { signIns30d: 0, liveSessions: 0 })
}

/** What a list says of each application beside its place among the systems. */
export async function readKinds(db: Kysely<Schema>): Promise<Map<string, { kind: Kind } & Use>> {
  const rows = await db.selectFrom('application').select(['id', 'redirect_uris', 'client_metadata']).execute()
  const use = await readUse(db)
  return new Map(
    rows.map(row => [
      row.id,
      { kind: protocolOf(row).kind, ...(use.get(row.id) ?? { signIns30d: 0, liveSessions: 0 }) },
    ]),
  )
}

function shown(row: ApplicationRow, use: Use): Application {
  const addresses = [row.url, ...row.redirect_uris, ...row.post_logout_redirect_uris, row.backchannel_logout_uri ?? '']
  const warnings = addresses.map(addressWarning).filter(one => one !== undefined)
  return {
    id: row.id,
    name: row.name,
    url: row.url,
    ...protocolOf(row),
    postLogoutRedirectUris: row.post_logout_redirect_uris,
    backchannelLogoutUri: row.backchannel_logout_uri,
    ...use,
    revision: row.revision,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
    warnings: [...new Map(warnings.map(one => [one.en, one])).values()],
  }
}
