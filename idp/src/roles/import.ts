import { now } from '@atrium/platform/clock'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { ImportDocument } from '../directory/import-schema.ts'
import type { Actor } from '../directory/tables.ts'
import { insertVersion, liveVersion } from './mapping.ts'

/** Takes over business roles, assignments, rules and segregation rules; what is there already stays. */
export async function importRoles(trx: Kysely<Schema>, document: ImportDocument, actor: Actor): Promise<void> {
  const by = JSON.stringify(actor)
  await sql`
    insert into business_role (id, name, "group", position)
    select id, name, "group", position
    from jsonb_to_recordset(${JSON.stringify((document.businessRoles ?? []).map((role, position) => ({ ...role, position })))}::jsonb)
      as r(id text, name jsonb, "group" jsonb, position integer)
    on conflict (id) do update set name = excluded.name, "group" = excluded."group", position = excluded.position`.execute(
    trx,
  )
  await sql`
    insert into role_assignment (person_id, role_id, reason, granted_by, started_at)
    select distinct on ("personId", "roleId") "personId", "roleId", reason, ${by}::jsonb, ${now()}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(document.assignments ?? [])}::jsonb) as a("personId" text, "roleId" text, reason text)
    on conflict (person_id, role_id) where ended_at is null and valid_until is null and valid_from is null do nothing`.execute(
    trx,
  )
  await sql`
    insert into role_rule (role_id, department_id, position, reason, created_by)
    select "roleId", "departmentId", position, reason, ${by}::jsonb
    from jsonb_to_recordset(${JSON.stringify(document.rules ?? [])}::jsonb) as r("roleId" text, "departmentId" text, position text, reason text)
    on conflict (role_id, department_id, position) do nothing`.execute(trx)
  await sql`
    insert into separation_rule (id, name, first_system, first_role, second_system, second_role)
    select id, name, first->>'system', first->>'nativeRole', second->>'system', second->>'nativeRole'
    from jsonb_to_recordset(${JSON.stringify(document.separationRules ?? [])}::jsonb) as s(id text, name jsonb, first jsonb, second jsonb)
    on conflict (id) do update set name = excluded.name, first_system = excluded.first_system, first_role = excluded.first_role,
      second_system = excluded.second_system, second_role = excluded.second_role`.execute(trx)
}

/**
 * Publishes an imported mapping as version 1.
 * @returns 1, or null when something is published already or there is nothing to publish
 */
export async function publishFirstMapping(
  trx: Kysely<Schema>,
  mapping: NonNullable<ImportDocument['mapping']>,
  actor: Actor,
): Promise<number | null> {
  if (mapping.length === 0 || (await liveVersion(trx))) return null
  const cells = mapping.map(({ roleId, system, nativeRoles, scope }) => ({
    role: roleId,
    system,
    nativeRoles: [...new Set(nativeRoles)].sort(),
    scope,
  }))
  return await insertVersion(trx, cells, { comment: 'imported', by: actor })
}
