/**
 * One account on its way to its system:
 *
 *   pending ──read what the system holds──► merge ──PUT/POST──► done
 *      ▲            │ no answer, 5xx, 429 …        │ refused for good (4xx), or tries used up
 *      └────────────┴── tried again later          └──► failed ──retry by an administrator──► pending
 *
 * What was given by hand in the system is drift: a push carries over the difference between what the system last
 * confirmed and what is wanted now, and leaves the rest as it is. Two cases are exact instead: a person who left keeps no
 * role, and an administrator may ask to overwrite.
 */
import { audit } from '@atrium/platform/audit'
import type { Delivery, DeliveryOutcome } from '@atrium/platform/outbox'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Deps } from '../deps.ts'
import type { DesiredAccount } from './plan.ts'
import { findAccount, type HeldAccount, isFailure, writeAccount } from './scim-client.ts'
import { targetOf } from './targets.ts'

type Row = {
  personId: string
  desired: DesiredAccount
  generation: number
  overwrite: boolean
  confirmed: DesiredAccount | null
}

/** Longer than a look-up and a write may take together, shorter than the outbox's own lock. */
const pushSeconds = 30

/** Carries out one delivery of the outbox. `retries` is how many tries there are after the first. */
export function pushHandler(deps: Deps, retries: number): (item: Delivery) => Promise<DeliveryOutcome> {
  const { db } = deps
  return async item => {
    const { system, nativeId, generation } = item.payload as { system: string; nativeId: string; generation: number }
    const row = await take(db, system, nativeId)
    // Waiting counts as a try: soon at first, because a push takes a moment, then seldom, lest a system that hangs uses up
    // the tries of the push behind it.
    if (row === 'busy')
      return { retryInMs: item.attempts < 3 ? 300 : 5000, error: 'another push for this account is under way' }
    if (!row || row.generation > generation) {
      if (row) await giveBack(db, system, nativeId)
      return 'done'
    }
    const outcome = await push(deps, system, row).catch(
      (error: unknown): DeliveryOutcome => ({ error: error instanceof Error ? error.message : String(error) }),
    )
    if (outcome === 'done') {
      await confirm(db, system, nativeId, row)
      return outcome
    }
    const givenUp = 'dead' in outcome || (outcome.retryInMs === undefined && item.attempts >= retries)
    await note(db, system, nativeId, row.generation, 'dead' in outcome ? outcome.dead : outcome.error, givenUp)
    return outcome
  }
}

async function push(deps: Deps, system: string, row: Row): Promise<DeliveryOutcome> {
  const target = await targetOf(deps, system)
  if (!target) return { dead: 'the application takes no accounts any more' }
  const found = await findAccount(target, row.desired.userName)
  if (isFailure(found)) return outcomeOf(found)
  // Nothing to switch off where nothing is.
  if (!found.account && !row.desired.active) return 'done'
  const roles = mergeRoles(row, found.account)
  const written = await writeAccount(target, found.account, row.desired, roles)
  if (isFailure(written)) return outcomeOf(written)
  await recordRemovedByHand(deps.db, system, row, found.account, roles)
  return 'done'
}

/** The roles to write: the system's own, with what was added and taken away here since it last confirmed. */
export function mergeRoles(row: Pick<Row, 'desired' | 'confirmed' | 'overwrite'>, held: HeldAccount | null): string[] {
  const { desired, confirmed, overwrite } = row
  if (overwrite || !desired.active || !held) return desired.roles
  const before = new Set(confirmed?.roles ?? [])
  const wanted = new Set(desired.roles)
  const added = desired.roles.filter(role => !before.has(role))
  // A role that was taken away here goes even if somebody also gave it by hand: a withdrawn right must end.
  const kept = held.roles.filter(role => wanted.has(role) || !before.has(role))
  return [...new Set([...kept, ...added])].sort()
}

function outcomeOf(failure: { permanent: boolean; reason: string; wait: { retryInMs?: number } }): DeliveryOutcome {
  return failure.permanent ? { dead: failure.reason } : { error: failure.reason, ...failure.wait }
}

async function recordRemovedByHand(
  db: Kysely<Schema>,
  system: string,
  row: Row,
  held: HeldAccount | null,
  written: string[],
): Promise<void> {
  const known = new Set([...(row.confirmed?.roles ?? []), ...row.desired.roles])
  const removed = (held?.roles ?? []).filter(role => !written.includes(role) && !known.has(role))
  if (removed.length === 0) return
  await audit(db, {
    actor: { id: 'idp', kind: 'system', name: 'Atrium' },
    action: 'provisioning.hand_given_roles_removed',
    target: { type: 'person', id: row.personId },
    outcome: 'success',
    detail: { system, nativeId: row.desired.userName, roles: removed },
  })
}

async function take(db: Kysely<Schema>, system: string, nativeId: string): Promise<Row | 'busy' | undefined> {
  const { rows } = await sql<Row>`
    update provisioning set pushing_until = clock_timestamp() + make_interval(secs => ${pushSeconds})
    where system = ${system} and native_id = ${nativeId} and (pushing_until is null or pushing_until < clock_timestamp())
    returning person_id as "personId", desired, generation, overwrite, confirmed`.execute(db)
  if (rows[0]) return rows[0]
  const { rows: there } =
    await sql`select 1 from provisioning where system = ${system} and native_id = ${nativeId}`.execute(db)
  return there.length > 0 ? 'busy' : undefined
}

async function giveBack(db: Kysely<Schema>, system: string, nativeId: string): Promise<void> {
  await sql`update provisioning set pushing_until = null where system = ${system} and native_id = ${nativeId}`.execute(
    db,
  )
}

/** What was written is confirmed whatever came since; the account is done only if nothing came since. */
async function confirm(db: Kysely<Schema>, system: string, nativeId: string, row: Row): Promise<void> {
  await sql`
    update provisioning set confirmed = ${JSON.stringify(row.desired)}::jsonb, confirmed_at = clock_timestamp(), pushing_until = null,
      state = case when generation = ${row.generation} then 'done' else state end,
      last_error = case when generation = ${row.generation} then null else last_error end,
      overwrite = overwrite and generation <> ${row.generation}, updated_at = clock_timestamp()
    where system = ${system} and native_id = ${nativeId}`.execute(db)
}

async function note(
  db: Kysely<Schema>,
  system: string,
  nativeId: string,
  generation: number,
  error: string,
  givenUp: boolean,
): Promise<void> {
  await sql`
    update provisioning set pushing_until = null, updated_at = clock_timestamp(),
      state = case when generation = ${generation} and ${givenUp} then 'failed' else state end,
      last_error = case when generation = ${generation} then ${error} else last_error end
    where system = ${system} and native_id = ${nativeId}`.execute(db)
}
