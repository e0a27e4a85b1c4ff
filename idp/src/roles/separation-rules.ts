import { audit } from '@atrium/platform/audit'
import { Problem } from '@atrium/platform/problem'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Actor } from '../directory/tables.ts'
import { changeDirectory } from '../directory/transaction.ts'
import type { Text } from '../oidc/tables.ts'
import { contentOf } from './draft.ts'

/** Two native roles that nobody may hold together. */
export type SeparationRule = { id: string; name: Text; first: NativeRight; second: NativeRight }
type NativeRight = { system: string; nativeRole: string }

/** All rules by id. */
export async function readSeparationRules(db: Kysely<Schema>): Promise<SeparationRule[]> {
  const { rows } = await sql<SeparationRule>`
    select id, name, jsonb_build_object('system', first_system, 'nativeRole', first_role) as first,
      jsonb_build_object('system', second_system, 'nativeRole', second_role) as second
    from separation_rule order by id`.execute(db)
  return rows
}

/** Adds or changes a rule. @throws Problem 422 for a native role that does not exist, or twice the same one */
export async function setSeparationRule(
  db: Kysely<Schema>,
  rule: SeparationRule,
  actor: Actor,
): Promise<SeparationRule> {
  return await changeDirectory(db, async trx => {
    for (const side of [rule.first, rule.second]) await requireNativeRole(trx, side)
    if (rule.first.system === rule.second.system && rule.first.nativeRole === rule.second.nativeRole)
      throw new Problem(422, 'same_role_twice', {
        zh: '规则需要两个不同的系统角色',
        en: 'A rule needs two different native roles',
      })
    await sql`
      insert into separation_rule (id, name, first_system, first_role, second_system, second_role)
      values (${rule.id}, ${JSON.stringify(rule.name)}::jsonb, ${rule.first.system}, ${rule.first.nativeRole}, ${rule.second.system}, ${rule.second.nativeRole})
      on conflict (id) do update set name = excluded.name, first_system = excluded.first_system, first_role = excluded.first_role,
        second_system = excluded.second_system, second_role = excluded.second_role`.execute(trx)
    await audit(trx, {
      actor,
      action: 'roles.separation.set',
      target: { type: 'separation-rule', id: rule.id },
      outcome: 'success',
      detail: rule,
    })
    return rule
  })
}

/** @throws Problem 404 when there is none */
export async function removeSeparationRule(db: Kysely<Schema>, id: string, actor: Actor): Promise<void> {
  await changeDirectory(db, async trx => {
    const gone = await trx.deleteFrom('separation_rule').where('id', '=', id).returning('id').executeTakeFirst()
    if (!gone) throw new Problem(404, 'unknown_rule', { zh: '没有这条规则', en: 'There is no such rule' })
    await audit(trx, {
      actor,
      action: 'roles.separation.removed',
      target: { type: 'separation-rule', id },
      outcome: 'success',
    })
  })
}

async function requireNativeRole(trx: Kysely<Schema>, right: NativeRight): Promise<void> {
  const application = await trx
    .selectFrom('application')
    .select('native_roles')
    .where('id', '=', right.system)
    .executeTakeFirst()
  if (!application)
    throw new Problem(422, 'unknown_system', {
      zh: `没有系统“${right.system}”`,
      en: `There is no system "${right.system}"`,
    })
  contentOf(application.native_roles, { system: right.system, nativeRoles: [right.nativeRole] })
}
