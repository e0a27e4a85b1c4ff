import { randomBytes } from 'node:crypto'
import { audit } from '@atrium/platform/audit'
import { Problem } from '@atrium/platform/problem'
import { seal } from '@atrium/platform/secrets'
import { type Kysely, sql } from 'kysely'
import type { Config } from '../config.ts'
import type { Schema } from '../database/schema.ts'
import type { Actor } from '../directory/tables.ts'
import { ownClients } from '../oidc/clients.ts'
import { type ApplicationInput, applicationFaults } from './input.ts'
import { hasSecret, metadataOf, protocolOf } from './kinds.ts'
import { type Application, type ApplicationRow, readApplication, requireApplication } from './read.ts'
import { usesOf } from './uses.ts'

/** Who changes an application, and where that is to be noted. */
export type ChangeParts = { db: Kysely<Schema>; config: Config; actor: Actor; ip: string }

type Trx = Kysely<Schema>

/**
 * Registers an application.
 * @returns its secret, which nobody can read again; null where it has none
 * @throws Problem 409 `id_taken`, `reserved_id`; 422 `application_refused` with `faults`
 */
export async function createApplication(
  { db, config, actor, ip }: ChangeParts,
  id: string,
  input: ApplicationInput,
): Promise<{ application: Application; secret: string | null }> {
  refuseFaults(input, config)
  refuseReserved(id, config)
  const secret = hasSecret(input.authentication) ? newSecret() : null
  return await db.transaction().execute(async (trx: Trx) => {
    const inserted = await trx
      .insertInto('application')
      .values({
        id,
        protocol: 'oidc',
        secret_sealed: secret && seal(secret, config.ENCRYPTION_KEY),
        native_roles: JSON.stringify([]),
        ...columns(input),
        client_metadata: JSON.stringify(metadataOf(input)),
        updated_by: JSON.stringify(actor),
      })
      .onConflict(conflict => conflict.column('id').doNothing())
      .returning('id')
      .executeTakeFirst()
    if (!inserted) throw new Problem(409, 'id_taken', { zh: `标识“${id}”已被使用`, en: `The id "${id}" is taken` })
    const application = await readApplication(trx, id)
    await audit(trx, {
      actor,
      action: 'application.created',
      target: { type: 'application', id, name: input.name.zh },
      outcome: 'success',
      detail: { after: auditable(application) },
      ip,
    })
    return { application, secret }
  })
}

/**
 * Changes an application. Roles, provisioning and secret stay; one that comes to need a secret gets one that is to be renewed.
 * @param revision the one the caller saw; none = whatever it is
 * @throws Problem 404 `unknown_application`, 412 `application_changed` when somebody else changed it since, 422 `application_refused` with
 *   `faults`
 */
export async function changeApplication(
  { db, config, actor, ip }: ChangeParts,
  id: string,
  input: ApplicationInput,
  revision: number | undefined,
): Promise<Application> {
  refuseFaults(input, config)
  return await db.transaction().execute(async (trx: Trx) => {
    const row = await requireApplication(trx, id, true)
    refuseStale(row, revision)
    const before = await readApplication(trx, id)
    await trx
      .updateTable('application')
      .set({
        ...columns(input),
        client_metadata: JSON.stringify(metadataOf(input, row.client_metadata)),
        secret_sealed: secretAfter(row, input, config),
        revision: row.revision + 1,
        updated_at: sql`clock_timestamp()`,
        updated_by: JSON.stringify(actor),
      })
      .where('id', '=', id)
      .execute()
    const after = await readApplication(trx, id)
    await audit(trx, {
      actor,
      action: 'application.changed',
      target: { type: 'application', id, name: input.name.zh },
      outcome: 'success',
      detail: { before: auditable(before), after: auditable(after) },
      ip,
    })
    return after
  })
}

/**
 * Takes an application away: it can sign nobody in any more.
 * @param revision the one the caller saw; none = whatever it is
 * @throws Problem 404 `unknown_application`, 409 `application_in_use` with `uses`, which names what depends on it, 412 `application_changed`
 */
export async function deleteApplication(
  { db, actor, ip }: ChangeParts,
  id: string,
  revision: number | undefined,
): Promise<void> {
  await db.transaction().execute(async (trx: Trx) => {
    const row = await requireApplication(trx, id, true)
    refuseStale(row, revision)
    const uses = await usesOf(trx, id)
    if (uses.length > 0) {
      const all = (language: 'zh' | 'en', between: string) => uses.map(one => one.detail[language]).join(between)
      throw new Problem(
        409,
        'application_in_use',
        { zh: `${row.name.zh}仍在使用：${all('zh', '；')}`, en: `${row.name.en} is in use: ${all('en', '; ')}` },
        { uses },
      )
    }
    const before = await readApplication(trx, id)
    await trx.deleteFrom('application').where('id', '=', id).execute()
    // A later application of the same id must not inherit what this one was granted.
    await sql`delete from oidc_model where payload->>'clientId' = ${id} and model <> 'Session'`.execute(trx)
    await audit(trx, {
      actor,
      action: 'application.deleted',
      target: { type: 'application', id, name: row.name.zh },
      outcome: 'success',
      detail: { before: auditable(before) },
      ip,
    })
  })
}

/**
 * Gives an application a new secret; the old one is void at once.
 * @returns the secret, which nobody can read again
 * @throws Problem 404 `unknown_application`, 409 `no_secret` where it has none
 */
export async function renewSecret({ db, config, actor, ip }: ChangeParts, id: string): Promise<string> {
  return await db.transaction().execute(async (trx: Trx) => {
    const row = await requireApplication(trx, id, true)
    if (!hasSecret(protocolOf(row).authentication))
      throw new Problem(409, 'no_secret', {
        zh: `${row.name.zh}不使用密钥认证，没有可更换的密钥`,
        en: `${row.name.en} does not authenticate by a secret`,
      })
    const secret = newSecret()
    await trx
      .updateTable('application')
      .set({ secret_sealed: seal(secret, config.ENCRYPTION_KEY), updated_at: sql`clock_timestamp()` })
      .where('id', '=', id)
      .execute()
    await audit(trx, {
      actor,
      action: 'application.secret_renewed',
      target: { type: 'application', id, name: row.name.zh },
      outcome: 'success',
      ip,
    })
    return secret
  })
}

function columns(input: ApplicationInput) {
  return {
    name: JSON.stringify(input.name),
    url: input.url,
    redirect_uris: input.redirectUris,
    post_logout_redirect_uris: input.postLogoutRedirectUris,
    backchannel_logout_uri: input.backchannelLogoutUri,
  }
}

function secretAfter(row: ApplicationRow, input: ApplicationInput, config: Config): string | null {
  if (!hasSecret(input.authentication)) return null
  return row.secret_sealed ?? seal(newSecret(), config.ENCRYPTION_KEY)
}

function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

function refuseStale(row: ApplicationRow, revision: number | undefined): void {
  if (revision === undefined || revision === row.revision) return
  throw new Problem(412, 'application_changed', {
    zh: `${row.name.zh}已被别人修改，请重新读取后再改`,
    en: `${row.name.en} was changed by somebody else: read it again first`,
  })
}

function refuseFaults(input: ApplicationInput, config: Config): void {
  const faults = applicationFaults(input, config)
  if (faults.length === 0) return
  const all = (language: 'zh' | 'en', between: string) => faults.map(one => one.detail[language]).join(between)
  throw new Problem(422, 'application_refused', { zh: all('zh', '；'), en: all('en', '; ') }, { faults })
}

/** Ids that Atrium's own clients have, with or without this configuration. */
function refuseReserved(id: string, config: Config): void {
  const own = ['atrium', 'idp', 'bootstrap', ...ownClients(config).map(one => one.client_id)]
  if (own.includes(id))
    throw new Problem(409, 'reserved_id', {
      zh: `标识“${id}”由 Atrium 自己使用`,
      en: `The id "${id}" is Atrium's own`,
    })
}

function auditable({
  signIns30d: _s,
  liveSessions: _l,
  warnings: _w,
  revision: _r,
  createdAt: _c,
  updatedAt: _u,
  updatedBy: _b,
  ...rest
}: Application) {
  return rest
}
