import { audit } from '@atrium/platform/audit'
import { Problem } from '@atrium/platform/problem'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Actor } from '../directory/tables.ts'
import type { Text } from '../oidc/tables.ts'
import { enqueuePushes } from './plan.ts'

/** How far one system is. `done` counts the accounts that the live mapping version changed and the system confirmed. */
export type SystemEffect = {
  system: string
  state: 'pending' | 'done' | 'failed'
  pending: number
  done: number
  failed: number
  lastError: string | null
  /** People with rights in the system who have no account there: nothing can be pushed for them. */
  withoutAccount: { id: string; name: Text }[]
}

/** The state of every system that takes accounts, as it is at this moment. */
export async function readEffects(db: Kysely<Schema>): Promise<SystemEffect[]> {
  const { rows } = await sql<Omit<SystemEffect, 'state'>>`
    select a.id as system, count(*) filter (where v.state = 'pending') as pending,
      count(*) filter (where v.state = 'done' and v.version = (select max(version) from mapping_version)) as done,
      count(*) filter (where v.state = 'failed') as failed,
      (array_agg(v.last_error order by v.updated_at desc) filter (where v.last_error is not null))[1] as "lastError",
      (select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name) order by p.id), '[]')
        from person_projection x join person p on p.id = x.person_id and p.active
        where jsonb_array_length(x.shown #> array['urn:atrium:scim:native', 'systems', a.id, 'roles']) > 0
          and not exists (select 1 from native_identity n where n.person_id = p.id and n.system = a.id)) as "withoutAccount"
    from application a left join provisioning v on v.system = a.id
    where a.provisioning is not null group by a.id order by a.id`.execute(db)
  return rows.map(row => ({ ...row, state: row.failed > 0 ? 'failed' : row.pending > 0 ? 'pending' : 'done' }))
}

/**
 * Pushes an account again: after it failed, or to overwrite what was changed by hand in the system.
 * @throws Problem 404 when the account is not ours to push
 */
export async function pushAgain(
  db: Kysely<Schema>,
  o: { system: string; nativeId: string; overwrite: boolean; actor: Actor },
): Promise<void> {
  await db.transaction().execute(async (trx: Kysely<Schema>) => {
    const { rows } = await sql<{ generation: number; personId: string }>`
      update provisioning set generation = generation + 1, state = 'pending', overwrite = overwrite or ${o.overwrite}, last_error = null,
        updated_at = clock_timestamp()
      where system = ${o.system} and native_id = ${o.nativeId} returning generation, person_id as "personId"`.execute(
      trx,
    )
    if (!rows[0])
      throw new Problem(404, 'unknown_account', {
        zh: `${o.system} 的账号 ${o.nativeId} 不由 Atrium 管理；请先把它登记给一个人`,
        en: `The account ${o.nativeId} in ${o.system} is not managed here; give it to a person first`,
      })
    await enqueuePushes(trx, [{ system: o.system, nativeId: o.nativeId, generation: rows[0].generation }])
    await audit(trx, {
      actor: o.actor,
      action: o.overwrite ? 'provisioning.drift.overwritten' : 'provisioning.retried',
      target: { type: 'account', id: `${o.system}/${o.nativeId}` },
      outcome: 'success',
      detail: { personId: rows[0].personId },
    })
  })
}
