import { type AuditEntry, audit } from '@atrium/platform/audit'
import { type Kysely, sql } from '@atrium/platform/database'
import type { Config } from '../config.ts'
import type { Schema } from '../database/schema.ts'
import { makeNextKeys } from './keys.ts'

/** Seconds after its last report in which a replica counts as running. */
export const liveSeconds = 60

// Beyond the last session, the ID token of one that has ended still signs out without an error: a tab left open over a weekend.
const hintHours = 72

/** What may change in a key's life is said by the configuration. */
export type RotationConfig = Pick<
  Config,
  'ENCRYPTION_KEY' | 'KEY_ROTATION_DAYS' | 'KEY_PUBLICATION_SECONDS' | 'SESSION_MAX_HOURS'
>

const idp: AuditEntry['actor'] = { id: 'idp', kind: 'system' }

/** Begins a rotation: the next keys are made and will be published. While one is under way this changes nothing. */
export async function beginRotation(
  db: Kysely<Schema>,
  encryptionKey: Buffer,
  by: { actor: AuditEntry['actor']; ip?: string | undefined } = { actor: idp },
): Promise<string[]> {
  return await db.transaction().execute(async trx => {
    const kids = await makeNextKeys(trx, encryptionKey)
    if (kids.length > 0) await noteKeys(trx, 'keys.rotation_begun', kids, by)
    return kids
  })
}

/**
 * Moves keys on as far as they may go now. Any replica may do so, one at a time.
 * @returns whether anything changed
 */
export async function advanceKeys(db: Kysely<Schema>, config: RotationConfig): Promise<boolean> {
  return await db.transaction().execute(async trx => {
    await lockKeys(trx)
    const removed = await removeSpent(trx)
    const published = await markPublished(trx)
    const activated = await activate(trx, config)
    const begun = (await isDue(trx, config)) ? await beginIn(trx, config) : []
    return removed + published + activated + begun.length > 0
  })
}

/** Waits for whoever else moves keys on, until the end of the transaction. */
export async function lockKeys(trx: Kysely<Schema>): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('atrium signing keys'))`.execute(trx)
}

async function removeSpent(trx: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ kid: string }>`
    delete from signing_key where verifies_until < clock_timestamp() returning kid`.execute(trx)
  await noteKeys(trx, 'keys.removed', kidsOf(rows))
  return rows.length
}

const lacking = sql`
  exists (select 1 from key_replica r
    where r.seen_at > clock_timestamp() - make_interval(secs => ${liveSeconds}) and not k.kid = any(r.kids))`

async function markPublished(trx: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ kid: string }>`
    update signing_key k set published_at = clock_timestamp()
    where k.active_from is null and k.published_at is null and not ${lacking} returning kid`.execute(trx)
  await noteKeys(trx, 'keys.published', kidsOf(rows))
  return rows.length
}

async function activate(trx: Kysely<Schema>, config: RotationConfig): Promise<number> {
  const due = await sql<{ kid: string; alg: string }>`
    select kid, alg from signing_key k
    where k.active_from is null and not ${lacking}
      and k.published_at <= clock_timestamp() - make_interval(secs => ${config.KEY_PUBLICATION_SECONDS})`.execute(trx)
  if (due.rows.length === 0) return 0
  const algorithms = due.rows.map(row => row.alg)
  const kids = kidsOf(due.rows)
  // Before the next ones: of each algorithm there is one current key.
  const retired = await sql<{ kid: string }>`
    update signing_key set retired_at = clock_timestamp(),
      verifies_until = clock_timestamp() + make_interval(hours => ${config.SESSION_MAX_HOURS + hintHours})
    where active_from is not null and retired_at is null and alg = any(${algorithms}::text[]) returning kid`.execute(
    trx,
  )
  await sql`update signing_key set active_from = clock_timestamp() where kid = any(${kids}::text[])`.execute(trx)
  await noteKeys(trx, 'keys.rotated', kids, { actor: idp }, { retired: kidsOf(retired.rows) })
  return kids.length
}

async function isDue(trx: Kysely<Schema>, config: RotationConfig): Promise<boolean> {
  if (config.KEY_ROTATION_DAYS === 0) return false
  const { rows } = await sql`
    select 1 from signing_key
    where active_from < clock_timestamp() - make_interval(days => ${config.KEY_ROTATION_DAYS}) and retired_at is null
      and not exists (select 1 from signing_key where active_from is null)`.execute(trx)
  return rows.length > 0
}

async function beginIn(trx: Kysely<Schema>, config: RotationConfig): Promise<string[]> {
  const kids = await makeNextKeys(trx, config.ENCRYPTION_KEY)
  await noteKeys(trx, 'keys.rotation_begun', kids, { actor: idp }, { everyDays: config.KEY_ROTATION_DAYS })
  return kids
}

/** Records what became of keys. */
export async function noteKeys(
  trx: Kysely<Schema>,
  action: string,
  kids: string[],
  by: { actor: AuditEntry['actor']; ip?: string | undefined } = { actor: idp },
  more: Record<string, unknown> = {},
): Promise<void> {
  if (kids.length === 0) return
  await audit(trx, {
    actor: by.actor,
    action,
    target: { type: 'keys', id: 'signing' },
    outcome: 'success',
    detail: { kids, ...more },
    ...(by.ip ? { ip: by.ip } : {}),
  })
}

function kidsOf(rows: { kid: string }[]): string[] {
  return rows.map(row => row.kid)
}
