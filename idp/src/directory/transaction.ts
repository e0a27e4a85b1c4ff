import { now } from '@atrium/platform/clock'
import { Problem } from '@atrium/platform/problem'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { enqueueHint } from '../provisioning/hints.ts'
import { planProvisioning } from '../provisioning/plan.ts'
import { membership } from '../roles/membership.ts'
import { project } from './projection.ts'

const lockKey = 7_205_322

/** The business role that may use the admin API. */
export const administratorRole = 'administrator'

/**
 * Runs a change of the directory, of roles or of the mapping. Such changes wait for one another: what a preview or a
 * check has read stays true until the commit, and resources get their `lastModified` in the order of commits.
 * @throws Problem 409 `last_administrator` when nobody could use the admin API afterwards
 */
export async function changeDirectory<T>(db: Kysely<Schema>, work: (trx: Kysely<Schema>) => Promise<T>): Promise<T> {
  return await db.transaction().execute(async trx => {
    await lockDirectory(trx)
    const before = await administrators(trx)
    const result = await work(trx)
    if (before > 0 && (await administrators(trx)) === 0)
      throw new Problem(409, 'last_administrator', {
        zh: '这样就没有人能管理了：至少要保留一名在职的系统管理员，请先把该角色授予别人',
        en: 'Nobody could administer Atrium afterwards: at least one active administrator must remain; give the role to somebody else first',
      })
    return result
  })
}

/**
 * Carries a change to everything that follows from it, in the same transaction: resources, accounts to push, the hint
 * to the gateway.
 * @param people whose resources may have changed; null for everybody
 * @param version the mapping version, when the change is its publication
 * @returns the ids of the people whose rights or data did change
 */
export async function settle(trx: Kysely<Schema>, people: string[] | null, version?: number): Promise<string[]> {
  const changed = await project(trx, people)
  await planProvisioning(trx, people, version)
  if (version !== undefined) await enqueueHint(trx, { type: 'atrium.roles.published', people: changed, version })
  else if (changed.length > 0) await enqueueHint(trx, { type: 'atrium.directory.changed', people: changed })
  return changed
}

/** Waits for the other changes of directory, roles and mapping; held until the transaction ends. */
export async function lockDirectory(trx: Kysely<Schema>): Promise<void> {
  await sql`select pg_advisory_xact_lock(${lockKey})`.execute(trx)
}

async function administrators(trx: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from (${membership(now(), null)}) m where role_id = ${administratorRole}`.execute(trx)
  return rows[0]!.n
}
