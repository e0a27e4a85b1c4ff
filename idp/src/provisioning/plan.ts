import { enqueueMany } from '@atrium/platform/outbox'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Text } from '../oidc/tables.ts'
import type { Scope } from '../roles/scope.ts'

/** An account as it should be in a system. */
export type DesiredAccount = {
  userName: string
  /** The employee id; null once the account is nobody's any more, so that the person's new one may carry it. */
  externalId: string | null
  displayName: string
  names: Text
  email: string
  active: boolean
  roles: string[]
  scope: Scope
  department: string
  departmentPath: string[]
  managerNativeId: string | null
}

/** One push that is asked for. */
export type Push = { system: string; nativeId: string; generation: number }

/** The outbox topic of one system: a topic of its own each, so that a system that hangs holds up nobody else. */
export function provisioningTopic(system: string): string {
  return `provisioning:${system}`
}

/**
 * Compares what every account should be with what was last asked of its system, and makes a delivery of each difference,
 * in the caller's transaction. An identity that was taken away is switched off in its system.
 * @param people whose accounts are looked at; null for everybody's
 * @param version the published mapping that caused it, if one did
 */
export async function planProvisioning(trx: Kysely<Schema>, people: string[] | null, version?: number): Promise<void> {
  const { rows } = await sql<Push>`
    with account as (
      select n.system, n.native_id, n.person_id, jsonb_build_object(
        'userName', n.native_id, 'externalId', p.id, 'displayName', p.name->>'zh', 'names', p.name, 'email', p.email,
        'active', p.active and jsonb_array_length(r.roles) > 0, 'roles', r.roles, 'scope', r.scope,
        'department', d.id, 'departmentPath', to_jsonb(d.path), 'managerNativeId', m.native_id) as desired
      from native_identity n
        join application a on a.id = n.system and a.provisioning is not null
        join person p on p.id = n.person_id join department d on d.id = p.department_id
        join person_projection x on x.person_id = p.id
        cross join lateral (select s->'roles' as roles, s->'scope' as scope
          from (select x.shown #> array['urn:atrium:scim:native', 'systems', n.system] as s) held) r
        left join native_identity m on m.person_id = p.manager_id and m.system = n.system
      where ${people}::text[] is null or n.person_id = any(${people}::text[])),
    wanted as (
      select * from account
      union all
      select v.system, v.native_id, v.person_id, v.desired || '{"active": false, "roles": [], "scope": "none", "externalId": null}'
      from provisioning v join application a on a.id = v.system and a.provisioning is not null
      where (${people}::text[] is null or v.person_id = any(${people}::text[]))
        and not exists (select 1 from native_identity c where c.system = v.system and c.native_id = v.native_id))
    insert into provisioning as v (system, native_id, person_id, desired, version)
    select system, native_id, person_id, desired, ${version ?? null}::integer from wanted
    on conflict (system, native_id) do update
      set desired = excluded.desired, person_id = excluded.person_id, generation = v.generation + 1, state = 'pending',
        version = coalesce(excluded.version, v.version), last_error = null, updated_at = clock_timestamp()
      where v.desired is distinct from excluded.desired
    returning v.system, v.native_id as "nativeId", v.generation`.execute(trx)
  await enqueuePushes(trx, rows)
}

/**
 * Asks for pushes. Each generation is a delivery of its own: one that is being carried out while the account changes
 * again cannot swallow the later one.
 */
export async function enqueuePushes(trx: Kysely<Schema>, accounts: Push[]): Promise<void> {
  for (const [system, pushes] of Map.groupBy(accounts, account => account.system))
    await enqueueMany(
      trx,
      provisioningTopic(system),
      pushes.map(push => ({ key: `${push.nativeId}:${push.generation}`, payload: push })),
    )
}
