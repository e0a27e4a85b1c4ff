import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Deps } from '../deps.ts'
import type { ScimTarget } from './scim-client.ts'

/** Where the accounts of a system are pushed, with a token for it; undefined when it takes none. */
export async function targetOf({ db, tokens }: Deps, system: string): Promise<ScimTarget | undefined> {
  const application = await db
    .selectFrom('application')
    .select('provisioning')
    .where('id', '=', system)
    .executeTakeFirst()
  if (!application?.provisioning) return undefined
  const { scimUrl, audience } = application.provisioning
  return { scimUrl: scimUrl.replace(/\/+$/, ''), token: await tokens.issueServiceToken({ audience, scope: 'scim' }) }
}

/** The systems that take accounts. */
export async function provisionedSystems(db: Kysely<Schema>): Promise<string[]> {
  const rows = await db
    .selectFrom('application')
    .select('id')
    .where('provisioning', 'is not', null)
    .orderBy('id')
    .execute()
  return rows.map(row => row.id)
}
